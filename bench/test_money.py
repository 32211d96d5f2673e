"""Money at scale (`make bench-money`). BENCH_SIZES=10000,100000,1000000 gives the whole table. Nothing fails."""

from __future__ import annotations

import os
import time
from uuid import uuid4

import pytest
from django.template import Template
from django.test import Client
from django.test.utils import _TestState
from django.utils import timezone

from accounts.models import User
from bench.money.measure import Cost, cost_of, resident_mib
from bench.money.seed import grow, top_project
from payments.models import CashPledge
from payments.services import collecting, reconciling, settling
from payments.services.applying import apply_setup_intent
from payments.services.auditing import audit
from projects.models import Project
from tests.factories.people import make_user

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "10000,100000").split(",")]


def paths(top):
    """Who asks for what."""
    return [
        ("anyone", "trivial view", "/robots.txt"),
        ("anyone", "start page", "/"),
        ("anyone", "discover", "/discover/"),
        ("anyone", "project page", f"/projects/{top}/"),
        ("backer", "project page, signed in", f"/projects/{top}/"),
        ("anyone", "API list of 50", "/api/v1/projects?limit=50"),
        ("anyone", "platform's figures", "/figures/"),
        ("creator", "creator's dashboard", f"/projects/{top}/dashboard/"),
        ("creator", "creator's balance", f"/projects/{top}/balance/"),
        ("creator", "creator's refunds", f"/projects/{top}/refunds/"),
        ("backer", "backer's pledges", "/pledges/"),
        ("admin", "admin dashboard", "/funding/"),
        ("admin", "rows of collected", "/funding/rows/money-collected/"),
    ]


def clients(top):
    project, admin = Project.objects.get(slug=top), make_user(is_staff=True)
    found = {"anyone": Client(), "creator": Client(), "admin": Client(), "backer": Client()}
    found["creator"].force_login(project.creator)
    found["admin"].force_login(admin)
    found["backer"].force_login(CashPledge.objects.filter(project=project).first().backer)
    return found


def get(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    b"".join(answer) if answer.streaming else answer.content


def create(client, project):
    data = {"amount": "25", "currency": "EUR", "reward": "", "client_token": str(uuid4())}
    assert client.post(f"/projects/{project.slug}/pledge/", data).status_code == 302


def save_card(project, people):
    """The provider's time subtracted: what happens when it says that the card is saved."""
    pledge = CashPledge.objects.create(
        project=project, backer=next(people), amount_minor=2500, currency="EUR", client_token=uuid4(),
        created_at=project.created_at,
    )  # fmt: skip
    intent = {"status": "succeeded", "payment_method": {"id": "pm_x", "card": {"brand": "visa", "last4": "4242"}}}
    apply_setup_intent(pledge_id=pledge.pk, intent=intent, now=project.created_at)


def measured():
    top = top_project()
    who = clients(top)
    costs = {label: cost_of(lambda p=path, w=role: get(who[w], p)) for role, label, path in paths(top)}
    project = Project.objects.get(slug="bench-0")
    fresh = Client()
    fresh.force_login(make_user())
    costs["pledge creation (form)"] = cost_of(lambda: create(fresh, project), repeats=15)
    people = iter(User.objects.filter(email__startswith="b")[:200])
    costs["pledge creation (card saved)"] = cost_of(lambda: save_card(project, people))
    return costs


def wall(deed):
    began = time.perf_counter()
    result = deed()
    return result, time.perf_counter() - began


def csv_growth(client, path):
    """Rows a second and memory that grew while every row was streamed."""
    before, lines, highest = resident_mib(), 0, 0.0
    began = time.perf_counter()
    for chunk in client.get(path):
        lines += chunk.count(b"\n")
        highest = max(highest, resident_mib()) if lines % 20_000 < 3 else highest
    return lines, time.perf_counter() - began, max(highest, resident_mib()) - before


@pytest.mark.django_db(transaction=True)
def test_money_at_scale(monkeypatch, settings):
    # As in production: pages are kept, the clock is not asked for, and no template's context is copied for tests.
    settings.VISITORS_PAGE_SECONDS, settings.CLOCK_CONTROL = 10, False
    monkeypatch.setattr(Template, "_render", _TestState.saved_data.template_render)
    monkeypatch.setattr("payments.web.card_testing.STARTS_AN_HOUR", 10**6)
    monkeypatch.setattr("payments.web.card_testing.STARTS_OF_AN_ADDRESS", 10**6)
    make_user()
    table: dict[int, dict[str, Cost]] = {}
    before = 0
    for size in SIZES:
        _, seconds = wall(lambda b=before, s=size: grow(b, s))
        before = size
        print(f"\n{size:,} pledges (seeded in {seconds:.0f} s)")
        table[size] = measured()
        for label, cost in table[size].items():
            print(f"  {label:<30} {cost.cpu:7.1f} CPU-ms {cost.wall:7.1f} ms {cost.queries:4} queries")
        findings, seconds = wall(audit)
        broken = [finding.invariant.name for finding in findings if not finding.holds]
        print(f"  ledger audit                   {seconds:7.2f} s   {len(findings)} invariants, broken: {broken}")
        _, seconds = wall(lambda: reconciling.compare(now=timezone.now()))
        print(f"  reconcile, comparison alone    {seconds:7.2f} s")
        lines, seconds, grew = csv_growth(clients(top_project())["admin"], "/funding/rows/money-collected/?format=csv")
        print(f"  CSV of {lines:,} rows          {seconds:7.2f} s   memory +{grew:.0f} MiB")
    print(f"\nratio of {SIZES[-1]:,} to {SIZES[0]:,} pledges, CPU")
    for label, cost in table[SIZES[-1]].items():
        print(f"  {label:<30} x{cost.cpu / max(table[SIZES[0]][label].cpu, 0.1):.2f}")


@pytest.mark.django_db(transaction=True)
def test_settlement_keeps_the_providers_pace(standin, settings):
    """How near a real batch comes to the allowed pace: create and confirm are two endpoints, 15 calls a second each."""
    from projects.closing import close_project
    from tests.factories.payments import pledged
    from tests.factories.people import make_project

    number, pace = int(os.environ.get("BENCH_SETTLE", "450")), 15.0
    project = make_project(funding_minimum=100)
    for _ in range(number):
        pledged(project, amount=1000)
    now = project.deadline_at
    close_project(project_id=project.pk, now=now)
    collecting.freeze_projects(now=now)
    settings.PROVIDER_CALLS_A_SECOND, settings.COLLECTING_THREADS = pace, 8

    def all_of_them():
        return sum(iter(lambda: collecting.collect_due(now=now), 0))

    done, seconds = wall(all_of_them)
    _, booked = wall(lambda: settling.settle_available(now=now.replace(year=now.year + 1)))
    print(f"\n{done} pledges charged in {seconds:.1f} s: {done / seconds:.2f} a second, "
          f"{done / seconds / pace:.0%} of {pace:.0f} a second; booked as settled in {booked:.2f} s")  # fmt: skip
