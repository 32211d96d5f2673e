"""Looking a page over: loaded once, resized and re-themed, with every finding said with where it shows."""

import json
from pathlib import Path

from django.conf import settings

AXE = Path(settings.NODE_MODULES) / "axe-core" / "axe.min.js"
WIDTHS = (320, 390, 768, 1280)
# A word can stick out of a box that fits.
OVERFLOWING = """() => {
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const isWide = box => box.getBoundingClientRect().right > innerWidth + 1;
  const range = document.createRange(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const named = [];
  for (const box of document.querySelectorAll('body *'))
    if (isWide(box)) named.push([box, `${box.tagName}.${box.className}`]);
  while (texts.nextNode()) {
    range.selectNodeContents(texts.currentNode);
    if (isWide(range)) named.push([texts.currentNode.parentElement, texts.currentNode.textContent.trim().slice(0, 40)]);
  }
  const found = named.filter(([box]) => !box.closest('.table-scroll, pre')).map(([, name]) => name);
  return found.length ? found.slice(0, 5) : ['something'];
}"""
# What WCAG 1.4.12 lets readers set for themselves.
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-block-end: 2em !important; }"""
AXE_RUN = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const {violations} = await axe.run(document, {runOnly: tags, resultTypes: ['violations']});
  return violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 140)).join(' | ')}`);
}"""


class Looker:
    """Holds one tab; called with addresses of the site at `base`."""

    def __init__(self, page, base):
        self.page, self.base, self.heard = page, base, []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.heard.append(f"script: {error}"))

    def _hear(self, message):
        # A mail names no icon of its own, so the browser asks for one.
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            self.heard.append(f"console: {message.text}")

    def _spaced(self):
        """On the narrowest screen with the text spacing of readers who need more of it."""
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        self.page.add_style_tag(content=SPACED)
        return [f"text spaced out: wider than the screen: {element}" for element in self.page.evaluate(OVERFLOWING)]

    def __call__(self, address, status=200):
        """Empty when nothing was found; else the findings as a list to read."""
        self.heard.clear()
        answer = self.page.goto(self.base + address)
        found = [] if answer.status == status else [f"status {answer.status}"]
        self.page.add_script_tag(path=AXE)
        for theme in ("light", "dark"):
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for width in WIDTHS:
                self.page.set_viewport_size({"width": width, "height": 900})
                wide = self.page.evaluate(OVERFLOWING)
                found += [f"{theme} {width}: wider than the screen: {element}" for element in wide]
                found += [f"{theme} {width}: {violation}" for violation in self.page.evaluate(AXE_RUN)]
        found += self._spaced()
        # A page that says that something went wrong is loaded with that status, which the console reports.
        found += [one for one in self.heard if status == 200 or "Failed to load resource" not in one]
        return json.dumps(found, indent=1) if found else ""

    def of(self, addresses):
        """What was found, by address: nothing where all is well. One tab and one database serve them all."""
        return {address: found for address in addresses if (found := self(address))}
