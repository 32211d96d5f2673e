"""Drawing the share image: paper, ink, ochre for money, teal for compute; solid is done, hatched is promised."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN = 1200, 630, 64
PAPER, TRACK, INK, SOFT, LINE = "#f7f4ee", "#e9e3d6", "#1a1d23", "#555b66", "#ded8cb"
FILLS = {"money": "#b26a00", "compute": "#12828f"}
TEXTS = {"money": "#8a4b00", "compute": "#0b6470"}
BRAND = "#1d3557"
CELL = 26
WEAVE_ENDS = 384
SHADES = {1: "#a9d3d6", 2: "#72b7bd", 3: "#3b9ca5", 4: "#12828f"}
SERIF, SANS = "newsreader", "atkinson-next"
FILES = {SERIF: "newsreader-latin-wght-normal.woff2", SANS: "atkinson-hyperlegible-next-latin-wght-normal.woff2"}
# What the packaged subsets draw; any other letter takes DejaVu, as certificates do.
LATIN = frozenset(map(chr, range(0x20, 0x180))) | frozenset(
    map(chr, (0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026, 0x20AC))
)
Font = ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """Thousandths of the track."""

    kind: str
    figure: str
    sentence: str
    solid: int
    promised: int
    tick: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the picture says; cells are (column, row, look, shade)."""

    title: str
    promise: str
    creator: str
    license: str
    meters: tuple[MeterFacts, ...]
    cells: tuple[tuple[int, int, str, int], ...]

    @property
    def plain(self) -> dict[str, Any]:
        """For hashing."""
        return {"version": 2, **asdict(self)}


@cache
def _file(family: str) -> Path | None:
    found = settings.VENDOR_PACKAGES[family] / FILES[family]
    return found if found.is_file() else None


def _font(text: str, family: str, size: int, weight: int = 400) -> Font:
    own = _file(family)
    if own is not None and set(text) <= LATIN:
        font = ImageFont.truetype(own, size)
        font.set_variation_by_axes([weight])
        return font
    places = (folder / "DejaVuSans.ttf" for folder in settings.PAPER_TYPEFACES)
    dejavu = next((place for place in places if place.is_file()), None)
    return ImageFont.truetype(dejavu, int(size * 0.9)) if dejavu else ImageFont.load_default(size)  # type: ignore[return-value]  # reason: without FreeType alone it is another class


def draw(facts: Facts) -> bytes:
    """PNG bytes."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    top = 52
    title = _font(facts.title, SERIF, 64 if len(facts.title) <= 48 else 50, 500)
    for line in _lines(facts.title, title, WIDTH - 2 * MARGIN, 2):
        pen.text((MARGIN, top), line, INK, title)
        top += int(title.size * 1.12)
    promise = _font(facts.promise, SANS, 30)
    top += 14
    for line in _lines(facts.promise, promise, WIDTH - 2 * MARGIN, 2):
        pen.text((MARGIN, top), line, SOFT, promise)
        top += 40
    _weave(pen, facts, top + 16)
    _meters(pen, image, facts)
    _foot(pen, facts)
    out = io.BytesIO()
    image.quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


def _weave(pen: ImageDraw.ImageDraw, facts: Facts, top: int) -> None:
    """Between the words and the meters: the run's newest columns, as many rows as fit, or an empty loom."""
    columns, rows = WIDTH // CELL + 1, max((WEAVE_ENDS - top) // CELL, 1)
    worked = {(column, row): (look, shade) for column, row, look, shade in facts.cells}
    last = max((column for column, _ in worked), default=0)
    for row in range(rows):
        for column in range(columns):
            look, shade = worked.get((column - (columns - 1 - last), row), ("", 0))
            color = SHADES.get(shade, LINE)
            _cell(pen, (column * CELL + 8, top + row * CELL), color, is_filled=look == "done")


def _cell(pen: ImageDraw.ImageDraw, corner: tuple[int, int], color: str, *, is_filled: bool) -> None:
    x, y = corner
    box = (x, y, x + CELL - 6, y + CELL - 6)
    pen.rounded_rectangle(box, 4, fill=color if is_filled else None, outline=None if is_filled else color, width=2)


def _meters(pen: ImageDraw.ImageDraw, image: Image.Image, facts: Facts) -> None:
    gap = 48
    count = max(len(facts.meters), 1)
    width = (WIDTH - 2 * MARGIN - gap * (count - 1)) // count
    for number, meter in enumerate(facts.meters):
        left, top = MARGIN + number * (width + gap), 396
        figure = _font(meter.figure, SANS, 44, 600)
        pen.text((left, top), meter.figure, TEXTS[meter.kind], figure)
        _track(pen, image, meter, (left, top + 62, width))
        words = _font(meter.sentence, SANS, 24)
        pen.text((left, top + 96), _lines(meter.sentence, words, width, 1)[0], SOFT, words)


def _track(pen: ImageDraw.ImageDraw, image: Image.Image, meter: MeterFacts, place: tuple[int, int, int]) -> None:
    left, top, width = place
    color = FILLS[meter.kind]
    pen.rounded_rectangle((left, top, left + width, top + 22), 6, fill=TRACK)
    if promised := width * meter.promised // 1000:
        hatch = Image.new("RGB", (promised, 22), TRACK)
        stripes = ImageDraw.Draw(hatch)
        for x in range(-22, promised, 12):
            stripes.line((x, 22, x + 12, 0), fill=color, width=4)
        image.paste(hatch, (left, top))
    if solid := width * meter.solid // 1000:
        pen.rectangle((left, top, left + solid, top + 22), fill=color)
    if meter.tick:
        x = left + width * min(meter.tick, 995) // 1000
        pen.line((x, top - 5, x, top + 27), fill=INK, width=4)


def _foot(pen: ImageDraw.ImageDraw, facts: Facts) -> None:
    pen.line((MARGIN, 556, WIDTH - MARGIN, 556), fill=LINE, width=2)
    name = _font(settings.PLATFORM_NAME, SERIF, 32, 600)
    pen.text((MARGIN, 572), settings.PLATFORM_NAME, BRAND, name)
    said = f"{facts.creator} · {facts.license}"
    small = _font(said, SANS, 24)
    line = _lines(said, small, WIDTH // 2, 1)[0]
    pen.text((WIDTH - MARGIN, 578), line, SOFT, small, anchor="ra")


def _lines(text: str, font: Font, width: int, most: int) -> list[str]:
    """Words on at most so many lines; what is left over ends in an ellipsis."""
    lines, rest = [""], text.split()
    while rest:
        word = rest.pop(0)
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        elif lines[-1] and len(lines) < most:
            lines.append("")
            rest.insert(0, word)
        else:
            lines[-1] = _cut(longer, font, width)
            break
    return lines


def _cut(text: str, font: Font, width: int) -> str:
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"
