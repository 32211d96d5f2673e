"""A creator's dashboard: what waits, both curves with a forecast, where people come from, backers as they want it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from compute_pledges.models import ComputePledge, Round, TrainingRun, WorkResult
from notices.models import Notice
from pages.creator.curves import Forecast, curves_of, forecast_of
from pages.creator.runs import health_of
from pages.creator.todo import todo_of
from pages.creator.waiting import Waiting, waiting_for
from payments.models import Payout
from projects.contributions import record_contribution
from projects.models import Comment, Project, ReferralDay, Teammate
from projects.referrals import count_pledge, count_visit, sources_of, write_down_visits
from projects.roles import permissions_of
from tests.factories.compute import make_run
from tests.factories.papers import charged
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import machine, promise, worked

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def launched(**fields):
    """Live for five days, ten pledged on each, and as long to go."""
    now = timezone.now().replace(hour=12)
    fields = {"launched_at": now - 5 * DAY, "deadline_at": now + 5 * DAY, "compute_ends_at": now + 50 * DAY, **fields}
    project = make_project(**fields)
    for number in range(5):
        record_contribution(
            project=project, source=f"t:{number}", stage="pledged", event="made", kind="money", amount=10_00,
            now=now - (5 - number) * DAY,
        )  # fmt: skip
    return project, now


@pytest.mark.parametrize(
    ("amounts", "total", "left", "found"),
    [
        ([10, 10, 5], 25, 4, None),
        ([10, 10, 10, 5], 35, 4, Forecast(75, 75, 75)),
        ([0, 20, 10, 0], 30, 4, Forecast(50, 70, 90)),
        ([-10, -20, -10, 0], 5, 9, Forecast(0, 0, 17)),
    ],
)
def test_the_forecast_is_the_mean_and_spread_of_whole_days(amounts, total, left, found):
    assert forecast_of(amounts, total, left) == found


def test_curves_run_from_the_launch_with_a_band_to_the_deadline_and_never_share_an_axis():
    project, now = launched(compute_minimum_us=10**9)
    money, compute = curves_of(project, now)
    assert (money.kind, compute.kind) == ("money", "compute")
    assert [total for *_, total in money.days] == [1000, 2000, 3000, 4000, 5000, 5000]
    assert money.ending == ("€100", "€100", "€100")
    assert money.points.startswith("0,180 64,160")
    assert money.band == "320,100 640,0 640,0"
    assert [row[1] for row in money.rows] == ["€10"] * 5
    assert compute.days[-1][2] == 0
    assert curves_of(make_project(), now) == []


def test_a_closed_project_has_no_forecast():
    project, now = launched(state="funded")
    assert curves_of(project, now)[0].forecast is None


def test_visits_are_counted_by_source_and_by_nobody(client):
    project = make_project()
    page = project.get_absolute_url()
    for query, referrer in (
        ("?ref=News", ""), ("", "https://www.example.org/a?b"), ("", "http://testserver/discover/"), ("", ""),
        ("?ref=<script>", ""),
    ):  # fmt: skip
        answer = client.get(page + query, headers={"referer": referrer} if referrer else {})
        assert not answer.cookies
    write_down_visits()
    found = {source.name: source.visits for source in sources_of(project, now=timezone.now())}
    assert found == {"news": 1, "example.org": 1, "direct": 2}
    Project.objects.update(deadline_at=timezone.now() + DAY, compute_ends_at=timezone.now() + 2 * DAY)
    onward = f"{reverse('payments:pledge', args=[project.slug])}?ref=news"
    assert onward in client.get(f"{page}?ref=news").content.decode()
    client.force_login(project.creator)
    client.get(page)
    write_down_visits()
    assert ReferralDay.objects.get(source="direct").visits == 2


def test_pledges_follow_their_source_and_sources_are_bounded():
    project = make_project()
    for number in range(70):
        count_visit(project_id=project.pk, source=f"s{number}", now=NOW)
    write_down_visits()
    count_pledge(project=project, source="s1", now=NOW)
    count_pledge(project=project, source="", now=NOW)
    found = sources_of(project, now=NOW)
    assert (found[0].name, found[0].visits, found[0].pledges) == ("s1", 1, 1)
    assert ReferralDay.objects.count() == 61
    assert ReferralDay.objects.get(source="other").visits == 10


def waits_for(person, project):
    may, waits = permissions_of(person, project), waiting_for(project, NOW)
    newest = Payout.objects.filter(project=project).order_by("-requested_at").first()
    return [one.words for one in todo_of(project, may=may, waits=waits, newest_payout=newest, now=NOW)]


def test_what_waits_is_for_who_may_do_it():
    project = make_project(state="changes_requested", story="")
    project.line_comments.create(
        reviewer=make_user(is_reviewer=True), submission=1, paragraph=1, quote="x", words="y", written_at=NOW
    )
    words = waits_for(project.creator, project)
    assert words == ["6 things are missing before the review", "1 comment of reviewers to answer"]
    member = Teammate.objects.create(project=project, user=make_user(), added_at=NOW).user
    assert waits_for(member, project) == []


def test_each_kind_of_work_is_counted_while_it_is_open_and_of_this_project_alone(standin):
    project, other = (make_project(accepts_by_hand=True) for _ in range(2))
    for one in (other, project):
        run = make_run(project=one, name="In trouble")
        TrainingRun.objects.filter(pk=run.pk).update(error="its anchor fell")
        make_run(project=one, name="Well")
        pledge = charged(one)
        reward = one.rewards.create(title="Weights", threshold_minor=1000)
        for number, state in enumerate(("todo", "in_work", "sent", "delivered")):
            one.deliveries.create(
                reward=reward, person=pledge.backer, source=f"t:{one.pk}:{number}", state=state, opened_at=NOW
            )
        for words in ("Why?", "How?"):
            question = one.comments.create(author=pledge.backer, kind="question", body=words, written_at=NOW)
        Comment.objects.filter(pk=question.pk).update(answered_at=NOW)
        for number, words in enumerate(("Kept", "Late", "Early only"), 1):
            output = one.promised_outputs.create(kind="data", description=words, due_on=(NOW - number * DAY).date())
            if words != "Late":
                one.output_releases.create(
                    promise=output, kind="data", title=words, license="MIT", url="https://x.test/", source=output.pk,
                    sha256=f"{number}" * 64, released_at=NOW - 9 * DAY, released_by=one.creator,
                    public_at=NOW - 9 * DAY if words == "Kept" else NOW + DAY,
                )  # fmt: skip
        ComputePledge.objects.filter(pk=promise(one, 5).pk).update(state="offered", welcomed_at=None)
    assert waiting_for(project, NOW) == Waiting(
        disputes=0, line_comments=0, offers=1, broken_runs=1, deliveries=2, owed=3, questions=1, late_outputs=2,
        going_runs=2, stopped_runs=0,
    )  # fmt: skip
    project.state = "delivering"
    assert waits_for(project.creator, project) == [
        "1 offer of GPU time to take", "1 run is in trouble", "2 rewards to deliver", "2 promised outputs are late",
        "1 question to answer",
    ]  # fmt: skip


def test_the_dashboard_shows_as_far_as_the_role_goes(client, django_assert_max_num_queries):
    project, _now = launched(compute_minimum_us=10**9)
    client.force_login(project.creator)
    address = reverse("pages:creator_dashboard", args=[project.slug])
    with django_assert_max_num_queries(22):
        page = client.get(address).content.decode()
    for words in ("Waits for you", "If the last seven days go on", "Where people come from", "Payouts"):
        assert words in page
    member = Teammate.objects.create(project=project, user=make_user(), added_at=NOW).user
    client.force_login(member)
    assert "Payouts" not in client.get(address).content.decode()
    assert client.get(reverse("pages:backers", args=[project.slug])).status_code == 403
    client.force_login(make_user())
    assert client.get(address).status_code == 403


def test_backers_are_filtered_exported_and_named_as_they_want(client):
    project = make_project()
    named = charged(project, is_anonymous=False)
    type(named.backer).objects.filter(pk=named.backer_id).update(name="=Ada")
    hidden = charged(project)
    hours = promise(project, 5)
    client.force_login(project.creator)
    address = reverse("pages:backers", args=[project.slug])
    page = client.get(address).content.decode()
    assert hidden.backer.public_name not in page
    assert "Anonymous" in page
    assert hours.backer.public_name in page
    assert hours.backer.public_name not in client.get(address, {"kind": "money"}).content.decode()
    assert "Nobody matches" in client.get(address, {"standing": "ended"}).content.decode()
    answer = client.get(address, {"format": "csv"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0] == "at,backer,kind,amount,reward,state"
    assert len(lines) == 4
    assert any(",'=Ada," in line for line in lines)
    assert hidden.backer.email not in "".join(lines)


def test_backers_are_paged_by_where_the_last_page_ended_and_the_csv_has_them_all(client, monkeypatch):
    monkeypatch.setattr("pages.creator.views.BACKERS_SHOWN", 2)
    project = make_project()
    for _ in range(3):
        charged(project, is_anonymous=False)
    for _ in range(2):
        promise(project, 5)
    client.force_login(project.creator)
    address, seen = reverse("pages:backers", args=[project.slug]), []
    page = client.get(address)
    while True:
        seen += [(one.kind, one.name, one.at) for one in page.context["backers"]]
        if not page.context["older"]:
            break
        page = client.get(address, {"after": page.context["older"]})
    everyone = b"".join(client.get(address, {"format": "csv"}).streaming_content).decode().splitlines()[1:]
    assert [kind for kind, *_ in seen] == ["money"] * 3 + ["GPU time"] * 2
    assert [line.split(",")[0] for line in everyone] == [at.isoformat() for *_, at in seen]
    assert len(set(seen)) == len(seen) == 5
    for wrong in ("x", "money~now~1", "money~2026-01-01T00:00:00~x", "gold~2026-01-01T00:00:00Z~" + str(project.pk)):
        assert len(client.get(address, {"after": wrong}).context["backers"]) == 2


def test_the_health_of_runs_says_machines_tokens_and_since_when_one_stalls(client):
    project, _now = launched(compute_minimum_us=10**9)
    moment = timezone.now()
    well, stuck = make_run(project=project, name="Well"), make_run(project=project, name="Stuck")
    for run, opened in ((well, moment - timedelta(seconds=5)), (stuck, moment - timedelta(hours=5))):
        Round.objects.create(run=run, index=3, theta_sha256="a" * 64, duration_seconds=60, opened_at=opened)
    worked(well, well.rounds.get(), machine(), 1)
    WorkResult.objects.update(received_at=moment, tokens=7200)
    WorkResult.objects.get().lease.__class__.objects.update(issued_at=moment)
    found = {one.run.name: one for one in health_of(project, moment + timedelta(seconds=1))}
    assert list(found) == ["Stuck", "Well"]
    assert (found["Well"].machines, found["Well"].tokens, found["Well"].stalled_since) == (1, 2.0, None)
    assert (found["Stuck"].machines, found["Stuck"].stalled_since) == (0, moment - timedelta(hours=5))
    client.force_login(project.creator)
    page = client.get(reverse("pages:creator_dashboard", args=[project.slug])).content.decode()
    assert "Tokens a second" in page
    assert "Its anchor is silent: no round moved on in time, since" in page


def news(person):
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("kind", "title"))


def test_a_team_hears_of_pledges_that_come_and_end_and_of_halves_and_wholes_once():
    project = make_project(title="Tidal", funding_minimum=100_00)
    facts = {"project": project, "stage": "pledged", "kind": "money", "now": NOW}
    for source, event, amount in (
        ("p:1", "in", 40_00), ("p:2", "in", 20_00), ("p:2", "more", 50_00), ("p:2", "less", -30_00),
        ("p:2", "out", -40_00), ("p:3", "in", 70_00),
    ):  # fmt: skip
        assert record_contribution(source=source, event=event, amount=amount, **facts)
    assert not record_contribution(source="p:3", event="in", amount=70_00, **facts)
    assert news(project.creator) == [
        ("pledge", "A new pledge to Tidal: €40"), ("pledge", "A new pledge to Tidal: €20"),
        ("goal", "Tidal has half of its minimum in money"), ("goal", "Tidal has its minimum in money"),
        ("pledge", "A pledge to Tidal has ended: €40"), ("pledge", "A new pledge to Tidal: €70"),
    ]  # fmt: skip
    assert set(Notice.objects.values_list("delivery", flat=True)) == {"daily"}
