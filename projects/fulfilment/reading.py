"""Deliveries as pages show them: the team's board, and how honestly a project's promises stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date

from django.db.models import Count, DateField, Min, Q, QuerySet
from django.db.models.functions import TruncMonth

from projects.models import Delivery, Project, RewardQuestion

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a reward is delivered. `is_late`: its month is over and something is owed; `late` came after theirs."""

    total: int
    delivered: int
    late: int
    promised_on: date | None
    is_late: bool


def standings_of(project: Project, today: date) -> dict[int, Standing]:
    """By reward, in one query; rewards that nobody is owed are not in it."""
    rows = (
        Delivery.objects.filter(project=project)
        .exclude(state=State.REVOKED)
        .alias(arrived=TruncMonth("delivered_at", output_field=DateField(), tzinfo=UTC))
        .values("reward_id")
        .annotate(
            total=Count("pk"),
            delivered=Count("pk", filter=Q(state=State.DELIVERED)),
            late=Count("pk", filter=Q(state=State.DELIVERED, arrived__gt=TruncMonth("promised_on"))),
            promised=Min("promised_on", filter=Q(state__in=Delivery.OWED)),
        )
    )
    return {
        row["reward_id"]: Standing(
            row["total"],
            row["delivered"],
            row["late"],
            row["promised"],
            row["promised"] is not None and _is_over(row["promised"], today),
        )
        for row in rows
    }


def is_late(delivery: Delivery, today: date) -> bool:
    """Owed after its month, or delivered after it."""
    if delivery.promised_on is None or delivery.state == State.REVOKED:
        return False
    until = today if delivery.delivered_at is None else delivery.delivered_at.astimezone(UTC).date()
    return _is_over(delivery.promised_on, until)


def _is_over(month: date, today: date) -> bool:
    return (today.year, today.month) > (month.year, month.month)


def board_of(project: Project, *, state: str = "", reward: int = 0, word: str = "") -> QuerySet[Delivery]:
    """What the team has to deliver, the oldest first."""
    rows = Delivery.objects.filter(project=project).select_related("reward", "person", "address")
    if state == "owed":
        rows = rows.filter(state__in=Delivery.OWED)
    elif state in State.values:
        rows = rows.filter(state=state)
    if reward:
        rows = rows.filter(reward=reward)
    if word in ("got", "missing"):
        rows = rows.filter(word=word)
    return rows.order_by("pk")


def counts_of(project: Project) -> dict[str, int]:
    """How many in each state, and how many are said to be missing."""
    rows = Delivery.objects.filter(project=project).values("state").annotate(n=Count("pk")).values_list("state", "n")
    missing = Delivery.objects.filter(project=project, word=Delivery.Word.MISSING).count()
    return {**dict.fromkeys(State.values, 0), **dict(rows), "missing": missing}


def answer_rows(project: Project) -> tuple[list[str], Iterator[list[object]]]:
    """Labels and rows of all answers, one column a question; without addresses."""
    questions = list(RewardQuestion.objects.filter(reward__project=project).select_related("reward"))
    labels = ["delivery", "reward", "quantity", "name", "state", "note", "said", "answered"]
    labels += [f"{question.reward.title}: {question.text}" for question in questions]
    return labels, _rows(project, [str(question.pk) for question in questions])


def _rows(project: Project, keys: list[str]) -> Iterator[list[object]]:
    for row in board_of(project).iterator(chunk_size=1000):
        answered = row.answered_at.isoformat() if row.answered_at else ""
        facts: list[object] = [
            row.pk, row.reward.title, row.quantity, row.person.public_name, row.state, row.note, row.word, answered,
        ]  # fmt: skip
        yield [*facts, *(row.answers.get(key, "") for key in keys)]
