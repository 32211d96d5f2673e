"""Seeing the site as a person, and appeals against suspensions."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import ActingSession, StaffAction
from notices.models import Notice
from notices.sweep import send_due
from payments.services.appealing import decide_appeal, open_appeal
from payments.services.moving import move_project
from projects.errors import AppealRefused
from projects.following import follow_project
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import promise

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    admin = make_user(is_staff=True)
    client.force_login(admin)
    return admin


def see_as(client, person, reason="They cannot find their pledge."):
    return client.post(reverse("pages:begin_acting", args=[person.pk]), {"reason": reason}, follow=True)


def test_an_admin_sees_a_persons_pages_with_a_banner_and_changes_nothing(client, admin):
    project = make_project(state="draft")
    page = see_as(client, project.creator).content.decode()
    assert f"You see the site as {project.creator.public_name}" in page
    assert project.title in client.get("/projects/mine/").content.decode()
    assert client.get(reverse("pages:dashboard")).status_code == 403
    refused = client.post(reverse("projects:submit", args=[project.slug]))
    assert refused.status_code == 403
    assert "Nothing can be changed" in refused.content.decode()
    assert client.get("/accounts/2fa/").status_code == 403
    project.refresh_from_db()
    assert project.state == "draft"
    assert client.post(reverse("pages:end_acting")).url == reverse("pages:acting_person", args=[project.creator_id])
    assert client.get(reverse("pages:dashboard")).status_code == 200
    deeds = list(StaffAction.objects.order_by("pk").values_list("action", "subject", "actor"))
    subject = f"user:{project.creator_id}"
    assert deeds == [("see_as", subject, admin.pk), ("see_as_ended", subject, admin.pk)]


def test_it_is_over_after_half_an_hour_and_with_the_rights(client, admin):
    person = make_user()
    for change in (
        lambda: ActingSession.objects.update(ends_at=timezone.now()),
        lambda: ActingSession.objects.update(ended_at=timezone.now()),
    ):
        see_as(client, person)
        assert "You see the site as" in client.get("/").content.decode()
        change()
        page = client.get("/").content.decode()
        assert "You see the site as" not in page
        assert admin.public_name in page
    assert ActingSession.objects.first().ends_at - ActingSession.objects.first().started_at <= timedelta(minutes=30)


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_reviewer": True}, {"is_active": False}])
def test_nobody_with_rights_and_no_closed_account_is_seen_as(client, admin, fields):
    page = see_as(client, make_user(**fields)).content.decode()
    assert "You see the site as" not in page
    assert not ActingSession.objects.exists()


def test_a_reason_is_needed_and_only_admins_do_it(client, admin):
    assert "Say why" in see_as(client, make_user(), " ").content.decode()
    assert "Only an admin" in see_as(client, admin).content.decode()
    client.force_login(make_user(is_reviewer=True))
    assert see_as(client, make_user()).status_code == 403
    assert not ActingSession.objects.exists()


def test_who_comes_too_late_reads_that_it_is_decided_and_loses_no_word(client, suspended):
    project, _ = suspended
    made = appeal(project)
    first, second = make_user(is_staff=True), make_user(is_staff=True)
    address = reverse("pages:suspension_appeal", args=[made.pk])
    client.force_login(first)
    assert client.post(address, {"decision": "maybe", "answer": "Hm."}).status_code == 422
    assert client.post(address, {"decision": "grant", "answer": "It is theirs."}).status_code == 302
    client.force_login(second)
    late = client.post(address, {"decision": "deny", "answer": "Words of mine."})
    page = late.content.decode()
    assert late.status_code == 422
    assert "This appeal is decided already." in page
    assert "It is theirs." in page
    assert "Words of mine." in page


@pytest.fixture
def suspended():
    project, by = make_project(), make_user(is_staff=True)
    move_project(project_id=project.pk, deed="suspend", by=by, reason="Copied from elsewhere.", now=NOW)
    project.refresh_from_db()
    return project, by


def appeal(project, by=None, words="It is ours."):
    return open_appeal(project_id=project.pk, by=by or project.creator, words=words, now=NOW)


def told(person):
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("kind", "title", "body", "path"))


def test_a_suspension_is_told_to_each_with_what_is_theirs_to_know(mailoutbox):
    project, by, follower = make_project(title="Tidal"), make_user(is_staff=True), make_user()
    backer = promise(project, 5).backer
    follow_project(user=follower, project=project, wants=True, now=NOW)
    Notice.objects.all().delete()
    move_project(project_id=project.pk, deed="suspend", by=by, reason="Copied from elsewhere.", now=NOW)
    page = f"/projects/{project.slug}/"
    said = "Nothing is charged or paid out while it lasts."
    assert told(project.creator) == [("review", "Tidal is suspended", "Copied from elsewhere.", f"{page}suspension/")]
    assert told(backer) == [("project_changed", "Tidal is suspended", said, "")]
    assert told(follower) == [("project_followed", "Tidal is suspended", said, "")]
    Notice.objects.all().delete()
    later = NOW + timedelta(hours=1)
    move_project(project_id=project.pk, deed="reinstate", by=by, reason="It is theirs.", now=later)
    assert told(project.creator) == [("review", "Tidal is no longer suspended", "It is theirs.", page)]
    assert told(backer) == [("project_changed", "Tidal is no longer suspended", "", page)]
    send_due(now=later)
    mails = {mail.to[0]: mail.subject for mail in mailoutbox}
    assert mails == {person.email: "Tidal is no longer suspended" for person in (project.creator, backer)}


def test_a_project_that_staff_cancels_says_everyone_what_was_written_for_everyone():
    project, by = make_project(title="Tidal"), make_user(is_staff=True)
    backer = promise(project, 5).backer
    Notice.objects.all().delete()
    move_project(
        project_id=project.pk, deed="cancel", by=by, reason="Fraud, file 7.", public="It breaks our rules.", now=NOW
    )
    for person in (project.creator, backer):
        assert [row[1:3] for row in told(person)] == [("Tidal is canceled", "It breaks our rules.")]


def test_whoever_opens_a_suspended_project_is_told_that_it_is(client, suspended):
    project, _ = suspended
    page = client.get(project.get_absolute_url())
    assert (page.status_code, "This project is suspended while" in page.content.decode()) == (404, True)
    assert "suspended" not in client.get("/projects/never-was/").content.decode()
    draft = make_project(state="draft")
    assert "There is no such project." in client.get(draft.get_absolute_url()).content.decode()


def test_the_creator_reads_why_and_appeals_once(client, suspended):
    project, by = suspended
    client.force_login(project.creator)
    assert reverse("pages:suspension", args=[project.slug]) in client.get(project.get_absolute_url()).content.decode()
    address = reverse("pages:suspension", args=[project.slug])
    assert "Copied from elsewhere." in client.get(address).content.decode()
    assert client.post(address, {"words": ""}).status_code == 422
    page = client.post(address, {"words": "It is ours."}, follow=True).content.decode()
    assert "Your appeal waits" in page
    assert "<textarea" not in page
    assert appeal(project) == project.suspension_appeals.get()
    client.force_login(by)
    assert project.title in client.get(reverse("projects:reports")).content.decode()


def test_nobody_tied_to_the_project_decides_and_the_other_admins_hear_of_it(suspended):
    tied, free = make_user(is_staff=True), make_user(is_staff=True)
    project, suspender = suspended
    project.teammates.create(user=tied, added_at=NOW)
    waiting = appeal(project)
    with pytest.raises(AppealRefused, match="team"):
        decide_appeal(appeal_id=waiting.pk, by=tied, is_granted=False, answer="x", now=NOW)
    assert Notice.objects.filter(person=free, kind="queue", key=f"appealed:{waiting.pk}").exists()
    assert not Notice.objects.filter(person__in=(suspender, tied), kind="queue").exists()


def test_another_admin_decides_and_the_creator_is_told(suspended):
    project, by = suspended
    other = make_user(is_staff=True)
    found = appeal(project)
    for person in (by, make_user(is_reviewer=True)):
        with pytest.raises(AppealRefused, match="Another admin"):
            decide_appeal(appeal_id=found.pk, by=person, is_granted=True, answer="x", now=NOW)
    decide_appeal(appeal_id=found.pk, by=other, is_granted=True, answer="It is theirs.", now=NOW)
    project.refresh_from_db()
    assert project.state == "live"
    said = [row[1:3] for row in told(project.creator)]
    assert said == [
        (f"{project.title} is suspended", "Copied from elsewhere."),
        (f"{project.title}: your appeal is granted", "It is theirs."),
    ]
    assert set(StaffAction.objects.filter(actor=other).values_list("action", flat=True)) == {
        "reinstate_project", "grant_appeal",
    }  # fmt: skip


def test_a_denied_appeal_is_the_last_of_its_suspension(client, suspended):
    project, _ = suspended
    found = appeal(project)
    client.force_login(make_user(is_staff=True))
    address = reverse("pages:suspension_appeal", args=[found.pk])
    assert client.post(address, {"answer": "", "decision": "deny"}).status_code == 422
    assert client.post(address, {"answer": "It is not.", "decision": "deny"}).status_code == 302
    project.refresh_from_db()
    assert project.state == "suspended"
    with pytest.raises(AppealRefused, match="decided on this suspension already"):
        appeal(project)
    with pytest.raises(AppealRefused, match="Only the creator"):
        appeal(project, make_user())


def test_staff_actions_are_found_by_words_of_the_reason(client, suspended):
    client.force_login(suspended[1])
    address = reverse("pages:actions")
    assert "Copied from elsewhere." in client.get(address, {"words": "copied"}).content.decode()
    assert "Copied from elsewhere." not in client.get(address, {"words": "stolen"}).content.decode()
