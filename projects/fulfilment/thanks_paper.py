"""The thank-you note as a PDF of one page, with the border that is woven for its reward: what the mail carries."""

from __future__ import annotations

from html import escape
from io import BytesIO
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib import colors  # type: ignore[import-untyped]  # reason: reportlab carries no types
from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]  # reason: as above
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]  # reason: as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # reason: as above
from reportlab.platypus import Frame, KeepInFrame, Paragraph  # type: ignore[import-untyped]  # reason: as above

from projects.fulfilment.benefits import thanks_for
from projects.fulfilment.weaving import CELL, HEIGHT, WIDTH, woven_border
from projects.models import Benefit, Delivery, Reward
from values.typeface import BOLD, PLAIN, glyphs, printable

PAGE = landscape(A4)
SCALE = 1.98
GAP = 2 * SCALE
# From untouched paper to accepted work, as on the page.
DEPTHS = [colors.HexColor(code) for code in ("#e9e3d6", "#b4d4d5", "#7fb8bd", "#4c9fa9", "#12828f")]
INK, SOFT = colors.HexColor("#1a1d23"), colors.HexColor("#555b66")


def thanks_pdf(delivery: Delivery) -> bytes:
    """The note; the same note gives the same bytes."""
    glyphs()
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
    # A long note is set smaller rather than cut.
    words = KeepInFrame(width - 12, height - 12, _words(delivery, title), mode="shrink")
    Frame(left + inset, low + inset, width, height).addFromList([words], canvas)
    canvas.save()
    return target.getvalue()


def _words(delivery: Delivery, title: str) -> list[Any]:
    head = ParagraphStyle("head", fontName=BOLD, fontSize=24, leading=30, textColor=INK, spaceBefore=8, spaceAfter=14)
    body = ParagraphStyle("body", fontName=PLAIN, fontSize=12, leading=18, textColor=INK, spaceAfter=8)
    soft = ParagraphStyle("soft", parent=body, fontSize=10, textColor=SOFT)
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
    """The file for the mail of the notice `thanks:<delivery>`; None for one that was taken back since."""
    rows = Benefit.objects.filter(kind=Reward.Benefit.THANKS, delivery=int(key.removeprefix("thanks:")))
    benefit = rows.select_related("delivery__project__creator", "delivery__reward", "delivery__person").first()
    if benefit is None:
        return None
    return file_name(benefit.delivery), thanks_pdf(benefit.delivery), "application/pdf"


def file_name(delivery: Delivery) -> str:
    """As it is saved."""
    return f"{delivery.project.slug}-thanks.pdf"
