"""Suspensions, appeals and the audit trail over the API: the site's own services, rights and entries."""

import pytest
from django.utils import timezone

from audit.models import StaffAction
from notices.models import Notice
from tests.api.calling import Caller
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db
WHY = {"reason": "Copied from elsewhere."}


@pytest.fixture
def admin():
    return Caller(make_user(is_staff=True))


@pytest.fixture
def creator():
    return Caller()


@pytest.fixture
def project(creator):
    return make_project(creator=creator.owner, title="Tidal")


def suspend(admin, project, key=None):
    return admin.post(f"staff/projects/{project.slug}/suspend", WHY, key)


def appeal(creator, project, words="It is ours.", key=None):
    return creator.post(f"my/projects/{project.slug}/suspension/appeals", {"words": words}, key)


def deeds():
    return list(StaffAction.objects.order_by("pk").values_list("action", "actor", "subject", "reason"))


def test_an_admin_suspends_with_a_reason_and_lifts_it(admin, project):
    refused = admin.post(f"staff/projects/{project.slug}/suspend", {"reason": " "})
    assert [one["field"] for one in refused.json()["errors"]] == ["reason"]
    done = suspend(admin, project, "k").json()
    assert (done["state"], done["reason"], done["suspended_by"]["id"]) == (
        "suspended", WHY["reason"], admin.owner.pk,
    )  # fmt: skip
    assert suspend(admin, project, "k")["Idempotent-Replayed"] == "true"
    assert suspend(admin, project).status_code == 409
    assert admin.get(f"staff/projects/{project.slug}/suspension").json() == done
    lifted = admin.post(f"staff/projects/{project.slug}/reinstate", {"reason": "A mistake."}).json()
    assert (lifted["state"], lifted["is_suspended"], "suspended_by" in lifted) == ("live", False, False)
    subject = f"project:{project.pk}"
    assert deeds() == [
        ("suspend_project", admin.owner.pk, subject, WHY["reason"]),
        ("reinstate_project", admin.owner.pk, subject, "A mistake."),
    ]
    assert Notice.objects.filter(person=project.creator, title="Tidal is suspended").count() == 1


def test_nobody_suspends_their_own(project):
    owner = project.creator
    owner.is_staff = True
    owner.save()
    assert suspend(Caller(owner), project).json()["detail"].startswith("Nobody acts on their own")


def test_the_creator_reads_why_and_appeals_once(admin, creator, project):
    path = f"my/projects/{project.slug}/suspension"
    assert creator.get(path).json()["is_suspended"] is False
    assert appeal(creator, project).status_code == 409
    suspend(admin, project)
    found = creator.get(path).json()
    assert (found["reason"], found["may_appeal"], found["appeals"]) == (WHY["reason"], True, [])
    made = appeal(creator, project, key="k")
    assert (made.status_code, made.json()["may_appeal"]) == (201, False)
    assert [one["words"] for one in made.json()["appeals"]] == ["It is ours."]
    assert appeal(creator, project, key="k").json() == made.json()
    # One that waits stays, whatever comes after it.
    assert appeal(creator, project, "Other words.").json() == made.json()


def test_others_learn_nothing_of_a_suspension(admin, creator, project):
    suspend(admin, project)
    number = appeal(creator, project).json()["appeals"][0]["id"]
    teammate, reviewer = make_user(), make_user(is_reviewer=True)
    project.teammates.create(user=teammate, added_at=timezone.now())
    mine, staff = f"my/projects/{project.slug}/suspension", f"staff/projects/{project.slug}"
    for other in (Caller(teammate), Caller(reviewer), admin):
        assert other.get(mine).status_code == 404
        assert other.post(f"{mine}/appeals", {"words": "x"}).status_code == 404
    for other in (Caller(teammate), Caller(reviewer), creator):
        asked = [other.get(path) for path in (f"{staff}/suspension", "staff/appeals", "staff/actions")]
        asked += [other.get(f"staff/appeals/{number}"), other.post(f"{staff}/reinstate", WHY)]
        asked.append(other.post(f"staff/appeals/{number}/decision", {"is_granted": True, "answer": "x"}))
        assert [answer.status_code for answer in asked] == [404] * 6
    without = Caller(admin.owner, ["account:read", "projects:write"])
    assert without.get("staff/actions").status_code == without.post(f"{staff}/reinstate", WHY).status_code == 403


@pytest.mark.parametrize("is_granted", [True, False])
def test_another_admin_decides(admin, creator, project, is_granted):
    state, deed = ("live", "grant_appeal") if is_granted else ("suspended", "deny_appeal")
    suspend(admin, project)
    number = appeal(creator, project).json()["appeals"][0]["id"]
    path, decision = f"staff/appeals/{number}/decision", {"is_granted": is_granted, "answer": "We looked."}
    assert admin.post(path, decision).json()["detail"].startswith("Another admin than")
    other = Caller(make_user(is_staff=True))
    (waiting,) = other.get("staff/appeals").json()["items"]
    assert (waiting["id"], waiting["project"], waiting["decided_by"]) == (number, project.slug, None)
    done = other.post(path, decision, "k").json()
    assert (done["is_granted"], done["decided_by"]["id"]) == (is_granted, other.owner.pk)
    assert other.post(path, decision, "k").json() == done
    assert other.post(path, decision).status_code == 409
    project.refresh_from_db()
    assert project.state == state
    assert deeds()[-1] == (deed, other.owner.pk, f"project:{project.pk}", "We looked.")
    assert other.get("staff/appeals").json()["items"] == []
    assert [one["id"] for one in other.get("staff/appeals?state=decided").json()["items"]] == [number]
    told = creator.get(f"my/projects/{project.slug}/suspension").json()
    assert (told["appeals"][0]["answer"], told["may_appeal"]) == ("We looked.", False)


def test_what_staff_did_is_searched(admin, project, django_assert_max_num_queries):
    suspend(admin, project)
    other = Caller(make_user(is_staff=True))
    other.post(f"staff/projects/{project.slug}/reinstate", {"reason": "A mistake."})

    def found(query=""):
        answer = admin.get(f"staff/actions?{query}")
        return [row["action"] for row in answer.json()["items"]]

    today = timezone.now().date()
    assert found() == ["reinstate_project", "suspend_project"]
    assert found("action=suspend_project") == found("words=Copied") == ["suspend_project"]
    assert found(f"actor={other.owner.email}") == ["reinstate_project"]
    assert found(f"subject=project:{project.pk}") == found(f"since={today}&until={today}") == found()
    assert found("subject=pledge") == found("until=2020-01-01") == []
    assert admin.get("staff/actions?since=yesterday").json()["errors"][0]["field"] == "since"
    first = admin.get("staff/actions?limit=1").json()
    (last,) = admin.get(first["next"].partition("/api/v1/")[2]).json()["items"]
    assert (last["actor"], last["details"]["from"]) == (
        {"id": admin.owner.pk, "name": admin.owner.public_name}, "live",
    )  # fmt: skip
    with django_assert_max_num_queries(4):
        admin.get("staff/actions")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert admin.ask(method, "staff/actions").status_code == 405
