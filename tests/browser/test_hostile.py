"""A thousand texts that mean harm, rendered and shown by a real browser without any policy: none of them runs."""

import os

import pytest

from bench.hostile.words import HIT, texts
from outward.addresses import leads_inside
from projects.markdown import render_markdown
from tests.projects.test_private_links import INSIDE, OPEN

PAYLOADS, A_PAGE = int(os.environ.get("HOSTILE_PAYLOADS", "1200")), 200
# Whatever could make a thing run: over it, on it, in it, and every link followed.
TEASE = """() => {
  addEventListener('submit', event => event.preventDefault(), true);
  for (const box of document.body.querySelectorAll('*')) {
    for (const name of ['mouseover', 'pointerover', 'focus', 'toggle', 'error', 'load', 'wheel', 'scroll', 'click'])
      box.dispatchEvent(new Event(name, {bubbles: true}));
    if (box.href && /^javascript:/i.test(box.href)) box.click();
  }
}"""


def hits(page, html):
    """How often something ran, and what was asked for from elsewhere."""
    asked = []
    page.route("**/*", lambda route: (asked.append(route.request.url), route.abort()))
    page.set_content(f"<!doctype html><body>{html}</body>")
    page.wait_for_timeout(50)
    page.evaluate(TEASE)
    page.wait_for_timeout(50)
    found = page.evaluate("top.hit || 0")
    page.unroute("**/*")
    return found, asked


def test_nothing_of_a_thousand_texts_runs_or_asks_for_anything(page):
    every = list(texts(PAYLOADS, seed=int(os.environ.get("HOSTILE_SEED", "99"))))
    for start in range(0, PAYLOADS, A_PAGE):
        html = "".join(f"<section>{render_markdown(text)}</section>" for text in every[start : start + A_PAGE])
        assert hits(page, html) == (0, []), start


# Where the browser itself says that each leads; one that it cannot read leads nowhere.
HOSTS = """hrefs => hrefs.map(href => {
  try { return new URL(href, 'https://ours.example/').hostname; } catch { return ''; }
})"""


def test_what_the_browser_takes_into_a_private_network_is_no_link(page):
    page.goto("about:blank")
    for href, host in zip(INSIDE, page.evaluate(HOSTS, INSIDE), strict=True):
        assert (leads_inside(href), leads_inside(f"https://{host}/")) == (True, True), href
    for href, host in zip(OPEN, page.evaluate(HOSTS, OPEN), strict=True):
        assert not host or not leads_inside(f"https://{host}/"), href
    every = [*INSIDE, *OPEN]
    html = "".join(render_markdown(f"[x](<{href}>)") for href in every)
    page.set_content(f"<!doctype html><base href='https://ours.example/'>{html}")
    shown = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.hostname)")
    assert len(shown) >= len(OPEN)
    assert [host for host in shown if host and leads_inside(f"https://{host}/")] == []


@pytest.mark.parametrize(
    "html",
    [f"<img src=x onerror='{HIT}'>", f"<svg onload='{HIT}'></svg>", f'<a href="javascript:{HIT}">x</a>',
     f"<p onmouseover='{HIT}'>x</p>"],
)  # fmt: skip
def test_the_browser_sees_what_runs(page, html):
    assert hits(page, html)[0]
