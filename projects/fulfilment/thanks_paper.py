"""The thank-you note as a PDF of one page, with the border that is woven for its reward: what the mail carries.

A note with letters that the typeface lacks has no PDF: its words are in the mail and on its page, whole.
"""

from __future__ import annotations

from html import escape
from io import BytesIO
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib import colors  # type: ignore[import-untyped]  # reason: reportlab carries no types
from reportlab.lib.enums import TA_CENTER  # type: ignore[import-untyped]  # reason: as above
from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]  # reason: as above
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]  # reason: as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # reason: as above
from reportlab.platypus import KeepInFrame, Paragraph  # type: ignore[import-untyped]  # reason: as above

from projects.fulfilment.benefits import thanks_for
from projects.fulfilment.weaving import CELL, HEIGHT, WIDTH, woven_border
from projects.models import Benefit, Delivery, Reward
from values.typeface import lacking, printable, typeface

PAGE = landscape(A4)
SCALE = 1.98
GAP = 2 * SCALE
SHORT = 400
# From untouched paper to accepted work, as on the page.
DEPTHS = [colors.HexColor(code) for code in ("#e9e3d6", "#b4d4d5", "#7fb8bd", "#4c9fa9", "#12828f")]
INK, SOFT = colors.HexColor("#1a1d23"), colors.HexColor("#555b66")


def thanks_pdf(delivery: Delivery) -> bytes:
    """The note; the same note gives the same bytes."""
    target, title = BytesIO(), _("Thank you, %(name)s") % {"name": delivery.person.public_name}
    canvas = Canvas(target, pagesize=PAGE, invariant=1)
    canvas.setTitle(title)
    canvas.setAuthor(delivery.project.creator.public_name)
    left, low = (PAGE[0] - WIDTH * SCALE) / 2, (PAGE[1] - HEIGHT * SCALE) / 2
    for x, y, depth in woven_border(str(delivery.pk)):
        canvas.setFillColor(DEPTHS[depth])
        side = CELL * SCALE - GAP
        canvas.roundRect(left + x * SCALE, low + y * SCALE, side, side, 3, stroke=0, fill=1)
    inset = 2 * CELL * SCALE
    width, height = WIDTH * SCALE - 2 * inset, HEIGHT * SCALE - 2 * inset
    # A long note is set smaller rather than cut; a short one stands in the middle.
    words = KeepInFrame(width, height, _words(delivery, title), mode="shrink")
    used = words.wrapOn(canvas, width, height)[1]
    words.drawOn(canvas, left + inset, low + inset + (height - used) / 2)
    canvas.save()
    return target.getvalue()


def _words(delivery: Delivery, title: str) -> list[Any]:
    size = 16 if len(delivery.reward.thanks_text) < SHORT else 12
    body = ParagraphStyle(
        "body", fontName=typeface().plain, fontSize=size, leading=1.5 * size, textColor=INK, alignment=TA_CENTER,
        spaceAfter=0.6 * size,
    )  # fmt: skip
    head = ParagraphStyle(
        "head", parent=body, fontName=typeface().bold, fontSize=28, leading=36, spaceBefore=12, spaceAfter=20
    )
    soft = ParagraphStyle("soft", parent=body, fontSize=11, leading=16, textColor=SOFT, spaceBefore=10)
    parts = [part for part in thanks_for(delivery).replace("\r\n", "\n").split("\n\n") if part.strip()]
    signed = f"{delivery.project.creator.public_name}, {date_format(delivery.opened_at, 'DATE_FORMAT')}"
    return [
        _text(delivery.project.title, soft), _text(title, head), *(_text(part, body) for part in parts),
        _text(signed, soft),
    ]  # fmt: skip


def _text(text: str, style: Any) -> Any:
    """Plain text whose lines stay lines: markup in names stays text."""
    return Paragraph("<br/>".join(escape(printable(line)) for line in text.split("\n")), style)


def thanks_attachment(key: str) -> tuple[str, bytes, str] | None:
    """The file for the mail of the notice `thanks:<delivery>`; None for one that was taken back, or cannot be drawn."""
    rows = Benefit.objects.filter(kind=Reward.Benefit.THANKS, delivery=int(key.removeprefix("thanks:")))
    benefit = rows.select_related("delivery__project__creator", "delivery__reward", "delivery__person").first()
    if benefit is None or undrawable(benefit.delivery):
        return None
    return file_name(benefit.delivery), thanks_pdf(benefit.delivery), "application/pdf"


def undrawable(delivery: Delivery) -> list[str]:
    """Letters of the note, or of a name on it, that the PDF cannot draw: then there is none."""
    names = (delivery.person.public_name, delivery.project.title, delivery.project.creator.public_name)
    return lacking(" ".join((thanks_for(delivery), *names)))


def file_name(delivery: Delivery) -> str:
    """As it is saved."""
    return f"{delivery.project.slug}-thanks.pdf"
