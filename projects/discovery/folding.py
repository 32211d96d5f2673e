"""Text as it is searched: one form of each letter, small, without accents; the database has `projects_plain`."""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]+")
# Scripts that part no words: what is asked for may stand anywhere in a run of letters.
_UNPARTED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


def plain(text: str) -> str:
    """`Modèle` and `MODELE` are the same, whichever way the accent was typed."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", bare).lower()


def words_of(text: str, shortest: int = 1) -> list[str]:
    """Letters and digits that stand together."""
    return re.findall(rf"\w{{{shortest},}}", plain(text))


def is_unparted(word: str) -> bool:
    """Whether the word is of a script that writes no spaces."""
    return bool(_UNPARTED.search(word))
