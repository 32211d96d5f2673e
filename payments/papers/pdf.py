"""A paper as PDF. A character that the typeface lacks is printed as `?`, and the paper says so: the page has it."""

from __future__ import annotations

from functools import partial
from html import escape
from io import BytesIO
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from reportlab.lib import colors  # type: ignore[import-untyped]  # reason: reportlab carries no types
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]  # reason: as above
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]  # reason: as above
from reportlab.lib.units import mm  # type: ignore[import-untyped]  # reason: as above
from reportlab.platypus import (  # type: ignore[import-untyped]  # reason: as above
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)
from reportlab.platypus import Table as Grid

from payments.papers.paper import Paper, Row, Table
from values.typeface import lacking, printable, typeface

LACKS = _("Some characters could not be printed in this file and stand as ?; the page shows them.")
MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
FIGURE_WIDTH = 28 * mm
# The site's ochre and ink of the light theme.
MONEY, LINE = colors.HexColor("#8a4b00"), colors.HexColor("#ded8cb")


def is_whole(paper: Paper) -> bool:
    """Whether everything that it says can be printed."""
    texts = [text for fact in paper.facts for text in fact] + paper.notes
    for table in paper.tables:
        texts += [cell for row in (*table.rows, *table.foot) for cell in row.cells]
    return not any(lacking(text) for text in texts)


def _style(name: str, **changes: Any) -> Any:
    return ParagraphStyle(name, fontName=typeface().plain, fontSize=9.5, leading=13.5, splitLongWords=1, **changes)


def _text(text: str, style: Any) -> Any:
    """A paragraph of plain text: markup in names stays text."""
    return Paragraph(escape(printable(text)), style)


def _styles() -> dict[str, Any]:
    title = ParagraphStyle(
        "title", fontName=typeface().bold, fontSize=18, leading=24, textColor=MONEY, spaceAfter=4 * mm
    )
    heading = ParagraphStyle(
        "heading", fontName=typeface().bold, fontSize=11, leading=15, spaceBefore=5 * mm, spaceAfter=2 * mm
    )
    strong = ParagraphStyle("strong", fontName=typeface().bold, fontSize=9.5, leading=13.5)
    return {
        "title": title, "heading": heading, "plain": _style("plain"), "figure": _style("figure", alignment=2),
        "strong": strong, "sum": ParagraphStyle("sum", parent=strong, alignment=2),
        "note": ParagraphStyle("note", fontName=typeface().plain, fontSize=8.5, leading=12, spaceBefore=3 * mm),
    }  # fmt: skip


def _cells(row: Row, table: Table, styles: dict[str, Any], plain: str, figure: str) -> list[Any]:
    return [
        _text(cell, styles[figure if index in table.figures else plain]) for index, cell in enumerate(row.cells)
    ]  # fmt: skip


def _widths(table: Table) -> list[float]:
    """The first column holds titles: it is twice as wide as the other words."""
    words = len(table.columns) - len(table.figures)
    wide = (WIDTH - len(table.figures) * FIGURE_WIDTH) / (words + 1)
    return [
        FIGURE_WIDTH if index in table.figures else wide * (1 if index else 2) for index in range(len(table.columns))
    ]


def _grid(table: Table, styles: dict[str, Any]) -> Any:
    rows = [_cells(Row(tuple(str(label) for label in table.columns)), table, styles, "strong", "sum")]
    rows += [_cells(row, table, styles, "plain", "figure") for row in table.rows]
    rows += [_cells(row, table, styles, "strong", "sum") for row in table.foot]
    lines = [("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Grid(rows, colWidths=_widths(table), repeatRows=1, style=lines, hAlign="LEFT")


def _facts(paper: Paper, styles: dict[str, Any]) -> Any:
    rows = [[_text(label, styles["plain"]), _text(value, styles["plain"])] for label, value in paper.facts]
    return Grid(rows, colWidths=[38 * mm, WIDTH - 38 * mm], style=[("VALIGN", (0, 0), (-1, -1), "TOP")], hAlign="LEFT")


def _flow(paper: Paper) -> list[Any]:
    styles = _styles()
    flow = [_text(paper.title, styles["title"]), _facts(paper, styles)]
    for table in paper.tables:
        flow += [_text(table.caption, styles["heading"]), _grid(table, styles)]
    notes = paper.notes if is_whole(paper) else [*paper.notes, str(LACKS)]
    return [*flow, Spacer(1, 3 * mm), KeepTogether([_text(note, styles["note"]) for note in notes])]


def _page_number(canvas: Any, doc: Any, *, title: str) -> None:
    canvas.setFont(typeface().plain, 8)
    canvas.drawRightString(
        A4[0] - MARGIN, MARGIN / 2, gettext("%(title)s, page %(page)s") % {"title": title, "page": doc.page}
    )


def pdf_of(paper: Paper, *, author: str) -> bytes:
    """The paper on A4 pages; the same paper gives the same bytes."""
    target = BytesIO()
    doc = SimpleDocTemplate(
        target, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=paper.title, author=author, lang="en", invariant=1,
    )  # fmt: skip
    foot = partial(_page_number, title=printable(paper.title))
    doc.build(_flow(paper), onFirstPage=foot, onLaterPages=foot)
    return target.getvalue()
