"""What was promised and what came of it, derived from days and releases alone: nobody sets a promise to kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Count, Min, Q
from django.utils.translation import gettext_lazy as _

from projects.models import OutputRelease, Project, PromisedOutput

S = Project.State
# A promise that is so late, or whose project has ended, is broken.
BROKEN_AFTER = timedelta(days=180)
ENDED = (S.COMPLETED, S.ABANDONED)
# Never funded, so nothing was owed; before the launch nothing is promised yet.
NOT_OWED = (S.FAILED, S.CANCELED)


class Standing(StrEnum):
    """Where a promise stands."""

    KEPT = "kept"
    KEPT_LATE = "kept_late"
    DUE = "due"
    LATE = "late"
    BROKEN = "broken"
    NOT_OWED = "not_owed"


WORDS = {
    Standing.KEPT: _("kept"), Standing.KEPT_LATE: _("kept, late"), Standing.DUE: _("due"), Standing.LATE: _("late"),
    Standing.BROKEN: _("broken"), Standing.NOT_OWED: _("not owed: the project was not funded"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise with the first day on which everyone could fetch what keeps it."""

    output: PromisedOutput
    standing: Standing
    kept_on: date | None

    @property
    def words(self) -> str:
        """The standing in words."""
        return str(WORDS[self.standing])


def standing_of(*, due_on: date | None, kept_on: date | None, state: str, today: date) -> Standing:
    """Kept by what everyone can fetch; broken once the project has ended without it, or it is half a year late."""
    if kept_on is not None:
        return Standing.KEPT if due_on is None or kept_on <= due_on else Standing.KEPT_LATE
    if state in NOT_OWED:
        return Standing.NOT_OWED
    if state in ENDED:
        return Standing.BROKEN
    if due_on is None or today <= due_on:
        return Standing.DUE
    return Standing.BROKEN if today > due_on + BROKEN_AFTER else Standing.LATE


def promises_of(project: Project, now: datetime) -> list[Promise]:
    """In the order of their days, in one query."""
    # The model's own order does not hold for rows with an aggregate.
    outputs = project.promised_outputs.annotate(first=_first(now)).order_by("due_on", "pk")
    return [_promise(output, project.state, now) for output in outputs]


def _first(now: datetime) -> Min:
    """Since when everyone can fetch what keeps it; a link to something else keeps nothing."""
    is_there = Q(releases__public_at__lte=now) & ~Q(releases__verdict=OutputRelease.Verdict.DIFFERS)
    return Min("releases__public_at", filter=is_there)


def _promise(output: PromisedOutput, state: str, now: datetime) -> Promise:
    first: datetime | None = output.first  # type: ignore[attr-defined]  # reason: annotated by both callers
    kept_on = first.date() if first else None
    standing = standing_of(due_on=output.due_on, kept_on=kept_on, state=state, today=now.date())
    return Promise(output, standing, kept_on)


def counts(now: datetime) -> dict[Standing, int]:
    """Over all public projects that were launched, in one query."""
    owed = PromisedOutput.objects.exclude(project__launched_at=None).exclude(project__state__in=Project.PRIVATE_STATES)
    rows = owed.annotate(first=_first(now)).values_list("due_on", "first", "project__state")
    found: Counter[Standing] = Counter()
    for due_on, kept_at, state in rows.order_by().iterator(chunk_size=2000):
        kept_on = kept_at.date() if kept_at else None
        found[standing_of(due_on=due_on, kept_on=kept_on, state=state, today=now.date())] += 1
    return {standing: found[standing] for standing in Standing}


def releases_by_kind(now: datetime) -> dict[str, int]:
    """How many releases everyone can fetch, by kind."""
    public = OutputRelease.objects.public(now).exclude(project__state__in=Project.PRIVATE_STATES)
    return dict(public.order_by().values_list("kind").annotate(n=Count("pk")))
