"""The table twin of a weave: the same cells as words, some rounds and some machines at a time, back to round 0."""

from __future__ import annotations

from dataclasses import dataclass

from compute_pledges.models import Round, TrainingRun
from compute_pledges.weave_rows import Cell, Machine, busiest, rows_of

ROUNDS_A_PAGE, MACHINES_A_PAGE = 8, 40


@dataclass(frozen=True, slots=True)
class CellTable:
    """Machines by rounds. `older` and `newer` are the last rounds of the pages beside it."""

    rounds: list[Round]
    rows: list[tuple[Machine, list[Cell | None]]]
    older: int | None
    newer: int | None
    page: int
    has_next: bool


def cell_table(*, run: TrainingRun, until: int | None, page: int, names: dict[str, str]) -> CellTable:
    """The rounds up to `until` (the newest without one); `names` are the viewer's own machines. Five queries."""
    found = Round.objects.filter(run=run).order_by("-index")
    upto = found if until is None else found.filter(index__lte=until)
    rounds = list(upto[:ROUNDS_A_PAGE])[::-1]
    if not rounds:
        return CellTable([], [], None, None, page, has_next=False)
    first, last = rounds[0].index, rounds[-1].index
    following = list(found.filter(index__gt=last).order_by("index").values_list("index", flat=True)[:ROUNDS_A_PAGE])
    shown = busiest(rounds, MACHINES_A_PAGE + 1, skip=(page - 1) * MACHINES_A_PAGE)
    machines = rows_of(rounds, shown[:MACHINES_A_PAGE])
    for machine in machines:
        machine.own_name = names.get(machine.device_id, "")
    rows = [(machine, _by_column(machine, len(rounds))) for machine in machines]
    older, newer = first - 1 if first else None, following[-1] if following else None
    return CellTable(rounds, rows, older, newer, page, has_next=len(shown) > MACHINES_A_PAGE)


def _by_column(machine: Machine, columns: int) -> list[Cell | None]:
    cells = {cell.column: cell for cell in machine.cells}
    return [cells.get(column) for column in range(columns)]
