"""Which typeface draws a text, and what is left out because none does. No letter is drawn as an empty box.

The site's own come first, then DejaVu, which has Greek, Cyrillic, Hebrew, Arabic, Armenian and Georgian. A text with
letters that none of them has, such as Chinese, is not drawn at all: what stands in its place is for the caller to say.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from PIL import ImageFont, features

SERIF, SANS = "newsreader", "atkinson-next"
FILES = {SERIF: "newsreader-latin-wght-normal.woff2", SANS: "atkinson-hyperlegible-next-latin-wght-normal.woff2"}
OTHERS = {SERIF: ("DejaVuSerif.ttf", "DejaVuSans.ttf"), SANS: ("DejaVuSans.ttf",)}
# DejaVu is larger than the site's own at the same size.
SCALE = 0.88
# Signs beside letters: what is missing of them goes without a word.
SIGNS = ("So", "Sk", "Sm", "Mn", "Me", "Cn", "Co", "Cs", "Cc")
# Controls, such as those that turn the direction of what follows.
INVISIBLE = "Cf"
RIGHT_TO_LEFT = ("R", "AL")
Font = ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class Lettered:
    """A text as it can be drawn, with its typeface. `is_right_to_left`: it begins at the right margin."""

    text: str
    font: Font
    is_right_to_left: bool


def lettered(text: str, family: str, size: int, weight: int = 400) -> Lettered | None:
    """The text in the first typeface that has all of its letters; None where there is none."""
    whole = unicodedata.normalize("NFC", text)
    is_right_to_left = _base_direction(whole)
    if is_right_to_left and not features.check("raqm"):
        return None  # Without it letters are neither joined nor ordered.
    for place in _places(family):
        drawn = "".join(letter for letter in whole if _keeps(place, letter))
        missing = [letter for letter in drawn if not _has(place, letter)]
        if not missing and drawn.strip():
            return Lettered(" ".join(drawn.split()), _font(place, family, size, weight), is_right_to_left)
    return None


def _keeps(place: Path | None, letter: str) -> bool:
    """Signs that the typeface lacks go; letters stay, so that their lack is seen."""
    kind = unicodedata.category(letter)
    return kind != INVISIBLE and (_has(place, letter) or kind not in SIGNS)


def _base_direction(text: str) -> bool:
    strong = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind in RIGHT_TO_LEFT for kind in strong if kind in ("L", *RIGHT_TO_LEFT)), False)


@cache
def _places(family: str) -> tuple[Path | None, ...]:
    """Files from the best to the last; None is the library's own face, where nothing is installed."""
    own = settings.VENDOR_PACKAGES[family] / FILES[family]
    others = [folder / name for name in OTHERS[family] for folder in settings.PAPER_TYPEFACES]
    return tuple(place for place in (own, *others) if place.is_file()) or (None,)


@cache
def _small(place: Path | None) -> Font:
    return ImageFont.truetype(place, 20) if place else ImageFont.load_default(20)  # type: ignore[return-value]  # reason: without FreeType alone it is another class


@cache
def _unknown(place: Path | None) -> bytes:
    """The box that stands for a letter that is not there."""
    return bytes(_small(place).getmask("\U0010fffd"))


@lru_cache(maxsize=20_000)
def _has(place: Path | None, letter: str) -> bool:
    return letter.isspace() or bytes(_small(place).getmask(letter)) != _unknown(place)


def _font(place: Path | None, family: str, size: int, weight: int) -> Font:
    if place is None:
        return ImageFont.load_default(size)  # type: ignore[return-value]  # reason: as above
    if place.name != FILES[family]:
        return ImageFont.truetype(place, int(size * SCALE))
    font = ImageFont.truetype(place, size)
    font.set_variation_by_axes([weight])
    return font
