"""What counts, said before it is promised, after it, and to its creator: with all reasons, in the same words."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from compute_pledges.models import ComputePledge, PledgeCount
from compute_pledges.services.counting_words import count_words
from projects.models import Project
from tests.compute_pledges.test_pages import typed
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
RULE = ("An hour of a machine backs one project only", "fill at most a quarter", "never count towards the minimum",
        "lock 48 hours before the deadline", "is shown, and counts against the owner")  # fmt: skip


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    for module in ("pledge_views", "estimate_views", "supply_views"):
        monkeypatch.setattr(f"compute_pledges.web.{module}.business_now", lambda: NOW)


def estimate(client, project, **given):
    given = {
        "project": project.slug,
        "catalog_slug": "h100-sxm",
        "pledged_us": "500",
        "hours_text": "Mon-Fri 9-17",
    } | given
    return client.get(reverse("compute:estimate"), given).content.decode().replace("&#x27;", "'")


def test_the_backer_reads_the_rule_before_the_button_and_what_of_these_hours_can_count(client):
    project = make_project(compute_ends_at=NOW + 11 * DAY)
    client.force_login(make_user())
    page = client.get(reverse("compute:pledge", args=[project.slug])).content.decode()
    for words in RULE:
        assert words in page[: page.index("Pledge GPU time</button>")]
    found = estimate(client, project)
    assert "Of these 500 GPU-h, 72 GPU-h can count." in found
    assert "The hours chosen leave 72 GPU-h before the training must end on 12 June 2026." in found
    assert "once a machine is paired and measured" in found
    refused = client.post(reverse("compute:pledge", args=[project.slug]), typed(pledged_us="500", slots="x"))
    assert "can count." in refused.content.decode()


def test_a_machine_that_holds_no_run_is_told_so_before_it_pledges(client):
    project = make_project()
    make_run(project=project, parameters=3 * 10**9)
    small = machine(reported_hardware={"memory_bytes": 4 * 2**30})
    client.force_login(small.owner)
    found = estimate(client, project, device=str(small.pk))
    assert "Of these 500 GPU-h, nothing can count." in found
    assert "machine with 4.0 GiB holds none of the project's runs, the smallest of which needs 78.2 GiB" in found
    assert "nothing can count" not in estimate(client, project)
    assert "nothing can count" in estimate(client, project, catalog_slug="t4")


def test_the_team_is_told_before_it_pledges(client):
    project = make_project()
    client.force_login(project.creator)
    assert "You belong to the project's team" in estimate(client, project)


def test_estimates_are_for_people_who_are_signed_in_and_not_without_end(client, monkeypatch):
    assert client.get(reverse("compute:estimate")).status_code == 302
    client.force_login(make_user())
    monkeypatch.setattr("compute_pledges.web.estimate_views.ESTIMATES_AN_HOUR", 2)
    assert [client.get(reverse("compute:estimate")).status_code for _ in range(3)] == [200, 200, 429]


def test_all_reasons_are_said_not_only_the_gravest():
    project = make_project(compute_minimum_us=100 * HOUR_US, compute_ends_at=NOW + 11 * DAY)
    pledge = promise(project, 500, device=machine(valid=0), slots=range(9, 17))
    count = PledgeCount.objects.get(pledge=pledge)
    count.factor_ppm = 600_000
    count.counted_h100_us = count.credible_h100_us - 1
    words = count_words(pledge, count)
    for part in ("fill at most a quarter", "the hours chosen leave", "60% of what was due"):
        assert part in words


@pytest.mark.parametrize(
    ("state", "days", "says", "offers"),
    [
        ("live", 5, "leaves no mark on your record", True),
        ("live", 1, "locked from 48 hours", False),
        ("funded", -1, "withdrawing now is late", True),
    ],
)
def test_the_page_says_what_withdrawing_would_do(client, state, days, says, offers):
    project = make_project()
    pledge = promise(project, 5)
    Project.objects.filter(pk=project.pk).update(state=state, deadline_at=NOW + days * DAY)
    client.force_login(pledge.backer)
    page = client.get(reverse("compute:pledge_detail", args=[pledge.pk])).content.decode()
    assert (says in page, "Withdraw this pledge" in page) == (True, offers)


def test_the_creator_finds_the_whole_rule_from_the_project_s_page(client):
    project = make_project(compute_minimum_us=HOUR_US)
    client.force_login(project.creator)
    address = reverse("compute:supply", args=[project.slug])
    assert address in client.get(project.get_absolute_url()).content.decode()
    page = client.get(address).content.decode()
    for words in RULE:
        assert words in page


def test_pledges_are_paged(client):
    user, project = make_user(), make_project()
    ComputePledge.objects.bulk_create(
        ComputePledge(
            project=project, backer=user, catalog_slug="t4", pledged_us=1, client_token=uuid4(), created_at=NOW
        )
        for _ in range(60)
    )
    client.force_login(user)
    pages = [client.get(reverse("compute:pledges"), {"page": number}).content.decode() for number in (1, 2)]
    assert [page.count("<article") for page in pages] == [50, 10]
