"""A certificate on one landscape A4 page: the weave around it, and what was verified in words.

A name that the typeface cannot draw is not mangled: something that it can draw stands in its place, and the paper says
so.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.utils.translation import gettext
from reportlab.lib import colors  # type: ignore[import-untyped]  # reason: reportlab carries no types
from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]  # reason: as above
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # reason: as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # reason: as above

from compute_pledges.standing.certificate import ACROSS, DOWN, Certificate
from values.gpu_time import format_gpu_time
from values.numbers import number_words, percent_words
from values.typeface import lacking, typeface, written

WIDTH, HEIGHT = landscape(A4)
MARGIN = 22
# The site's teal and ink of the light theme.
TEAL, INK, SOFT, EMPTY = (colors.HexColor(code) for code in ("#12828f", "#1a1d23", "#555b66", "#e9e3d6"))
DEPTHS = (1.0, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Names:
    """What the paper calls the holder and what was trained; `lacking` are letters of theirs that it cannot draw."""

    holder: str
    run: str
    project: str
    lacking: list[str]

    @property
    def note(self) -> str:
        """What stands on the paper about them; empty where all is drawn."""
        if not self.lacking:
            return ""
        codes = ", ".join(f"U+{ord(letter):04X}" for letter in self.lacking[:6])
        return gettext(
            "Names are replaced whose letters this typeface lacks (%(codes)s); the certificate's web page has them."
        ) % {"codes": codes}


def names_on_paper(certificate: Certificate) -> Names:
    """The holder, and the run with its project; a number stands for a name that cannot be drawn."""
    run, holder = certificate.run, certificate.holder
    given = [
        (holder.public_name, gettext("Member %(pk)s") % {"pk": holder.pk}),
        (run.name, gettext("Run %(pk)s") % {"pk": str(run.pk)[:8]}),
        (run.project.title, run.project.slug),
    ]
    holder_name, run_name, title = (instead if lacking(name) else written(name) for name, instead in given)
    missing = dict.fromkeys(letter for name, _ in given for letter in lacking(name))
    return Names(holder_name, run_name, title, list(missing))


def _border(canvas: Any, certificate: Certificate) -> None:
    wide, high = (WIDTH - 2 * MARGIN) / ACROSS, (HEIGHT - 2 * MARGIN) / DOWN
    for x, y, depth in certificate.border:
        canvas.setFillColor(TEAL if depth else EMPTY)
        canvas.setFillAlpha(DEPTHS[depth])
        bottom = HEIGHT - MARGIN - (y + 1) * high
        canvas.roundRect(MARGIN + x * wide + 1.5, bottom + 1.5, wide - 3, high - 3, 2, stroke=0, fill=1)
    canvas.setFillAlpha(1)


def _line(canvas: Any, text: str, y: float, size: float, *, bold: bool = False, color: Any = INK) -> None:
    """Centered, and smaller where it would touch the border."""
    font = typeface().bold if bold else typeface().plain
    room = WIDTH - 2 * MARGIN - 140
    while size > 6 and pdfmetrics.stringWidth(text, font, size) > room:
        size -= 0.5
    canvas.setFont(font, size)
    canvas.setFillColor(color)
    canvas.drawCentredString(WIDTH / 2, y, text)


def certificate_pdf(certificate: Certificate) -> bytes:
    """The same certificate gives the same bytes."""
    target = BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT), invariant=1, lang="en")
    names = names_on_paper(certificate)
    canvas.setTitle(f"Certificate: {names.run}, {names.project}")
    canvas.setAuthor("Commonweave")
    _border(canvas, certificate)
    run, credit = certificate.run, certificate.credit
    _line(canvas, "Commonweave", 470, 15, color=SOFT)
    _line(canvas, names.holder, 415, 34, bold=True)
    _line(canvas, gettext("lent a machine and trained"), 380, 14, color=SOFT)
    _line(canvas, names.run, 345, 22, bold=True)
    _line(canvas, names.project, 322, 15)
    _line(
        canvas,
        gettext("%(device_us)s of verified GPU time") % {"device_us": format_gpu_time(credit.device_us)},
        285,
        19,
        color=TEAL,
    )
    _line(
        canvas,
        gettext("%(h100_us)s H100-equivalent, %(tokens)s tokens")
        % {"h100_us": format_gpu_time(credit.h100_us), "tokens": number_words(credit.tokens)},
        258,
        13,
    )
    many = "1 block" if credit.blocks == 1 else gettext("%(blocks)s blocks") % {"blocks": number_words(credit.blocks)}
    rounds = gettext("%(many)s in rounds %(first_round)s to %(last_round)s") % {
        "many": many,
        "first_round": certificate.first_round,
        "last_round": certificate.last_round,
    }
    days = " to ".join(f"{at.day} {at:%B %Y}" for at in (certificate.first_at, certificate.last_at)) + " (UTC)"
    _line(canvas, f"{rounds}, {days}", 236, 12)
    if certificate.place.top and certificate.place.others:
        everyone = gettext("%(others)s volunteers of this run") % {"others": number_words(certificate.place.others + 1)}
        _line(
            canvas,
            gettext("Among the top %(top)s of %(everyone)s")
            % {"top": percent_words(certificate.place.top), "everyone": everyone},
            200,
            12,
            color=TEAL,
        )
    _line(
        canvas, gettext("Each block was signed by the machine's key and checked by the platform."), 150, 10, color=SOFT
    )
    _line(canvas, gettext("Run %(pk)s") % {"pk": run.pk}, 134, 9, color=SOFT)
    if names.note:
        _line(canvas, names.note, 108, 9, color=SOFT)
    canvas.showPage()
    canvas.save()
    return target.getvalue()
