"""A paper: what a receipt or a statement says, once, for its page and for its PDF."""

from __future__ import annotations

from dataclasses import dataclass, field

from values.texts import Text


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns; `url` leads to what the first one names."""

    cells: tuple[str, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`figures` says which columns are amounts, aligned at their end. Foot rows are sums."""

    caption: str
    columns: tuple[Text, ...]
    rows: list[Row]
    foot: list[Row] = field(default_factory=list)
    figures: tuple[int, ...] = (1,)


@dataclass(frozen=True, slots=True)
class Paper:
    """`facts` are label and value, `notes` whole sentences below the tables."""

    title: str
    facts: list[tuple[str, str]]
    tables: list[Table]
    notes: list[str]
