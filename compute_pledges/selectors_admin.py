"""Reads for admins: audits and what they cost, runs' health, devices in quarantine with the evidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Count,
    F,
    FloatField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Least
from django.utils.translation import gettext

from compute_pledges.exceptions import STUCK
from compute_pledges.models import Audit, Device, GpuTimeEntry, Lease, Round, SponsorInvoice, TrainingRun, WorkResult
from compute_pledges.sums import moved_by_project
from values.numbers import percent_words

COST_DAYS = 30
ENDED = (Audit.State.PASSED, Audit.State.FAILED, Audit.State.UNCLEAR)
_WHOLE, _STEPS = F("result__h100_us"), F("result__steps")
_REPLAYED = Case(
    When(segment=None, then=_WHOLE),
    default=_WHOLE * Least(F("result__lease__segment_steps"), _STEPS) / _STEPS,
    output_field=BigIntegerField(),
)


@dataclass(frozen=True, slots=True)
class AuditCost:
    """H100-equivalent time that was replayed, of all that was judged, and the auditors' seconds.

    Of a segment's replay the segment's share counts. `newcomers_us` was replayed because the machine had no record yet,
    `newcomers_judged_us` are those blocks.
    """

    project_id: int
    title: str
    slug: str
    audited_us: int
    newcomers_us: int
    newcomers_judged_us: int
    judged_us: int
    seconds: float
    audits: int
    passed: int
    failed: int
    unclear: int

    @property
    def share_percent(self) -> float:
        """The replayed share of the judged work; a block that is replayed twice counts twice."""
        return percent_of(self.audited_us, self.judged_us)

    @property
    def steady_us(self) -> int:
        """What was replayed of machines with a record."""
        return self.audited_us - self.newcomers_us

    @property
    def steady_judged_us(self) -> int:
        """What was judged of machines with a record."""
        return max(self.judged_us - self.newcomers_judged_us, 0)

    @property
    def steady_percent(self) -> float:
        """The replayed share of the work of machines with a record."""
        return percent_of(self.steady_us, self.steady_judged_us)


def percent_of(part: int, whole: int) -> float:
    """Two places, rounded down."""
    return part * 10_000 // whole / 100 if whole else 0.0


def audit_costs(*, at: datetime, days: int = COST_DAYS) -> list[AuditCost]:
    """A row for each project with audits that ended in the days before `at`, in four queries."""
    since = (at - timedelta(days=days)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ended = Audit.objects.filter(finished_at__gt=since, finished_at__lte=at, state__in=ENDED)
    newcomer = Q(cause=Audit.Cause.NEWCOMER)
    rows = (
        ended.values(project_id=F("result__lease__run__project_id"))
        .annotate(
            title=F("result__lease__run__project__title"),
            slug=F("result__lease__run__project__slug"),
            audited_us=Sum(_REPLAYED),
            newcomers_us=Coalesce(Sum(_REPLAYED, filter=newcomer), 0),
            newcomers_judged_us=Coalesce(Sum(_WHOLE, filter=newcomer & Q(attempt=1)), 0),
            seconds=Coalesce(Sum("seconds"), 0.0),
            audits=Count("pk"),
            passed=Count("pk", filter=Q(state=Audit.State.PASSED)),
            failed=Count("pk", filter=Q(state=Audit.State.FAILED)),
            unclear=Count("pk", filter=Q(state=Audit.State.UNCLEAR)),
        )
        .order_by("title")
    )
    whole: Counter[int] = Counter()
    for moved in moved_by_project(at=at, since=since.date()):
        if moved.credit in (GpuTimeEntry.Account.VERIFIED, GpuTimeEntry.Account.REJECTED):
            whole[moved.project_id] += moved.h100_us
    return [AuditCost(judged_us=whole[row["project_id"]], **row) for row in rows]


def ended_audits(at: datetime, project_id: int | None) -> QuerySet[Audit]:
    """Audits that ended until `at`, the newest first, with block, device and project."""
    found = Audit.objects.filter(finished_at__lte=at, state__in=ENDED)
    if project_id is not None:
        found = found.filter(result__lease__run__project_id=project_id)
    related = ("result__device__owner", "result__lease__run__project", "result__lease__round")
    return found.select_related(*related).order_by("-finished_at", "pk")


def run_health(at: datetime, project_id: int | None) -> QuerySet[TrainingRun]:
    """Runs that are not stopped, stuck ones first: newest round, its age, its loss, machines of the last hour.

    One query. `at` is real time, as rounds and leases are.
    """
    rounds = Round.objects.filter(run=OuterRef("pk"), opened_at__lte=at).order_by("-index")
    closed = rounds.filter(closed_at__lte=at)
    declared = Cast(KeyTextTransform("exchange_seconds", "run__hyper"), FloatField())
    work = F("duration_seconds") - Coalesce("exchange_seconds", declared)
    timed = closed.filter(communication_seconds__isnull=False).annotate(work=work)
    busy = Lease.objects.filter(run=OuterRef("pk"), issued_at__gt=at - timedelta(hours=1), issued_at__lte=at)
    machines = busy.order_by().values("run").annotate(n=Count("device", distinct=True)).values("n")
    taken_back = (
        Round.objects.filter(run=OuterRef("pk"), is_rolled_back=True)
        .order_by()
        .values("run")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found = TrainingRun.objects.filter(created_at__lte=at).exclude(state=TrainingRun.State.STOPPED)
    if project_id is not None:
        found = found.filter(project_id=project_id)
    return (
        found.select_related("project")
        .annotate(
            round_index=Subquery(rounds.values("index")[:1]),
            round_opened_at=Subquery(rounds.values("opened_at")[:1]),
            round_seconds=Subquery(rounds.values("duration_seconds")[:1]),
            loss=Subquery(closed.values("held_out_loss")[:1]),
            best_loss=Subquery(closed.filter(held_out_loss__isnull=False).order_by("held_out_loss").values("held_out_loss")[:1]),
            rejected_loss=Subquery(closed.filter(rejected_loss__isnull=False).values("rejected_loss")[:1]),
            communication_seconds=Subquery(timed.values("communication_seconds")[:1]),
            timed_work=Subquery(timed.values("work")[:1]),
            rolled_back=Coalesce(Subquery(taken_back), 0),
            machines=Coalesce(Subquery(machines), 0),
            is_stuck=_is_stuck(at),
        )
        .order_by("-is_stuck", F("round_opened_at").desc(nulls_last=True), "pk")
    )  # fmt: skip


def _is_stuck(at: datetime) -> RawSQL:
    statement = f"compute_pledges_trainingrun.id IN ({STUCK})"
    return RawSQL(statement, [at], output_field=BooleanField())  # noqa: S611  # reason: a constant and a parameter


def health_words(run: TrainingRun) -> str:
    """`healthy`, or what is wrong with it, of a row of `run_health`."""
    if run.error:
        return gettext("its anchor says: %(error)s") % {"error": run.error}
    if run.state == TrainingRun.State.PAUSED:
        return "paused"
    has_round = getattr(run, "round_opened_at", None) is not None
    if getattr(run, "is_stuck", False):
        return (
            gettext("its anchor is silent: no round moved on in time")
            if has_round
            else gettext("its anchor never opened a round")
        )
    if not has_round:
        return gettext("waits for its anchor")
    return "healthy" if getattr(run, "machines", 0) else gettext("waits for machines")


def communication_words(run: TrainingRun) -> str:
    """The share of its last round in which machines did not train, of a row of `run_health`."""
    seconds, work = getattr(run, "communication_seconds", None), getattr(run, "timed_work", None)
    return "" if seconds is None or work is None else percent_words(100 * seconds / max(seconds + work, 1e-9), digits=0)


def rejected_words(run: TrainingRun) -> str:
    """The loss of the last merge that was taken back, of a row of `run_health`."""
    return Round(rejected_loss=getattr(run, "rejected_loss", None)).rejected_words


def quarantine_queue() -> QuerySet[Device]:
    """Devices that wait for a person, those that did most work first, with what was taken back. One query."""
    lost = Q(results__state=WorkResult.State.REVERSED)
    return (
        Device.objects.filter(state=Device.State.QUARANTINED)
        .select_related("owner")
        .annotate(
            reversed_us=Coalesce(Sum("results__device_us", filter=lost), 0),
            reversed_blocks=Count("results", filter=lost),
            last_block_at=Max("results__received_at"),
        )
        .order_by(F("last_block_at").desc(nulls_last=True), "pk")
    )


def evidence_of(device: Device) -> dict[str, object]:
    """Failed and unclear audits, blocks refused or taken back: what the quarantine rests on. Three queries."""
    audits = Audit.objects.filter(result__device=device, state__in=ENDED)
    blocks = WorkResult.objects.filter(device=device).select_related("lease__round", "lease__run__project")
    return {
        "audits": list(audits.select_related("result__lease__round").order_by("-finished_at")[:20]),
        "blocks": list(blocks.exclude(reason="").order_by("-received_at")[:20]),
        "counts": dict(blocks.order_by().values_list("state").annotate(n=Count("pk"))),
    }


def waiting_invoices(at: datetime, project_id: int | None) -> QuerySet[SponsorInvoice]:
    """Invoices until `at`, those that wait first."""
    found = SponsorInvoice.objects.filter(entered_at__lte=at).select_related(
        "project", "vendor", "entered_by", "decided_by"
    )
    if project_id is not None:
        found = found.filter(project_id=project_id)
    return found.order_by(F("decided_at").asc(nulls_first=True), "pk")
