"""Rows as lines of CSV, one at a time, in cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """csv writes here; the row comes back as text."""

    def write(self, value: str) -> str:
        """The row itself."""
        return value


def safe_cell(value: object) -> object:
    """A cell that a spreadsheet cannot take for a formula; numbers stay numbers, None is empty."""
    text = "" if value is None else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA_STARTS) else text


def csv_lines(labels: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The header, then a line a row, each made when it is asked for."""
    writer = csv.writer(Echo())
    yield writer.writerow(list(labels))
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])
