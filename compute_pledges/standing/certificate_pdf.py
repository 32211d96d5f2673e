"""A certificate on one landscape A4 page: the weave around it, and what was verified in words."""

from __future__ import annotations

import unicodedata
from functools import cache
from io import BytesIO
from typing import Any

from reportlab.lib import colors  # type: ignore[import-untyped]  # reason: reportlab carries no types
from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]  # reason: as above
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # reason: as above
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]  # reason: as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # reason: as above

from compute_pledges.standing.certificate import ACROSS, DOWN, Certificate
from values.gpu_time import format_gpu_time

PLAIN, BOLD = "CommonweaveVera", "CommonweaveVeraBold"
WIDTH, HEIGHT = landscape(A4)
MARGIN = 22
# The site's teal and ink of the light theme.
TEAL, INK, SOFT, EMPTY = (colors.HexColor(code) for code in ("#12828f", "#1a1d23", "#555b66", "#e9e3d6"))
DEPTHS = (1.0, 0.4, 0.6, 0.8, 1.0)


@cache
def _glyphs() -> frozenset[int]:
    for name, file in ((PLAIN, "Vera.ttf"), (BOLD, "VeraBd.ttf")):
        pdfmetrics.registerFont(TTFont(name, file))
    return frozenset(pdfmetrics.getFont(PLAIN).face.charToGlyph)


def _printable(text: str) -> str:
    """A letter that the typeface lacks stands as `?`."""
    return "".join(c if ord(c) in _glyphs() else "?" for c in unicodedata.normalize("NFC", text))


def _border(canvas: Any, certificate: Certificate) -> None:
    wide, high = (WIDTH - 2 * MARGIN) / ACROSS, (HEIGHT - 2 * MARGIN) / DOWN
    for x, y, depth in certificate.border:
        canvas.setFillColor(TEAL if depth else EMPTY)
        canvas.setFillAlpha(DEPTHS[depth])
        bottom = HEIGHT - MARGIN - (y + 1) * high
        canvas.roundRect(MARGIN + x * wide + 1.5, bottom + 1.5, wide - 3, high - 3, 2, stroke=0, fill=1)
    canvas.setFillAlpha(1)


def _line(canvas: Any, text: str, y: float, size: float, *, font: str = PLAIN, color: Any = INK) -> None:
    """Centered, and smaller where it would touch the border."""
    text, room = _printable(text), WIDTH - 2 * MARGIN - 140
    while size > 6 and pdfmetrics.stringWidth(text, font, size) > room:
        size -= 0.5
    canvas.setFont(font, size)
    canvas.setFillColor(color)
    canvas.drawCentredString(WIDTH / 2, y, text)


def certificate_pdf(certificate: Certificate) -> bytes:
    """The same certificate gives the same bytes."""
    target = BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT), invariant=1, lang="en")
    _glyphs()
    canvas.setTitle(f"Certificate: {_printable(certificate.run.name)}")
    canvas.setAuthor("Commonweave")
    _border(canvas, certificate)
    run, credit = certificate.run, certificate.credit
    _line(canvas, "Commonweave", 470, 15, color=SOFT)
    _line(canvas, certificate.holder.public_name, 415, 34, font=BOLD)
    _line(canvas, "lent a machine and trained", 380, 14, color=SOFT)
    _line(canvas, f"{run.name}: {run.project.title}", 345, 22, font=BOLD)
    _line(canvas, f"{format_gpu_time(credit.device_us)} of verified GPU time", 285, 19, color=TEAL)
    _line(canvas, f"{format_gpu_time(credit.h100_us)} H100-equivalent, {credit.tokens:,} tokens", 258, 13)
    rounds = f"{credit.blocks} blocks in rounds {certificate.first_round} to {certificate.last_round}"
    days = f"{certificate.first_at:%d %B %Y} to {certificate.last_at:%d %B %Y} (UTC)"
    _line(canvas, f"{rounds}, {days}", 236, 12)
    _line(canvas, "Each block was signed by the machine's key and checked by the platform.", 150, 10, color=SOFT)
    _line(canvas, f"Run {run.pk}", 134, 9, color=SOFT)
    canvas.showPage()
    canvas.save()
    return target.getvalue()
