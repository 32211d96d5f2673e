"""The way through a list."""

from django.core.paginator import Paginator
from django.template.loader import render_to_string


def test_it_keeps_what_else_was_asked_and_says_where_one_is(rf):
    page = Paginator(range(5), 2).page(2)
    shown = render_to_string("components/pager.html", {"page": page, "anchor": "#x"}, rf.get("/?state=open&page=2"))
    assert '<a href="?state=open&amp;page=1#x" rel="prev">Newer</a>' in shown
    assert '<a href="?state=open&amp;page=3#x" rel="next">Older</a>' in shown
    assert "Page 2 of 3" in shown
    words = {"page": page, "back": "Earlier", "on": "Later"}
    assert "Later</a>" in render_to_string("components/pager.html", words, rf.get("/"))
    assert render_to_string("components/pager.html", {"page": Paginator([1], 2).page(1)}, rf.get("/")).strip() == ""
