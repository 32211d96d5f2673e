"""A block's whole life on the platform: lease, receipt, round, screening, audit, reversal, settlement."""

from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, transaction

from compute_pledges.errors import NoWorkNow
from compute_pledges.models import ComputePledge, GpuTimeEntry, Lease, WorkResult
from compute_pledges.services.journal import account_totals
from compute_pledges.services.pledges import create_pledge
from compute_pledges.services.reconcile import journal_differences, reconcile_pledges
from compute_pledges.services.verification import settle_verified
from projects.totals import totals_of
from tests.compute_pledges.working import HOUR_US, audit, pledge, work
from tests.factories.compute import NOW, SOON, Agent, make_run, open_round
from training_cluster.peers import PeerKey

pytestmark = pytest.mark.django_db


def test_an_offer_counts_once_its_device_is_calibrated_by_a_verified_block():
    agent, run = Agent(), make_run()
    offer = pledge(agent, run)
    assert (offer.state, totals_of([run.project])[run.project.pk].compute_pledged) == ("offered", 0)
    result = work(agent, run)
    assert result.lease.kind == Lease.Kind.CALIBRATION
    assert result.state == WorkResult.State.AUDITING
    audit(0.001)
    offer.refresh_from_db()
    assert offer.state == ComputePledge.State.DELIVERING
    assert offer.counted_h100_us > 0
    assert totals_of([run.project])[run.project.pk].compute_pledged == offer.counted_h100_us


def test_a_verified_block_fills_the_meter_and_the_pledge_once():
    agent, run = Agent(), make_run()
    offer = pledge(agent, run)
    result = work(agent, run)
    audit(0.001)
    totals = account_totals(pledge=offer)
    assert totals["verified"] == {"device_us": result.device_us, "h100_us": result.h100_us}
    assert totals["reported"] == {"device_us": 0, "h100_us": 0}
    assert totals_of([run.project])[run.project.pk].compute_realized == result.h100_us > 0
    assert settle_verified(now=SOON + timedelta(days=2)) == 1
    assert settle_verified(now=SOON + timedelta(days=2)) == 0
    assert account_totals(pledge=offer)["settled"]["device_us"] == result.device_us
    assert journal_differences(since=NOW) == []


def test_work_that_missed_the_merge_settles_the_pledge_but_not_the_goal():
    agent, run = Agent(), make_run()
    offer = pledge(agent, run)
    result = work(agent, run, merged=False)
    audit(0.001)
    assert account_totals(pledge=offer)["verified"]["device_us"] == result.device_us
    assert totals_of([run.project])[run.project.pk].compute_realized == 0


def test_device_time_is_never_more_than_the_server_s_clock():
    agent, run = Agent(), make_run()
    assert work(agent, run, steps=400).device_us == 8_000_000


def test_one_open_lease_a_device_and_none_after_the_round_s_work():
    agent, run = Agent(), make_run()
    open_round(run)
    first = agent.lease(run, NOW)
    assert agent.lease(run, NOW).pk == first.pk
    agent.identity = PeerKey.of(Ed25519PrivateKey.generate())
    with pytest.raises(NoWorkNow, match="open lease"):
        agent.lease(run, NOW)
    with pytest.raises(NoWorkNow, match="about to close"):
        Agent().lease(run, NOW + timedelta(seconds=8))


def test_a_round_that_nobody_leased_begins_anew_and_no_other():
    agent, run, later = Agent(), make_run(), NOW + timedelta(seconds=30)
    open_round(run)
    with pytest.raises(NoWorkNow, match="about to close"):
        agent.lease(run, later)
    assert open_round(run, now=later).opened_at == later
    agent.lease(run, later)
    assert open_round(run, now=later + timedelta(seconds=30)).opened_at == later


def test_the_journal_refuses_change_and_deletion():
    agent, run = Agent(), make_run()
    work(agent, run)
    for change in (lambda: GpuTimeEntry.objects.update(device_us=1), lambda: GpuTimeEntry.objects.all().delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_reconciliation_writes_the_week_and_is_repeatable():
    agent, run = Agent(), make_run()
    offer = pledge(agent, run)
    result = work(agent, run)
    audit(0.001)
    for _ in range(2):
        reconcile_pledges(now=SOON)
    week = offer.weeks.get()
    assert (week.reported_us, week.verified_us, week.reversed_us) == (result.device_us, result.device_us, 0)


def test_the_same_form_twice_makes_one_pledge():
    agent, run = Agent(), make_run()
    token = uuid4()
    fields = {
        "project": run.project, "backer": agent.device.owner, "catalog_slug": "cpu-thread", "pledged_us": HOUR_US,
        "hours_per_week": 168, "device": None, "reward": None, "client_token": token, "now": NOW,
    }  # fmt: skip
    assert create_pledge(**fields).pk == create_pledge(**fields).pk
