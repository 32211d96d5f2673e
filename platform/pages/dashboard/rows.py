"""Every figure of the dashboard links to the rows it is made of, shown a page at a time and downloadable as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode

from django.http import StreamingHttpResponse
from django.urls import reverse

from values.csv_lines import csv_lines
from values.texts import Text

PAGE = 100
Getter = Callable[[Any], object]


class Link(str):
    """A cell that leads somewhere on a page; in a CSV it is its text, and its address is never made."""

    __slots__ = ("_route", "_to")
    _route: str
    _to: tuple[object, ...]

    def __new__(cls, text: object, route: str, *to: object) -> Self:
        """`text` as it is shown; the address is that of `route` for `to`."""
        made = super().__new__(cls, text)
        made._route, made._to = route, to
        return made

    @property
    def url(self) -> str:
        """Where it leads."""
        return reverse(self._route, args=self._to)


class Place(Link):
    """A link to an address that is known."""

    __slots__ = ()

    def __new__(cls, text: object, url: str) -> Self:
        """`url` as it is; empty where there is nothing to lead to."""
        return super().__new__(cls, text, "", url)

    @property
    def url(self) -> str:
        """The address."""
        return str(self._to[0])


def narrowed(text: Text, key: str, **query: str) -> Place:
    """A cell that leads to some of the rows of `key`."""
    return Place(text, f"{reverse('pages:dashboard_rows', args=[key])}?{urlencode(query)}")


@dataclass(frozen=True, slots=True)
class RowSource:
    """Rows behind a figure. `rows(at, project_id)` gives a lazy sequence or query set; columns are label and getter."""

    title: Text
    explains: Text
    columns: tuple[tuple[Text, Getter], ...]
    rows: Callable[[datetime, int | None], Any]
    # What else the rows can be narrowed by: names in the address, and the fields behind them.
    filters: tuple[tuple[str, str], ...] = ()
    # Whether they are what stands now, whatever moment is asked for.
    of_now: bool = False
    # Whether they happen in real time, which the demo's clock control does not shift: machines' work and checks.
    in_real_time: bool = False

    def cells(self, rows: Iterable[Any]) -> list[list[object]]:
        """The rows' cells in the order of the columns."""
        return [[getter(row) for _, getter in self.columns] for row in rows]

    @property
    def labels(self) -> list[str]:
        """The header."""
        return [str(label) for label, _ in self.columns]


def csv_response(name: str, source: RowSource, rows: Iterable[Any]) -> StreamingHttpResponse:
    """All rows, streamed, so that memory does not grow with them."""
    lines = csv_lines(source.labels, ([getter(row) for _, getter in source.columns] for row in rows))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
