"""The typeface of papers that are printed, embedded in each file, so that currencies and accents print everywhere.

It has the letters of western Europe. A character that it lacks is printed as `?`.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # reason: reportlab carries no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]  # reason: as above

PLAIN, BOLD = "CommonweaveVera", "CommonweaveVeraBold"
MISSING = "?"


@cache
def glyphs() -> frozenset[int]:
    """Code points that the typeface has; registers it."""
    for name, file in ((PLAIN, "Vera.ttf"), (BOLD, "VeraBd.ttf")):
        pdfmetrics.registerFont(TTFont(name, file))
    faces = [pdfmetrics.getFont(name).face.charToGlyph for name in (PLAIN, BOLD)]
    return frozenset(faces[0]) & frozenset(faces[1])


def printable(text: str) -> str:
    """`text` with every character that cannot be printed replaced visibly; letters and accents joined first."""
    known = glyphs()
    joined = unicodedata.normalize("NFC", text)
    return "".join(letter if ord(letter) in known else " " if letter.isspace() else MISSING for letter in joined)
