"""The platform in figures, each with what it means. From daily sums and counts: bounded, whatever was pledged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from compute_pledges.funnel import compute_funnel
from compute_pledges.models import TrainingRun
from pages.dashboard.charts import Bar, bars
from payments.selectors_funnel import funding_totals
from projects.models import OutputRelease, Project
from projects.openness.promises import WORDS, counts
from values.gpu_time import format_gpu_time
from values.money import Money

MONTHS = 12
MONEY = (("pledged", _("Pledged"), False), ("collected", _("Charged"), True), ("refunded", _("Refunded"), True),
         ("paid", _("Paid to creators"), True))  # fmt: skip
COMPUTE = (("promised", _("Promised"), False), ("delivered", _("Delivered"), True), ("verified", _("Verified"), True))
MEANINGS = (
    (_("Pledged"), _("Cards saved and checked, with pledges that were charged since; taken back ones are left out.")),
    (_("Charged"), _("What cards were charged, gross. Refunded: what went back. Paid to creators: what arrived.")),
    (_("Promised"), _("Device time that paired machines stand behind. Delivered: received. Verified: accepted.")),
    (_("Kept"), _("A promise is kept once everyone can fetch what it names; broken half a year after its day.")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars with the table of the same figures."""

    key: str
    title: str
    kind: str
    bars: list[Bar]


def figures(now: datetime) -> dict[str, Any]:
    """A fixed number of queries."""
    public = Project.objects.public().order_by()
    by_state = dict(public.values_list("state").annotate(n=Count("pk")))
    launched = dict(
        public.exclude(launched_at=None).annotate(month=TruncMonth("launched_at")).values_list("month")
        .annotate(n=Count("pk")).order_by("-month")[:MONTHS]
    )  # fmt: skip
    return {
        "as_of": now,
        "states": [(label, by_state[value]) for value, label in Project.State.choices if by_state.get(value)],
        "charts": [*_money(now), _compute(now), _months(launched)],
        "promises": [(WORDS[standing], count) for standing, count in counts(now).items()],
        "releases": OutputRelease.objects.public(now).count(),
        "runs": TrainingRun.objects.exclude(project__state__in=Project.PRIVATE_STATES).count(),
        "meanings": MEANINGS,
    }  # fmt: skip


def _money(now: datetime) -> list[Chart]:
    """A chart for each currency: money of two currencies is never added."""
    charts = []
    for currency, (sums,) in sorted(funding_totals(now).items()):
        stages = [
            (str(label), sums.amounts[name], str(Money(sums.amounts[name], currency)), solid)
            for name, label, solid in MONEY
        ]
        title = str(_("Money in %(currency)s") % {"currency": currency})
        charts.append(Chart(f"money-{currency}", title, "money", bars(stages)))
    return charts


def _compute(now: datetime) -> Chart:
    total = compute_funnel(at=now, limit=0).total
    stages = [
        (str(label), total[name].device_us, format_gpu_time(total[name].device_us), solid)
        for name, label, solid in COMPUTE
    ]
    return Chart("compute", str(_("GPU time, of the devices themselves")), "compute", bars(stages))


def _months(launched: dict[datetime, int]) -> Chart:
    stages = [(f"{month:%Y-%m}", count, str(count), True) for month, count in sorted(launched.items())]
    return Chart("launched", str(_("Projects launched, by month")), "plain", bars(stages))
