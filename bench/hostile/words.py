"""Markdown that means harm, put together from parts by a seed; and what its HTML may hold at most."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from outward.addresses import leads_inside

# What runs where it is let through; a page counts it.
HIT = "top.hit=(top.hit||0)+1"
SCHEMES = (
    "javascript:", "JaVaScRiPt:", "java\tscript:", "java\nscript:", "\x01javascript:", " javascript:",
    "&#106;avascript:", "&#x6A;avascript&colon;", "javascript&#58;", "javascript&Tab;:", "vbscript:",
    "data:text/html,", "livescript:", "data:text/html;base64,", "data:image/svg+xml,", "blob:",
    "view-source:javascript:", "feed:javascript:", "jar:javascript:", "//evil.example/", "\\\\evil.example/",
    "file:///", "%6aavascript:", "javascript%3a", "http:", "https://a.example/", "mailto:", "java&NewLine;script:",
    "\u2028javascript:", "\uff4aavascript:", "http://127.0.0.1/", "https://[::1]/", "http://0x7f.1/", "//2130706433/",
    "http://localhost:8000/", "http:169.254.169.254/", "https://a@10.1/", "http://0300.0250.0.1/", "//router.local/",
    "http://127%2e0.0.1/", "https://\uff11\uff10.0.0.1/", "http:\\\\192.168.1.1/",
)  # fmt: skip
EVENTS = (
    "onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle", "onanimationstart", "onpointerover",
    "onstart", "onbegin", "onpageshow", "onscroll", "onwheel", "ONLOAD", "onload ", "/onload", "\nonerror",
    "on\x00load",
)  # fmt: skip
ELEMENTS = (
    "script", "img", "svg", "iframe", "object", "embed", "video", "audio", "details", "body", "input", "form", "math",
    "style", "link", "meta", "base", "a", "button", "marquee", "template", "noscript", "textarea", "select", "xmp",
    "plaintext", "table", "title", "foreignObject", "animate", "set", "use", "image", "source", "p", "h1", "x-y",
    "SCRIPT", "sCriPt", "scr\x00ipt", "svg/onload", "img/src",
)  # fmt: skip
MARKS = (
    "**", "*", "_", "`", "```", "~~~", "> ", "- ", "1. ", "# ", "---", "===", "|", "|-|-|", "[", "](", ")", "![", "<",
    ">", "\\", "&", "&#", ";", '"', "'", "\n", "\n\n", "    ", "\t", "\r", "[x]: ", "<!--", "-->", "<![CDATA[", "]]>",
    "<?", "?>", "&lt;", "&#60;", "&amp;lt;", "\u202e", "\u200b", "\ufeff", "\u0000", "\U0001f600", "é", "字",
    "\u0627", "\u0301" * 3,
)  # fmt: skip
ALLOWED = frozenset({
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
})  # fmt: skip
ATTRIBUTES = {"a": {"href", "title", "rel"}}
LINKS = ("http:", "https:", "mailto:")
VOID = frozenset({"br", "hr"})


def element(draw: random.Random) -> str:
    """An element with an event, an address, or both, closed or not."""
    name, event = draw.choice(ELEMENTS), draw.choice(EVENTS)
    address = f"{draw.choice(SCHEMES)}{HIT}"
    quote = draw.choice(("", '"', "'", "`"))
    attribute = draw.choice(("src", "href", "xlink:href", "srcdoc", "style", "action", "formaction", "data", "content"))
    parts = [f"{event}={quote}{HIT}{quote}", f"{attribute}={quote}{address}{quote}"]
    draw.shuffle(parts)
    end = draw.choice((">", "/>", "", f">{HIT}</{name}>", ">x</" + name, ">>"))
    return f"<{name} {' '.join(parts[: draw.randint(1, 2)])}{end}"


def link(draw: random.Random) -> str:
    """A link, picture, reference or autolink to an address that runs."""
    address = f"{draw.choice(SCHEMES)}{HIT}"
    title = draw.choice(("", f' "{element(draw)}"', f' "x" {draw.choice(EVENTS)}="{HIT}"', f" '{HIT}'"))
    return draw.choice((
        f"[x]({address}{title})", f"![x]({address}{title})", f"[x](<{address}>{title})", f"<{address}>",
        f"[x][y]\n\n[y]: {address}{title}", f"[{element(draw)}]({address})", f"[![x]({address})]({address})",
        f"[x]({address}\n{title})", f"[a](b)[c]({address}", address,
    ))  # fmt: skip


def text_of(draw: random.Random) -> str:
    """One input: parts of all kinds in any order, some cut short."""
    kinds = (element, link, lambda it: it.choice(MARKS), lambda it: it.choice(MARKS) * it.randint(2, 9))
    text = "".join(draw.choice(kinds)(draw) for _ in range(draw.randint(1, 7)))
    return text if draw.random() < 0.8 else text[: draw.randint(1, len(text))]


def texts(count: int, seed: int) -> Iterator[str]:
    """`count` inputs; the same seed gives the same ones."""
    draw = random.Random(seed)  # noqa: S311  # reason: replayable, no secret
    for _ in range(count):
        yield text_of(draw)


class Judge(HTMLParser):
    """What of a piece of HTML is not allowed; `wrong` says it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Only known elements, attributes and schemes."""
        if tag not in ALLOWED:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, ()):
                self.wrong.append(f"{tag} {name}")
            # What has no scheme leads to a page of ours; two slashes or a backslash lead elsewhere.
            if name == "href" and (leads_inside(value or "") or not _is_harmless(value or "")):
                self.wrong.append(f"href {value}")

    def handle_comment(self, data: str) -> None:
        """None is written."""
        self.wrong.append("a comment")

    def handle_decl(self, decl: str) -> None:
        """None is written."""
        self.wrong.append("a declaration")

    def handle_pi(self, data: str) -> None:
        """None is written."""
        self.wrong.append("an instruction")


def _is_harmless(address: str) -> bool:
    """As browsers read addresses: what stands before is cut off, tabs and line ends are passed over anywhere."""
    plain = re.sub(r"[\t\n\r]", "", address.lstrip("".join(map(chr, range(33))))).lower()
    return plain.startswith(LINKS) or not re.match(r"[a-z][a-z0-9+.-]*:", plain)


def faults_of(html: str) -> list[str]:
    """What no rendered text may hold."""
    judge = Judge()
    judge.feed(html)
    judge.close()
    return judge.wrong
