"""The page of one week: what was due and was not, with its reasons, for the backer alone."""

from datetime import timedelta

import pytest
from django.urls import reverse

from compute_pledges.services.reconcile import reconcile_pledges
from compute_pledges.services.run_states import change_run_state
from compute_pledges.services.verification import reject
from compute_pledges.services.verification import reverse as take_back
from compute_pledges.services.week_story import story_of
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, promise, worked

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NINE_TO_FIVE = frozenset(day * 24 + hour for day in range(5) for hour in range(9, 17))


@pytest.fixture
def pledge():
    project = make_project(deadline_at=NOW + 20 * DAY, compute_ends_at=NOW + 90 * DAY)
    return promise(project, 500, slots=NINE_TO_FIVE)


def first_week(pledge, now):
    reconcile_pledges(now=now)
    return pledge.weeks.select_related("pledge__project").earliest("week_starts_at")


def test_hours_without_a_run_and_hours_without_work_are_told_apart(pledge):
    run = make_run(project=pledge.project)
    round_ = open_round(run)
    # Runs from Monday noon to Wednesday noon; the machine holds work on the Monday only.
    change_run_state(run=run, user=pledge.project.creator, target="stopped", now=NOW + 2 * DAY)
    worked(run, round_, pledge.device, 5, pledge=pledge, now=NOW + 5 * HOUR)
    story = story_of(week=first_week(pledge, NOW + 8 * DAY), now=NOW + 8 * DAY)
    hours = [us // HOUR_US for us in (story.scheduled_us, story.without_run_us, story.used_up_us, story.unheld_us)]
    assert (story.week.promised_us // HOUR_US, hours) == (16, [37, 21, 0, 11])
    said = " ".join(story.sentences)
    for words in (
        "The schedule had 37 GPU-h",
        "For 21 GPU-h of them no run",
        "For 11 GPU-h that were due it held no work",
    ):
        assert words in said


def test_what_is_refused_waits_or_is_taken_back_is_named_and_more_than_due_is_explained(pledge):
    run = make_run(project=pledge.project)
    round_ = open_round(run)
    waiting, refused = (worked(run, round_, pledge.device, 1, pledge=pledge, state="reported") for _ in range(2))
    reject(result=refused, reason="The losses of another seed.", now=NOW + HOUR)
    taken = worked(run, round_, pledge.device, 2, pledge=pledge)
    take_back(result=taken, reason="A failed replay.", now=NOW + 2 * HOUR)
    worked(run, round_, pledge.device, 50, pledge=pledge, now=NOW + 3 * HOUR)
    story = story_of(week=first_week(pledge, NOW + 4 * HOUR), now=NOW + 4 * HOUR)
    causes = [(one.reason, one.blocks, one.device_us // HOUR_US) for one in (*story.refused, *story.reversed)]
    assert causes == [("The losses of another seed.", 1, 1), ("A failed replay.", 1, 2)]
    assert (story.waiting.blocks, waiting.device_us) == (1, HOUR_US)
    assert "46 GPU-h more than was due are verified" in story.sentences[-1]


def test_the_page_is_a_click_away_pages_its_blocks_and_belongs_to_the_backer(
    client, pledge, django_assert_max_num_queries
):
    run = make_run(project=pledge.project)
    round_ = open_round(run)
    for minutes in range(30):
        worked(run, round_, pledge.device, 0.01, pledge=pledge, now=NOW + timedelta(minutes=minutes))
    week = first_week(pledge, NOW + HOUR)
    address = reverse("compute:week", args=[pledge.pk, week.week_starts_at])
    client.force_login(pledge.backer)
    assert address in client.get(reverse("compute:pledge_detail", args=[pledge.pk])).content.decode()
    with django_assert_max_num_queries(22):
        page = client.get(address).content.decode()
    assert ("Page 1 of 2" in page, page.count("verified, merged")) == (True, 25)
    assert client.get(address + "?page=2").content.decode().count("verified, merged") == 5
    assert client.get(address.replace("2026-06-01", "2026-06-31")).status_code == 404
    assert client.get(address.replace("2026-06-01", "2026-05-04")).status_code == 404
    client.force_login(make_user())
    assert client.get(address).status_code == 404
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert client.get(address).status_code == 200
    client.logout()
    assert client.get(address).url.startswith("/accounts/login/")
