"""Rows of a weave: machines with a cell for each round in which they answered, and what a row is called.

A row carries its owner's public name, and from their second machine on its number among theirs. Who left the lists of
people is not named: the row then has a name of its own that groups no machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.html import format_html_join
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.models import Device, Round, WorkResult
from compute_pledges.standing.listing import hidden_people

SHADES = 4
CELL_WIDTH, ROW_HEIGHT = 20, 20
# Rows are ROW_HEIGHT tall; a few of them are drawn taller, so that a small run fills its picture too.
FEW_ROWS_HEIGHT, TALLEST_ROW = 176, 44
# What a block's state looks like: done is solid, promised is hatched, refused is outlined.
LOOKS = {
    "reported": "waiting", "auditing": "waiting", "verified": "done", "settled": "done",
    "rejected": "refused", "reversed": "refused",
}  # fmt: skip

_RECT = '<rect class="cell {} s{}" x="{}" y="{}" width="17" height="17" rx="3"><title>{}</title></rect>'


@dataclass(frozen=True, slots=True)
class Cell:
    """One machine's block in one round. `shade` is 1 to SHADES by its tokens."""

    round_index: int
    column: int
    look: str
    state: str
    tokens: int
    shade: int

    @property
    def x(self) -> int:
        """Left edge in the drawing's units."""
        return self.column * CELL_WIDTH


@dataclass(slots=True)
class Machine:
    """A row. `own_name` is set where its owner looks: the name that they gave it."""

    device_id: str
    label: str
    row: int
    own_name: str = ""
    cells: list[Cell] = field(default_factory=list)

    @property
    def y(self) -> int:
        """Top edge in the drawing's units."""
        return self.row * ROW_HEIGHT

    @property
    def name(self) -> str:
        """What the viewer reads."""
        return self.own_name or self.label

    @property
    def drawn(self) -> str:
        """Its cells as SVG: there may be thousands, which a template draws in a fifth of a second.

        A title begins with the machine's name, which scripts replace by the one that the viewer gave it.
        """
        words = gettext("%(machine)s, round %(round)d: %(tokens)s tokens, %(state)s")
        rows = (
            (
                cell.look, cell.shade, cell.x, self.y,
                words % {"machine": self.name, "round": cell.round_index, "tokens": cell.tokens, "state": cell.state},
            )
            for cell in self.cells
        )  # fmt: skip
        return format_html_join("", _RECT, rows)

    @property
    def verified(self) -> int:
        """Blocks that count."""
        return sum(cell.look == "done" for cell in self.cells)


def pixels(rows: int) -> int:
    """How tall so many rows are drawn."""
    return max(rows * ROW_HEIGHT, min(rows * TALLEST_ROW, FEW_ROWS_HEIGHT))


def busiest(rounds: Sequence[Round], limit: int, *, skip: int = 0, owner: User | None = None) -> list[UUID]:
    """The devices (of an owner) that answered most often in these rounds, after the first `skip`. One query."""
    blocks = WorkResult.objects.filter(lease__round__in=rounds)
    if owner is not None:
        blocks = blocks.filter(device__owner=owner)
    answered = blocks.values("device").annotate(n=Count("pk")).order_by("-n", "device")
    return list(answered.values_list("device", flat=True)[skip : skip + limit])


def rows_of(rounds: Sequence[Round], device_ids: Iterable[UUID]) -> list[Machine]:
    """The devices with their cells, those paired first on top. Two queries."""
    shown = list(device_ids)
    columns = {round_.index: column for column, round_ in enumerate(rounds)}
    blocks = list(
        WorkResult.objects.filter(lease__round__in=rounds, device__in=shown)
        .values_list("device_id", "lease__round__index", "state", "tokens")
        .order_by("lease__round__index")
    )
    most = max((tokens for *_, tokens in blocks), default=1) or 1
    machines = _named(shown)
    for device_id, index, state, tokens in blocks:
        shade = max(1, -(-tokens * SHADES // most))
        words = str(WorkResult.State(state).label)
        machines[device_id].cells.append(Cell(index, columns[index], LOOKS[state], words, tokens, shade))
    return list(machines.values())


def _named(device_ids: list[UUID]) -> dict[UUID, Machine]:
    devices = (
        Device.objects.filter(pk__in=device_ids)
        .select_related("owner")
        .annotate(earlier=_earlier_of_owner(), is_unnamed=Q(owner__in=hidden_people()))
        .order_by("paired_at", "pk")
    )
    return {device.pk: Machine(str(device.pk), _label(device), row) for row, device in enumerate(devices)}


def _earlier_of_owner() -> Coalesce:
    """How many machines the owner paired before it: its number stays while rows come and go."""
    before = Q(paired_at__lt=OuterRef("paired_at")) | Q(paired_at=OuterRef("paired_at"), pk__lt=OuterRef("pk"))
    earlier: QuerySet[Device, Any] = Device.objects.filter(before, owner=OuterRef("owner")).order_by()
    counted = earlier.values("owner").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _label(device: Any) -> str:
    if device.is_unnamed:
        return gettext("Unnamed %(number)s") % {"number": device.pk.hex[:4]}
    return f"{device.owner.public_name} {device.earlier + 1}" if device.earlier else str(device.owner.public_name)
