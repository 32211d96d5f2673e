"""Drawing the share image: paper, ink, ochre for money, teal for compute; solid is done, hatched is promised."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from PIL import Image, ImageDraw

from pages.sharing.lettering import SANS, SERIF, Font, Lettered, lettered

WIDTH, HEIGHT, MARGIN = 1200, 630, 64
PAPER, TRACK, INK, SOFT, LINE = "#f7f4ee", "#e9e3d6", "#1a1d23", "#555b66", "#ded8cb"
FILLS = {"money": "#b26a00", "compute": "#12828f"}
TEXTS = {"money": "#8a4b00", "compute": "#0b6470"}
BRAND = "#1d3557"
CELL = 26
WEAVE_ENDS = 384
# The loom runs out of the picture alike on both sides.
BLEED = (WIDTH - (WIDTH // CELL + 1) * CELL + 6) // 2
SHADES = {1: "#a9d3d6", 2: "#72b7bd", 3: "#3b9ca5", 4: "#12828f"}


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
    address: str
    meters: tuple[MeterFacts, ...]
    cells: tuple[tuple[int, int, str, int], ...]

    @property
    def plain(self) -> dict[str, Any]:
        """For hashing."""
        return {"version": 3, **asdict(self)}


def draw(facts: Facts) -> bytes:
    """PNG bytes."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    top = _title(pen, facts, 52) + 14
    if (promise := lettered(facts.promise, SANS, 30)) is not None:
        top = _block(pen, promise, top, 40, SOFT)
    _weave(pen, facts, top + 16)
    _meters(pen, image, facts)
    _foot(pen, facts)
    out = io.BytesIO()
    image.quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


def _title(pen: ImageDraw.ImageDraw, facts: Facts, top: int) -> int:
    """The title, or the address where no typeface has its letters; returns where it ends."""
    size = 64 if len(facts.title) <= 48 else 50
    found = lettered(facts.title, SERIF, size, 500) or lettered(facts.address, SERIF, 44, 500)
    return _block(pen, found, top, int(size * 1.12), INK) if found else top


def _block(pen: ImageDraw.ImageDraw, found: Lettered, top: int, step: int, color: str) -> int:
    """At most two lines from the margin at which the text begins; returns where they end."""
    left, anchor = (WIDTH - MARGIN, "ra") if found.is_right_to_left else (MARGIN, "la")
    for line in _lines(found.text, found.font, WIDTH - 2 * MARGIN, 2):
        pen.text((left, top), line, color, found.font, anchor=anchor)
        top += step
    return top


def _line(pen: ImageDraw.ImageDraw, text: str, place: tuple[int, int], width: int, look: tuple[Any, ...]) -> None:
    """One line. `look`: family, size, weight, color, anchor. What no typeface has is not drawn."""
    family, size, weight, color, anchor = look
    if (found := lettered(text, family, size, weight)) is not None:
        pen.text(place, _lines(found.text, found.font, width, 1)[0], color, found.font, anchor=anchor)


def _weave(pen: ImageDraw.ImageDraw, facts: Facts, top: int) -> None:
    """Between the words and the meters: the run's newest columns, as many rows as fit, or an empty loom."""
    columns, rows = WIDTH // CELL + 1, max((WEAVE_ENDS - top) // CELL, 1)
    worked = {(column, row): (look, shade) for column, row, look, shade in facts.cells}
    last = max((column for column, _ in worked), default=0)
    for row in range(rows):
        for column in range(columns):
            look, shade = worked.get((column - (columns - 1 - last), row), ("", 0))
            color = SHADES.get(shade, LINE)
            _cell(pen, (column * CELL + BLEED, top + row * CELL), color, is_filled=look == "done")


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
        _line(pen, meter.figure, (left, top), width, (SANS, 44, 600, TEXTS[meter.kind], "la"))
        _track(pen, image, meter, (left, top + 62, width))
        _line(pen, meter.sentence, (left, top + 96), width, (SANS, 24, 400, SOFT, "la"))


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
    _line(pen, settings.PLATFORM_NAME, (MARGIN, 572), WIDTH // 3, (SERIF, 32, 600, BRAND, "la"))
    who = " · ".join(part for part in (facts.creator, facts.license) if lettered(part, SANS, 24))
    _line(pen, who, (WIDTH - MARGIN, 578), WIDTH // 2, (SANS, 24, 400, SOFT, "ra"))


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
