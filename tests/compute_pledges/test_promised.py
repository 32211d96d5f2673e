"""What the funnel calls promised at a moment: what a working machine stood behind then, and nothing else."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compute_pledges.funnel import compute_funnel, promised_pledges
from compute_pledges.models import ComputePledge, GpuTimeEntry
from compute_pledges.services.backing import revoke_device
from compute_pledges.services.decisions import decline_pledge
from compute_pledges.services.journal import move
from compute_pledges.services.pledges import accept_offers, withdraw_pledge
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project
from tests.factories.pledges import HOUR_US, machine, promise, worked

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def promised(hours):
    """(device hours, H100-equivalent hours that count) at so many hours after NOW."""
    found = compute_funnel(at=NOW + hours * HOUR).total["promised"]
    return found.device_us / HOUR_US, found.h100_us / HOUR_US


def goal(**fields):
    return make_project(compute_minimum_us=1000 * HOUR_US, **fields)


def test_an_offer_is_no_promise_until_a_measured_machine_backs_it():
    project, device = goal(), machine(rate=None)
    pledge = promise(project, 10, device=device)
    assert pledge.state == "offered"
    assert (promised(0), promised(9)) == ((0, 0), (0, 0))
    type(device).objects.update(calibrated_flops_per_second=10**15)
    accept_offers(device_id=device.pk, now=NOW + 2 * HOUR)
    assert promised(1) == (0, 0)
    assert promised(2)[0] == 10
    assert promised(2)[1] > 0


@pytest.mark.parametrize("deed", ["withdraw", "decline", "revoke", "expire"])
def test_what_ended_is_no_promise_from_then_on_and_was_one_before(deed):
    project = goal()
    pledge = promise(project, 10)
    at = NOW + 5 * HOUR
    if deed == "withdraw":
        withdraw_pledge(pledge=pledge, now=at)
    elif deed == "decline":
        decline_pledge(pledge_id=pledge.pk, by=project.creator, reason="Not for this run.", now=at)
    elif deed == "revoke":
        revoke_device(device=pledge.device, now=at)
    else:
        ComputePledge.objects.filter(pk=pledge.pk).update(state="expired", ended_at=at)
    assert (promised(-1), promised(4), promised(5)[0]) == ((0, 0), (10, 10), 0)


def test_what_was_kept_stays_promised_and_the_figure_is_that_of_its_rows():
    project = goal()
    kept, partly = promise(project, 10), promise(project, 20)
    ComputePledge.objects.filter(pk=kept.pk).update(state="fulfilled")
    ComputePledge.objects.filter(pk=partly.pk).update(state="partly_fulfilled", ended_at=NOW + HOUR)
    promise(project, 3, device=machine(rate=None))
    assert promised(2)[0] == 30
    rows = promised_pledges(at=NOW + 2 * HOUR)
    assert {row.pk for row in rows} == {kept.pk, partly.pk}
    assert sum(row.counted_then for row in rows) == compute_funnel(at=NOW + 2 * HOUR).total["promised"].h100_us


def test_what_an_appeal_brought_back_is_neither_refused_nor_taken_back():
    run = make_run()
    round_ = open_round(run)
    back, refused = worked(run, round_, machine(), 2), worked(run, round_, machine(), 3, state="reported")
    account = GpuTimeEntry.Account
    move(result=back, debit=account.VERIFIED, credit=account.REVERSED, now=NOW + HOUR)
    move(result=refused, debit=account.REPORTED, credit=account.REJECTED, now=NOW + HOUR)
    for result, was in ((back, account.REVERSED), (refused, account.REJECTED)):
        result.turn = 1
        result.save(update_fields=["turn"])
        move(result=result, debit=was, credit=account.VERIFIED, now=NOW + 2 * HOUR)

    def figures(hours):
        total = compute_funnel(at=NOW + hours * HOUR).total
        return tuple(total[stage].device_us // HOUR_US for stage in ("delivered", "verified", "rejected", "reversed"))

    assert figures(1) == (5, 0, 3, 2)
    assert figures(2) == (5, 5, 0, 0)


def test_projects_beyond_the_limit_are_summed_with_as_many_questions():
    counts = []
    for number in range(1, 5):
        run = make_run()
        worked(run, open_round(run), machine(), number)
        with CaptureQueriesContext(connection) as asked:
            funnel = compute_funnel(at=NOW, limit=2)
        counts.append(len(asked))
    assert counts == [3] * 4
    assert [row.verified.device_us // HOUR_US for row in funnel.rows] == [4, 3]
    assert funnel.others["verified"].device_us == 3 * HOUR_US
    assert funnel.total["verified"].device_us == 10 * HOUR_US
    assert compute_funnel(at=NOW, limit=4).others is None
