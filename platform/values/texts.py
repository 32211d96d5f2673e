"""Words that people read: a string, or one that is translated only when it is shown."""

from __future__ import annotations

import unicodedata
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _

Text: TypeAlias = str | Promise


# Controls that turn the direction of what follows: they make words of others read otherwise than they are.
_TURNING = frozenset((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
# Letters as tags, which nothing shows; only flags of regions are made with them.
_TAGS, _FLAG = range(0xE0000, 0xE0080), "\U0001f3f4"
_UNSEEN = ("Cc", "Cf", "Me", "Mn", "Zl", "Zp", "Zs")
MOST_MARKS = 8


def unreadable(text: str) -> str:
    """Why nobody could read it as it is meant, in a sentence for its writer; empty where it can be read.

    What scripts and emoji need stays: joiners, marks of direction, soft hyphens, letters newer than our tables.
    """
    odd = next((letter for letter in text if _is_odd(letter, text)), "")
    if odd:
        words = _("A character in it cannot be seen or turns the text around (U+%(code)04X). Remove it.")
        return words % {"code": ord(odd)}
    kinds = [unicodedata.category(letter) for letter in text]
    if text.strip() and all(kind in _UNSEEN for kind in kinds):
        return _("Nothing of it can be seen. Write letters.")
    marks = "".join("m" if kind in ("Mn", "Me") else "." for kind in kinds)
    return _("A letter in it carries too many marks.") if "m" * (MOST_MARKS + 1) in marks else ""


def _is_odd(letter: str, text: str) -> bool:
    code = ord(letter)
    if code in _TURNING or (code in _TAGS and _FLAG not in text):
        return True
    is_none = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return is_none or (unicodedata.category(letter) in ("Cc", "Co", "Cs") and letter not in "\t\n\r")
