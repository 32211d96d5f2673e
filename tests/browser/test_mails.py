"""Mails as a phone shows them: whatever a note holds, nothing runs out of its side."""

from notices.mail import Letter, compose
from projects.markdown import render_markdown

NOTE = """# A heading

One word: %s and `%s`.

```python
%s
```

| a | b |
|---|---|
| %s | 2 |

> %s
""" % (("x" * 120,) * 5)


def test_a_mail_fits_a_phone(page):
    letter = Letter("Week 3 " + "y" * 90, html=render_markdown(NOTE), link="https://a.example/", action="Read it")
    html, _kind = compose(letter=letter, address="a@b.example").alternatives[0]
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 800})
        page.set_content(html)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
