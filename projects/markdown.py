"""Markdown of people to HTML that is safe to show: rendered, then sanitized. The version is stored with the result."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from outward.addresses import leads_inside

RENDERER_VERSION = 3
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_BLOCK_ENDS = re.compile(r"</(?:p|h[3-6]|li|blockquote|pre|tr)>|<(?:hr|br)\s*/?>")
_HIGHEST = 3  # The page has one h1, and each text stands under an h2 of the page's own.


def render_markdown(source: str) -> str:
    """Sanitized HTML of `source`. Headings start at h3 and skip no level; links open nothing of ours
    and nothing that only their reader's own network has.
    """
    tokens = _MARKDOWN.parse(source)
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    ranks = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = f"h{min(_HIGHEST + ranks.index(token.tag), 6)}"
    for token in tokens:
        if token.children:
            token.children = list(_without_private_links(token.children))
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        str(html),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )


def _without_private_links(tokens: list[Token]) -> Iterator[Token]:
    """A link that no other reader could open is its words with the address behind them. Links hold no links."""
    said = address = ""
    for token in tokens:
        if token.type == "link_open" and leads_inside(str(token.attrGet("href") or "")):
            said, address = "", _MARKDOWN.normalizeLinkText(str(token.attrGet("href")))
        elif token.type == "link_close" and address:
            if said.strip() != address:
                yield Token("text", "", 0, content=f" ({address})")
            address = ""
        else:
            said += token.content
            yield token


def paragraphs_of(source: str) -> list[str]:
    """The Markdown of each block at the top: a heading, a paragraph, a whole list or table."""
    lines = source.splitlines()
    maps = [token.map for token in _MARKDOWN.parse(source) if token.level == 0 and token.map]
    return ["\n".join(lines[first:last]).strip() for first, last in dict.fromkeys(map(tuple, maps))]


def plain_words(html: str) -> str:
    """The words of rendered Markdown as paragraphs of plain text, for mail and lists."""
    parted = _BLOCK_ENDS.sub("\n\n", html.replace("\n", " "))
    lines = (" ".join(part.split()) for part in unescape(nh3.clean(parted, tags=set())).split("\n\n"))
    return "\n\n".join(line for line in lines if line)
