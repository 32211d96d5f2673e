"""Rates that price work: measured again, the best of thirty days, supervised."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.models import (
    DeviceRate,
    Lease,
)
from compute_pledges.services import rates
from compute_pledges.services.appeals import decide_appeal, open_appeal
from tests.compute_pledges.judging import ROUND, trusted
from tests.compute_pledges.working import work
from tests.factories.compute import NOW, SOON, make_run
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


def test_a_slow_machine_is_priced_by_what_it_shows_once_a_person_agreed():
    agent = trusted(best_flops_per_second=10**9)
    floor = agent.device.catalog.flops_per_second // 2
    assert agent.device.flops_per_second == floor > 10**9
    appeal = open_appeal(device=agent.device, kind="rate", text="It is an old laptop.", now=SOON)
    decide_appeal(
        appeal_id=appeal.pk, grant=True, by=make_user(is_staff=True), answer="We measured it together.", now=SOON
    )
    agent.device.refresh_from_db()
    assert agent.device.flops_per_second == 10**9
    assert agent.device.is_calibration_due(timezone.now())


def test_a_machine_is_measured_again_after_a_week_and_that_block_is_always_audited(monkeypatch):
    monkeypatch.setattr("compute_pledges.services.screening.must_audit", lambda device: False)
    fresh, old, run = trusted(), trusted(), make_run()
    old.device.calibrated_at = timezone.now() - timedelta(days=7)
    old.device.save()
    blocks = [work(fresh, run), work(old, run, NOW + ROUND, 1)]
    assert [(b.lease.kind, b.state) for b in blocks] == [
        (Lease.Kind.TRAINING, "verified"), (Lease.Kind.CALIBRATION, "auditing"),
    ]  # fmt: skip


def test_only_the_best_rate_of_thirty_days_prices_a_block():
    device = trusted(best_flops_per_second=9 * 10**9).device
    rates.keep_rate(device_id=device.pk, rate=9 * 10**9, day=(NOW - timedelta(days=31)).date())
    rates.keep_rate(device_id=device.pk, rate=5 * 10**9, day=NOW.date())
    rates.keep_rate(device_id=device.pk, rate=4 * 10**9, day=NOW.date())
    assert DeviceRate.objects.get(day=NOW.date()).flops_per_second == 5 * 10**9
    assert rates.forget_old_rates(now=NOW) == 1
    assert rates.forget_old_rates(now=NOW) == 0
    device.refresh_from_db()
    assert device.best_flops_per_second == 5 * 10**9
