"""The locale in which figures are written: that of the page's language."""

from __future__ import annotations

from django.utils.translation import get_language


def locale_of_page() -> str:
    """As Babel names it; English where no page is made, in mails and programs."""
    return (get_language() or "en").replace("-", "_")
