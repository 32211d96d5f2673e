"""Licences as SPDX expressions. RAIL and other own licences are `LicenseRef-…` and shown as use-restricted."""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext
from license_expression import Licensing, get_spdx_licensing

SUGGESTED = ("Apache-2.0", "MIT", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "ODbL-1.0", "PSF-2.0")
_WRITTEN = re.compile(r"[A-Za-z0-9.+:() -]+\Z")
OWN_PREFIX = "LicenseRef-"
_OWN = re.compile(OWN_PREFIX + r"[A-Za-z0-9.\-]{1,60}\Z")
_RESTRICTED = re.compile(OWN_PREFIX + r"|-N[CD]\b")


class LicenseError(ValueError):
    """Not a licence that SPDX knows; the message says what to do."""


@cache
def _licensing() -> Licensing:
    return get_spdx_licensing()


def parse_license(text: str) -> str:
    """The expression as SPDX writes it. Raises LicenseError."""
    cleaned = text.strip()
    if _OWN.match(cleaned):
        return cleaned
    found = _normalized(cleaned) if _WRITTEN.match(cleaned) else None
    if found is None:
        raise LicenseError(
            gettext("“%(cleaned)s” is no SPDX licence. Write for example Apache-2.0, or LicenseRef-name for your own.")
            % {"cleaned": cleaned[:60]}
        )
    return found


def _normalized(text: str) -> str | None:
    """None for what is no expression."""
    try:
        checked = _licensing().validate(text)
    except (AssertionError, AttributeError, IndexError, TypeError, ValueError):
        # The library trips over some wrong expressions, such as empty parentheses, instead of naming them.
        return None
    return None if checked.errors else str(checked.normalized_expression)


def is_open(expression: str) -> bool:
    """Whether every licence in the expression allows any use: neither one of one's own, nor without sale or changes."""
    return not _RESTRICTED.search(expression)


def in_short(expression: str) -> str:
    """As a chip says it: `Apache-2.0`, `OpenRAIL-M · use-restricted`."""
    return expression if is_open(expression) else f"{expression.replace(OWN_PREFIX, '')} · {gettext('use-restricted')}"
