"""The letters of papers as PDF: DejaVu Sans, with Latin, Greek, Cyrillic, Armenian and Georgian scripts.

What cannot be drawn is known before it is drawn: letters that the typeface lacks, and scripts that run from right to
left or need shaping, which a PDF canvas does not do. Nothing ever becomes a box.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # reason: reportlab carries no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]  # reason: as above

DEJAVU = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
# reportlab's own, with Latin letters only.
VERA = ("Vera.ttf", "VeraBd.ttf")
RIGHT_TO_LEFT = ("R", "AL", "AN")
MISSING = "?"
INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
MARKS_ABOVE_LETTERS = range(0x0300, 0x0370)


@dataclass(frozen=True, slots=True)
class Typeface:
    """Both weights by the names under which they are registered; `letters` are in both."""

    plain: str
    bold: str
    letters: frozenset[int]

    def can_draw(self, letter: str) -> bool:
        """Whether it comes out as it is written."""
        if unicodedata.bidirectional(letter) in RIGHT_TO_LEFT or unicodedata.category(letter) in INVISIBLE:
            return False
        if unicodedata.category(letter) in ("Mn", "Mc") and ord(letter) not in MARKS_ABOVE_LETTERS:
            return False
        return ord(letter) in self.letters


@cache
def typeface() -> Typeface:
    """The first that is installed of settings.PAPER_TYPEFACES, else Vera."""
    folders = [Path(folder) for folder in settings.PAPER_TYPEFACES]
    found = next((folder for folder in folders if all((folder / file).is_file() for file in DEJAVU)), None)
    files = [str(found / file) for file in DEJAVU] if found else list(VERA)
    plain, bold = (Path(file).stem for file in files)
    for name, file in zip((plain, bold), files, strict=True):
        pdfmetrics.registerFont(TTFont(name, file))
    letters = (frozenset(pdfmetrics.getFont(name).face.charToGlyph) for name in (plain, bold))
    return Typeface(plain, bold, frozenset.intersection(*letters))


def written(text: str) -> str:
    """As it is drawn: composed letters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def lacking(text: str) -> list[str]:
    """Letters of it that cannot be drawn, each once, in order."""
    found = typeface()
    return list(dict.fromkeys(letter for letter in written(text) if not found.can_draw(letter)))


def printable(text: str) -> str:
    """`text` with every character that cannot be drawn replaced visibly; letters and accents joined first."""
    found = typeface()
    joined = unicodedata.normalize("NFC", text)
    return "".join(" " if letter.isspace() else letter if found.can_draw(letter) else MISSING for letter in joined)
