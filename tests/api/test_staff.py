"""What staff does over the API: reviewing and looking at reports, as far as the account may."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments.services.appealing import open_appeal
from payments.services.moving import move_project
from projects.editing import submit
from projects.models import Report, Review
from projects.review.points import POINTS
from projects.trust.reporting import report
from projects.trust.targets import find_target
from tests.api.calling import Caller
from tests.factories.people import complete, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    now = timezone.now()
    found = complete(
        make_project(state="draft", deadline_at=now + timedelta(days=20), compute_ends_at=now + timedelta(days=60))
    )
    submit(project=found, actor=found.creator, now=timezone.now())
    return found


def reviewer(organization):
    return Caller(make_user(is_reviewer=True, organization=organization))


def approval():
    return {
        "decision": "approve",
        "points": [{"point": key, "verdict": "holds", "evidence": "x"} for key, *_ in POINTS],
    }


def test_two_organizations_review_a_project(project):
    one, two = reviewer("A"), reviewer("B")
    (waiting,) = one.get("staff/reviews").json()["items"]
    assert (waiting["project"], waiting["taken_by"], waiting["is_mine"]) == (project.slug, [], False)
    path = f"staff/reviews/{project.slug}"
    taken = one.ask("PUT", f"{path}/claim").json()
    assert [who["id"] for who in taken["taken_by"]] == [one.owner.pk]
    assert reviewer("A").ask("PUT", f"{path}/claim").status_code == 409
    line = taken["parts"][0]["lines"][0]
    said = one.post(f"{path}/comments", {"part": "story", "line": line["line"], "words": "Which corpus?"})
    assert (said.status_code, said.json()["words"]) == (201, "Which corpus?")
    assert one.get(path).json()["parts"][0]["lines"][0]["comments"][0]["words"] == "Which corpus?"
    assert one.post(f"{path}/decisions", approval()).json()["state"] == "in_review"
    assert two.post(f"{path}/decisions", approval()).json()["state"] == "approved"
    assert one.get("staff/reviews").json()["items"] == []


def test_the_team_reads_what_was_said_and_answers_it(project):
    one, path = reviewer("A"), f"staff/reviews/{project.slug}"
    said = one.post(f"{path}/comments", {"part": "story", "line": 1, "words": "Which corpus?"}).json()
    one.post(f"{path}/decisions", {"decision": "request_changes", "reasons": "Name every source."})
    team, mine = Caller(project.creator), f"my/projects/{project.slug}/review"
    found = team.get(mine).json()
    assert [said["reasons"] for said in found["reviews"]] == ["Name every source."]
    assert found["state"] == "changes_requested"
    assert found["parts"][0]["lines"][0]["comments"] == [said]
    done = team.ask("PUT", f"{mine}/comments/{said['id']}/answer", {"answer": "The Stack."}).json()
    assert (done["answer"], bool(done["answered_at"])) == ("The Stack.", True)
    for other in (Caller(), one):
        assert other.get(mine).status_code == 404
        assert other.ask("PUT", f"{mine}/comments/{said['id']}/answer").status_code == 404
    elsewhere = Caller(make_project().creator)
    path = f"my/projects/{elsewhere.owner.projects.get().slug}/review/comments/{said['id']}/answer"
    assert elsewhere.ask("PUT", path).status_code == 404


def test_a_draft_is_its_teams_alone(client):
    draft, one = make_project(state="draft"), reviewer("A")
    path = f"staff/reviews/{draft.slug}"
    asked = [one.get(path), one.ask("PUT", f"{path}/claim"), one.post(f"{path}/decisions", approval())]
    asked.append(one.post(f"{path}/comments", {"line": 1, "words": "x"}))
    client.force_login(one.owner)
    asked += [client.get(f"/review/{draft.slug}/"), client.post(f"/review/{draft.slug}/take/")]
    assert {answer.status_code for answer in asked} == {404}


def test_who_shares_a_house_with_the_team_is_tied_in_the_list_too(project):
    project.creator.organization = "Lab  One"
    project.creator.save()
    assert reviewer("lab one").get("staff/reviews").json()["items"][0]["is_tied"]
    assert not reviewer("A").get("staff/reviews").json()["items"][0]["is_tied"]


@pytest.mark.parametrize("path", ["staff/reviews", "staff/reports", "staff/appeals", "staff/actions"])
def test_staffs_lists_take_as_many_queries_for_many_rows_as_for_one(path):
    now, staff, asked = timezone.now(), Caller(make_user(is_staff=True, is_reviewer=True)), []
    staff.get("me")  # Its last use is noted once a minute.
    for size in (1, 9):
        for _ in range(size):
            waiting, stopped = make_project(state="in_review"), make_project()
            waiting.teammates.create(user=make_user(), added_at=now)
            waiting.review_claims.create(reviewer=make_user(is_reviewer=True), claimed_at=now)
            report(target=find_target("project", stopped.pk), reporter=make_user(), reason="spam", words="x", now=now)
            move_project(project_id=stopped.pk, deed="suspend", by=make_user(is_staff=True), reason="x", now=now)
            open_appeal(project_id=stopped.pk, by=stopped.creator, words="x", now=now)
        with CaptureQueriesContext(connection) as made:
            assert len(staff.get(path).json()["items"]) >= size
        asked.append(len(made))
    assert asked[0] == asked[1] <= 9


def test_a_claim_is_given_back(project):
    one = reviewer("A")
    one.ask("PUT", f"staff/reviews/{project.slug}/claim")
    assert one.ask("DELETE", f"staff/reviews/{project.slug}/claim").json()["taken_by"] == []


def test_an_approval_has_looked_at_everything_and_a_refusal_says_why(project):
    one, path = reviewer("A"), f"staff/reviews/{project.slug}/decisions"
    assert one.post(path, {"decision": "approve"}).status_code == 409
    assert one.post(path, {"decision": "request_changes"}).json()["errors"][0]["field"] == "reasons"
    done = one.post(path, {"decision": "request_changes", "canned": ["data"], "reasons": "And more."})
    assert done.json()["state"] == "changes_requested"
    assert Review.objects.get().reasons.endswith("\nAnd more.")


@pytest.mark.parametrize("scopes", [["account:read", "projects:write"], ["staff:write"]])
def test_who_is_no_reviewer_or_lacks_the_scope_learns_nothing(project, scopes):
    caller = Caller(project.creator, scopes)
    answers = {
        caller.get(path).status_code for path in ("staff/reviews", f"staff/reviews/{project.slug}", "staff/reports")
    }
    assert answers == ({404} if "staff:write" in scopes else {403})


def test_a_report_is_taken_and_closed(project):
    reporter, admin = make_user(), Caller(make_user(is_staff=True))
    live = make_project()
    found = Report.objects.create(
        target="project", target_id=live.pk, reporter=reporter, reason="spam", words="x", reported_at=timezone.now()
    )
    (row,) = admin.get("staff/reports").json()["items"]
    assert (row["id"], row["state"], row["handler"], row["reporter"]["id"]) == (found.pk, "open", None, reporter.pk)
    path = f"staff/reports/{found.pk}"
    assert admin.ask("PUT", f"{path}/claim").json()["handler"]["id"] == admin.owner.pk
    other = reviewer("A")
    assert other.ask("PUT", f"{path}/claim").status_code == 409
    closed = admin.post(f"{path}/close", {"outcome": "nothing", "words": "Quotes with sources."}).json()
    assert (closed["state"], closed["title"]) == ("closed", live.title)
    assert admin.get("staff/reports").json()["items"] == []
    assert len(admin.get("staff/reports?state=closed").json()["items"]) == 1
