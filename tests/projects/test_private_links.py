"""Links in texts that lead into private networks are words: nothing is lost, and nothing can be clicked."""

import re
from html import unescape

import pytest

from outward.addresses import leads_inside
from projects.markdown import plain_words, render_markdown
from tests.outward.test_addresses import PRIVATE

# As browsers read them, however they are spelled.
ODD = [
    "http:127.0.0.1", "http:/127.0.0.1/", "https:///127.0.0.1/", "HTTP://LOCALHOST:8000", "//127.0.0.1/x",
    "///10.0.0.1",
    "\\\\127.0.0.1\\x", "/\\127.0.0.1", "http:\\\\127.0.0.1", "http://127%2e0.0.1/", "http://%31%32%37.0.0.1/",
    "http://\uff11\uff12\uff17.0.0.1/", "http://127\u30020\u30020\u30021/", "http://127\uff0e0\uff0e0\uff0e1/",
    "http://a@127.0.0.1/", "http://a:b@[::1]:80/", "http://example.org@10.0.0.1/", "http://127.0.0.1:/", "http://127.0.0.1.",
    "ht\ntp://127.0.0.1/", " http://127.0.0.1", "http://[fe80::1%25eth0]/", "http://router.local/", "http://nas/",
    "http://x.internal", "http://", "https://[::1",
]  # fmt: skip
INSIDE = [*(f"http://{host}/" for host in PRIVATE), *(f"https://{host}" for host in PRIVATE), *ODD]
OPEN = [
    "https://example.org", "http://93.184.216.34/", "//example.org/x", "https://user@example.org/", "/projects/x/", "x",
    "#part", "?q=1", "mailto:a@localhost", "https://[2606:4700::1]/", "https://example.org:8443/127.0.0.1",
    "https://example.org/?to=http://127.0.0.1", "http://bücher.example/", "https://example.org/" + "a" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_what_leads_inside_is_no_link_in_any_form_of_markdown(address):
    assert leads_inside(address)
    forms = ("[x]({})", "[x](<{}>)", "<{}>", "[x][y]\n\n[y]: {}", "**[x]({})**", "[![x]({0})]({0})")
    for form in forms:
        html = render_markdown(form.format(address))
        assert [href for href in re.findall('href="([^"]*)"', html) if leads_inside(unescape(href))] == [], html


@pytest.mark.parametrize("address", OPEN)
def test_what_everybody_can_open_stays_a_link(address):
    assert not leads_inside(address)
    assert '<a href="' in render_markdown(f"[x](<{address}>)")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("See http://localhost:8000.", "<p>See http://localhost:8000.</p>"),
        ("<http://localhost:8000>", "<p>http://localhost:8000</p>"),
        (
            "[the *demo*](http://127.0.0.1:8000/a?b=1&c=2) runs",
            "<p>the <em>demo</em> (http://127.0.0.1:8000/a?b=1&amp;c=2) runs</p>",
        ),
        ("[http://[::1]/](http://[::1]/)", "<p>http://[::1]/</p>"),
        (
            "[a](http://10.0.0.1) and [b](https://example.org)",
            '<p>a (http://10.0.0.1) and <a href="https://example.org" rel="nofollow noopener noreferrer">b</a></p>',
        ),
        ("# [x](http://nas/)", "<h3>x (http://nas/)</h3>"),
        ("[](http://nas/)", "<p> (http://nas/)</p>"),
        ("`[x](http://nas/)`", "<p><code>[x](http://nas/)</code></p>"),
    ],
)  # fmt: skip
def test_nothing_of_it_is_lost(text, html):
    assert render_markdown(text).strip() == html
    assert "localhost" not in text or "http://localhost:8000" in plain_words(render_markdown(text))
