from datetime import timedelta

import pytest

from compute_pledges.funnel import Amount, compute_funnel
from compute_pledges.models import ComputePledge
from compute_pledges.selectors import pledge_figures
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.verification import quarantine, verify
from tests.factories.compute import SOON, Agent, make_run, open_round
from tests.factories.people import NOW

pytestmark = pytest.mark.django_db


def test_the_funnel_follows_the_journal_and_can_be_asked_of_an_earlier_moment():
    run = make_run()
    open_round(run)
    agent = Agent()
    pledge = ComputePledge.objects.create(
        project=run.project, backer=agent.device.owner, device=agent.device, catalog_slug="cpu-thread",
        pledged_us=3_600_000_000, client_token=agent.device.pk, created_at=NOW,
    )  # fmt: skip
    lease = agent.lease(run, NOW)
    receipt, signature = agent.receipt(lease)
    result = accept_receipt(device=agent.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=SOON)
    result.refresh_from_db()
    verify(result=result, now=SOON + timedelta(seconds=1))
    quarantine(device_id=agent.device.pk, reason="test", now=SOON + timedelta(seconds=2))
    time = Amount(result.device_us, result.h100_us)

    def funnel(seconds):
        (row,) = compute_funnel(at=SOON + timedelta(seconds=seconds)).rows
        return row.delivered, row.verified, row.reversed

    assert result.device_us > 0
    assert funnel(0) == (time, Amount(), Amount())
    assert funnel(1) == (time, time, Amount())
    assert funnel(2) == (time, Amount(), time)
    figures = pledge_figures(pledge)
    assert (figures.promised_us, figures.delivered_us, figures.verified_us, figures.reversed_us) == (
        3_600_000_000, result.device_us, 0, result.device_us,
    )  # fmt: skip
