"""The public ledger in the API's form."""

from __future__ import annotations

from typing import Any

from payments.papers.public_ledger import Line, Total


def ledger_line(line: Line) -> dict[str, Any]:
    """A movement, its parts in minor units."""
    return {
        "at": line.at, "what": line.what, "who": line.who, "change_minor": line.change.minor,
        "currency": line.change.currency,
        "parts": [
            {"label": label, "minor": amount.minor, "currency": amount.currency} for label, amount in line.parts
        ],
    }  # fmt: skip


def ledger_total(total: Total) -> dict[str, Any]:
    """A running total with its sentence."""
    amounts = [{"minor": amount.minor, "currency": amount.currency} for amount in total.amounts]
    return {"label": total.label, "explains": total.explains, "amounts": amounts}
