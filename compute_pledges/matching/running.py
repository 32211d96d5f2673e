"""When a project trained: spans in which at least one of its runs was running, from what was done to its runs."""

from __future__ import annotations

from datetime import datetime

from compute_pledges.models import RunChange, TrainingRun

Span = tuple[datetime, datetime]
TURNS = (RunChange.Kind.PAUSED, RunChange.Kind.RESUMED, RunChange.Kind.STOPPED)


def running_spans(*, project_id: int, start: datetime, end: datetime) -> list[Span]:
    """Spans within [start, end) in order, none touching another; in two queries."""
    turns: dict[object, list[tuple[datetime, str]]] = {
        pk: [(at, RunChange.Kind.RESUMED)]
        for pk, at in TrainingRun.objects.filter(project=project_id).values_list("pk", "created_at")
    }
    changes = RunChange.objects.filter(run__project=project_id, kind__in=TURNS).order_by("made_at", "pk")
    for run, at, kind in changes.values_list("run_id", "made_at", "kind"):
        turns[run].append((at, kind))
    spans: list[Span] = []
    for steps in turns.values():
        ends = [*(at for at, _ in steps[1:]), end]
        spans += [
            (max(at, start), min(until, end))
            for (at, kind), until in zip(steps, ends, strict=True)
            if kind == RunChange.Kind.RESUMED and max(at, start) < min(until, end)
        ]
    return _merged(sorted(spans))


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
