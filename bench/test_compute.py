"""GPU time at scale (`make bench-compute`). BENCH_BLOCKS=100000,1000000 gives the whole table. Nothing fails."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from bench.compute.raw import ingest_rate, weeks_seconds
from bench.compute.seed import grow
from bench.money.measure import cost_of, resident_mib
from compute_pledges.dumps.services import write_statistics
from compute_pledges.models import ComputePledge, Lease, ModelRelease, StatisticsFile, TrainingRun, WorkResult
from compute_pledges.releasing.figures import figures_of
from compute_pledges.services import receipts, reconcile, rounds, screening
from compute_pledges.services.auditing import audit
from compute_pledges.services.closing import close_days
from compute_pledges.services.devices import verify_signature
from tests.factories.compute import Agent, make_run, open_round
from tests.factories.people import make_user
from training_cluster.protocol import canonical_json

SIZES = [int(size) for size in os.environ.get("BENCH_BLOCKS", "10000,100000").split(",")]
LEASES = int(os.environ.get("BENCH_LEASES", "1000"))


def wall(deed):
    began = time.perf_counter()
    result = deed()
    return result, time.perf_counter() - began


def get(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    b"".join(answer) if answer.streaming else answer.content


def released(run):
    """As its page shows it, without files."""
    newest = run.rounds.order_by("-index").first()
    values = {
        "round": newest, "state": "released", "license": "MIT", "intended_use": "x", "limitations": "y",
        "card": "---\n---\nA card.", "released_by": run.started_by, "asked_at": run.created_at,
        "released_at": run.created_at, "facts": figures_of(run, newest.index).facts,
    }  # fmt: skip
    return ModelRelease.objects.get_or_create(run=run, defaults=values)[0]


def pages():
    pledge = ComputePledge.objects.filter(project__slug="bench-0").select_related("backer").first()
    run = TrainingRun.objects.get(project=pledge.project)
    anyone, backer, creator, admin = Client(), Client(), Client(), Client()
    backer.force_login(pledge.backer)
    creator.force_login(pledge.project.creator)
    admin.force_login(make_user(is_staff=True))
    return {
        "live run": (anyone, f"/runs/{run.pk}/"),
        "volunteers": (anyone, "/volunteers/"),
        "a pledge of GPU time": (backer, f"/gpu/pledges/{pledge.pk}/"),
        "own credit": (backer, "/gpu/credit/"),
        "own credit in a run, over time": (backer, f"/gpu/credit/runs/{run.pk}/"),
        "a volunteer's public page": (anyone, f"/volunteers/{pledge.backer_id}/"),
        "a project's page": (anyone, f"/projects/{pledge.project.slug}/"),
        "a release": (anyone, f"/runs/{released(run).pk}/release/"),
        "own machines": (backer, "/gpu/machines/"),
        "creator's supply": (creator, f"/projects/{pledge.project.slug}/gpu-time/"),
        "admin dashboard": (admin, "/funding/"),
    }


def reconciled():
    return reconcile.reconcile_pledges(now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_gpu_time_at_scale():
    before = 0
    for size in SIZES:
        _, seconds = wall(lambda b=before, s=size: grow(b, s))
        before = size
        closed, closing_seconds = wall(lambda: close_days(now=timezone.now()))
        print(f"\n{size:,} blocks (seeded in {seconds:.0f} s), memory {resident_mib():.0f} MiB")
        print(f"  days closed: {closed:,} sums in {closing_seconds:.1f} s")
        cache.clear()
        for label, (client, path) in pages().items():
            cost = cost_of(lambda c=client, p=path: get(c, p), repeats=10)
            print(f"  {label:<28} {cost.cpu:7.1f} CPU-ms {cost.wall:7.1f} ms {cost.queries:3d} queries")
        StatisticsFile.objects.all().delete()
        files, seconds = wall(lambda: write_statistics(now=timezone.now()))
        print(f"  statistics: {files} files in {seconds:.1f} s")
        rows, ours = wall(reconciled)
        _, again = wall(reconciled)
        raw = weeks_seconds()
        print(f"  reconcile {rows:,} weeks: {ours:.1f} s, again {again:.1f} s; raw sums {raw:.1f} s ({raw / ours:.0%})")
        findings, seconds = wall(audit)
        broken = [finding.invariant.name for finding in findings if not finding.holds]
        print(f"  audit_compute: {len(findings)} invariants in {seconds:.1f} s, broken: {broken}")
        print(f"  raw COPY and upsert of 5,000: {ingest_rate(5000):,.0f} a second")


def check(agent, receipt, signature):
    assert verify_signature(bytes(agent.device.public_key), signature, canonical_json(receipt))


def note(label, seconds, count):
    print(f"  {label:<34} {seconds:6.2f} s, {seconds / count * 1000:6.2f} ms each")


@pytest.mark.django_db(transaction=True)
def test_a_round_of_many_leases():
    """What the platform does for one round, `BENCH_LEASES` machines in it: real signatures, real files."""
    run = make_run()
    agents = [Agent(calibrated_flops_per_second=10**10, consecutive_valid=50) for _ in range(LEASES)]
    now = timezone.now()
    round_ = open_round(run, now=now)
    print(f"\na round of {LEASES:,} leases")
    leases, seconds = wall(lambda: [agent.lease(run, now) for agent in agents])
    note("leases issued", seconds, LEASES)
    signed = [agent.receipt(lease) for agent, lease in zip(agents, leases, strict=True)]
    _, seconds = wall(lambda: rounds.bindings(run=run, now=now))
    note("bindings asked once", seconds, 1)
    soon = now + timedelta(seconds=8)

    def accept():
        for agent, lease, (receipt, signature) in zip(agents, leases, signed, strict=True):
            receipts.accept_receipt(
                device=agent.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=soon
            )

    _, seconds = wall(accept)
    note("signed receipts accepted", seconds, LEASES)
    raw = ingest_rate(LEASES)
    _, checking = wall(lambda: [check(agent, *one) for agent, one in zip(agents, signed, strict=True)])
    print(f"  that is {LEASES / seconds:,.0f} a second; raw COPY and upsert: {raw:,.0f} a second")
    batch = 1 / (checking / LEASES + 1 / raw)
    print(f"  signatures alone: {LEASES / checking:,.0f} a second; checked, then raw in one batch: {batch:,.0f}")
    merged = [{"lease_id": str(lease.pk), "weight": 20, "update_sha256": ""} for lease in leases]
    _, seconds = wall(
        lambda: rounds.close_round(
            run=run, index=round_.index, held_out_loss=4.0, contributions=merged, sample="", is_rolled_back=False,
            now=soon,
        )
    )  # fmt: skip
    note("round closed", seconds, 1)

    def screen():
        while screening.screen_blocks(now=soon):
            pass

    _, seconds = wall(screen)
    note("blocks screened", seconds, LEASES)
    assert Lease.objects.filter(round=round_, state="answered").count() == LEASES
    assert WorkResult.objects.filter(state__in=("verified", "auditing")).count() == LEASES
