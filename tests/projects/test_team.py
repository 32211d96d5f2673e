"""A project's team: invited by mail, joined by accepting, with what each role may do."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from compute_pledges.services import run_states
from notices.kinds import Delivery, Kind
from notices.models import Notice
from notices.services import choose
from notices.sweep import send_due
from projects import teammates
from projects.errors import TeamRefused
from projects.models import Role, TeamInvitation, Teammate
from projects.roles import PERMISSIONS, can, people_who_can, permissions_of, projects_of
from projects.team_mail import mail_invitations
from tests.factories.compute import make_run
from tests.factories.payments import pledged
from tests.factories.people import NOW, complete, make_project, make_user
from tests.factories.pledges import promise

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(state="draft")


def invited(project, person, role=Role.CO_CREATOR, now=NOW):
    return teammates.invite(project=project, by=project.creator, email=person.email, role=role, now=now)


def joined(project, role=Role.CO_CREATOR):
    person = make_user()
    teammates.answer_invitation(invitation=invited(project, person, role), user=person, accepts=True, now=NOW)
    return person


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_the_table_says_and_the_creator_everything(project, role):
    mate = joined(project, role)
    assert permissions_of(mate, project) == PERMISSIONS[role]
    assert not {"launch", "team", "money"} & PERMISSIONS[role]
    assert PERMISSIONS[role] < permissions_of(project.creator, project)
    assert can(mate, project, "see")
    assert not can(make_user(), project, "see")
    assert not can(None, project, "see")


def test_whoever_left_may_nothing_and_an_inactive_account_neither(project):
    mate = joined(project)
    mate.is_active = False
    assert permissions_of(mate, project) == frozenset()
    mate.is_active = True
    teammates.remove_teammate(project=project, by=mate, user_id=mate.pk, now=NOW)
    assert permissions_of(mate, project) == frozenset()
    assert not Teammate.objects.exists()


def test_after_the_launch_a_former_teammate_still_fills_no_minimum(project):
    mate = joined(project)
    type(project).objects.update(state="live", launched_at=NOW)
    teammates.remove_teammate(project=project, by=project.creator, user_id=mate.pk, now=NOW)
    assert permissions_of(mate, project) == frozenset()
    assert teammates.team_ids(project) == [project.creator_id, mate.pk]


def test_an_invitation_is_mailed_once_and_answered_by_its_address_alone(client, project):
    address = "ana@elsewhere.example"
    invitation = teammates.invite(
        project=project, by=project.creator, email=address, role=Role.WRITER, now=timezone.now()
    )
    assert (mail_invitations(now=NOW), mail_invitations(now=NOW)) == (1, 0)
    assert mail.outbox[0].to == [address]
    person = make_user()
    type(person).objects.filter(pk=person.pk).update(email=address)
    assert invitation.get_absolute_url() in mail.outbox[0].body
    assert "as writer" in mail.outbox[0].body
    address = invitation.get_absolute_url()
    client.force_login(make_user())
    assert client.post(address, {"answer": "accept"}).status_code == 404
    client.force_login(person)
    assert "Edits the project" in client.get(address).content.decode()
    assert client.post(address, {"answer": "accept"}).url == project.get_absolute_url()
    assert client.post(address, {"answer": "accept"}).status_code == 302  # A double click.
    assert list(project.teammates.values_list("user_id", "role")) == [(person.pk, "writer")]
    assert client.get(project.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("of_account", "of_page", "greeted"), [("de", "en", "lädt"), ("", "fr", "invite"), ("en", "de", "invites")]
)
def test_an_invitation_speaks_the_language_of_its_account_else_of_the_page(
    client, project, of_account, of_page, greeted
):
    address = make_user(language=of_account).email if of_account else "nobody.yet@test.example"
    client.force_login(project.creator)
    client.cookies["django_language"] = of_page
    sent = client.post(reverse("projects:team", args=[project.slug]), {"email": address, "role": "writer"})
    now = timezone.now() + timedelta(days=1)
    assert (sent.status_code, mail_invitations(now=now) + send_due(now=now)) == (302, 1)
    found = mail.outbox[0]
    assert greeted in found.subject.split()
    assert greeted in found.body.split()
    assert "text/html" in [kind for _, kind in found.alternatives]


def test_an_invited_account_finds_it_on_the_page_and_gets_one_mail(project):
    person, muted = make_user(), make_user()
    choose(person=muted, choices={Kind.TEAM: Delivery.PAGE})
    invitation = invited(project, person, Role.WRITER)
    invited(project, muted)
    assert mail_invitations(now=NOW) == 0
    found = Notice.objects.get(person=person)
    assert (found.title, found.path) == (
        f"{project.creator.public_name} invites you to the team of {project.title}", invitation.get_absolute_url(),
    )  # fmt: skip
    assert "as writer" in found.body
    assert Notice.objects.filter(person=muted).count() == 1
    assert (send_due(now=NOW), [sent.to for sent in mail.outbox]) == (1, [[person.email]])


@pytest.mark.parametrize(("accepts", "said"), [(True, "joined the team of"), (False, "does not join")])
def test_the_creator_is_told_who_answered(project, accepts, said):
    person = make_user()
    teammates.answer_invitation(invitation=invited(project, person), user=person, accepts=accepts, now=NOW)
    found = Notice.objects.get(person=project.creator)
    assert found.title.startswith(f"{person.public_name} {said}")
    assert found.path == reverse("projects:team", args=[project.slug])


def test_a_mail_that_fails_is_tried_again(project, monkeypatch):
    teammates.invite(project=project, by=project.creator, email="ana@elsewhere.example", role=Role.WRITER, now=NOW)

    def fail(*_):
        raise OSError("away")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMultiAlternatives.send", fail)
        assert mail_invitations(now=NOW) == 0
    assert mail_invitations(now=NOW) == 0
    assert mail_invitations(now=NOW + timedelta(minutes=11)) == 1


def test_declined_taken_back_and_expired_invitations_let_nobody_in(project):
    declined, back, late = make_user(), make_user(), make_user()
    one, two, three = (invited(project, person) for person in (declined, back, late))
    teammates.answer_invitation(invitation=one, user=declined, accepts=False, now=NOW)
    teammates.withdraw_invitation(project=project, by=project.creator, invitation_id=str(two.pk), now=NOW)
    for invitation, user, now in ((one, declined, NOW), (two, back, NOW), (three, late, NOW + timedelta(days=31))):
        with pytest.raises(TeamRefused, match=r"not open|expired"):
            teammates.answer_invitation(invitation=invitation, user=user, accepts=True, now=now)
    assert not Teammate.objects.exists()
    assert invited(project, declined).pk != one.pk
    again = teammates.invite(
        project=project, by=project.creator, email=late.email, role=Role.WRITER, now=NOW + timedelta(days=40)
    )
    assert again.pk != three.pk


def test_inviting_twice_changes_the_open_offer(project):
    person = make_user()
    first = invited(project, person)
    assert invited(project, person, Role.TRAINER).pk == first.pk
    assert TeamInvitation.objects.get().role == "trainer"


def test_only_the_creator_names_and_nobody_is_named_twice(client, project):
    mate = joined(project)
    refusals = [
        (project.creator, project.creator.email, "belong to the team"), (project.creator, mate.email, "already"),
        (mate, "x@test.example", "Only the project's creator"),
    ]  # fmt: skip
    for by, email, words in refusals:
        with pytest.raises(TeamRefused, match=words):
            teammates.invite(project=project, by=by, email=email, role=Role.MEMBER, now=NOW)
    with pytest.raises(TeamRefused, match="Only"):
        teammates.remove_teammate(project=project, by=mate, user_id=project.creator_id, now=NOW)


def test_whoever_has_pledged_withdraws_before_joining(standin):
    project = make_project()
    money, hours = pledged(project).backer, promise(project, 5).backer
    for person in (money, hours):
        with pytest.raises(TeamRefused, match="You back this project"):
            teammates.answer_invitation(invitation=invited(project, person), user=person, accepts=True, now=NOW)


def test_money_of_the_team_never_counts(standin):
    project = make_project()
    for backer in (joined(project), project.creator):
        assert pledged(project, backer=backer).state == "active"
    assert not project.contributions.exists()
    pledged(project, amount=700)
    assert [row.amount for row in project.contributions.all()] == [700]


def test_the_teams_page_invites_keeps_what_was_typed_and_changes_roles(client, project):
    address = reverse("projects:team", args=[project.slug])
    client.force_login(project.creator)
    refused = client.post(address, {"email": "not an address", "role": "writer"})
    assert refused.status_code == 422
    assert "not an address" in refused.content.decode()
    assert client.post(address, {"email": "New@Test.Example", "role": "writer"}, follow=True).status_code == 200
    assert "new@test.example" in client.get(address).content.decode()
    mate = joined(project)
    client.post(reverse("projects:change_role", args=[project.slug, mate.pk]), {"role": "trainer"})
    assert project.teammates.get().role == "trainer"
    client.post(reverse("projects:change_role", args=[project.slug, mate.pk]), {"role": "emperor"})
    assert project.teammates.get().role == "trainer"
    client.force_login(mate)
    assert mate.email not in client.get(address).content.decode()
    assert client.post(reverse("projects:remove_teammate", args=[project.slug, mate.pk])).url == "/projects/mine/"
    assert not project.teammates.exists()


def test_a_co_creator_does_the_projects_work_and_is_no_payee(client):
    project = make_project()
    mate, trainer = joined(project), joined(project, Role.TRAINER)
    assert list(projects_of(mate)) == [project] == list(projects_of(project.creator))
    assert people_who_can(project, "run") == [project.creator_id, mate.pk, trainer.pk]
    assert run_states.may_control(make_run(project=project), trainer)
    client.force_login(mate)
    assert project.title in client.get("/projects/mine/").content.decode()
    note = {"title": "Week 1", "body": "It learns."}
    assert client.post(reverse("projects:write_note", args=[project.slug]), note).status_code == 302
    assert client.get(reverse("payments:payouts", args=[project.slug])).status_code == 403
    client.force_login(trainer)
    assert client.get(reverse("projects:edit", args=[project.slug])).status_code == 403
    page = client.get(project.get_absolute_url()).content.decode()
    assert "Declare a training run" in page
    assert "Money plan" not in page
    assert mate.public_name in page


def test_an_erased_account_is_on_no_team_and_named_by_no_invitation(project):
    mate = joined(project)
    invited(make_project(), mate)
    type(project).objects.filter(pk=project.pk).update(launched_at=NOW)
    teammates.part_from_teams(user=mate, now=NOW)
    assert permissions_of(mate, project) == frozenset()
    assert not TeamInvitation.objects.filter(email=mate.email).exists()


@pytest.mark.parametrize(("role", "hands_in"), [(Role.CO_CREATOR, True), (Role.WRITER, False)])
def test_handing_in_is_offered_to_whoever_may(client, project, role, hands_in):
    complete(project)
    soon = timezone.now() + timedelta(days=30)
    type(project).objects.update(deadline_at=soon, compute_ends_at=soon)
    client.force_login(joined(project, role))
    page = client.get(reverse("projects:edit", args=[project.slug])).content.decode()
    assert ("Hand in for review" in page, "or a co-creator, hands it in" in page) == (hands_in, not hands_in)
    todo = client.get(reverse("pages:creator_dashboard", args=[project.slug])).content.decode()
    assert ("hand it in for review" in todo) == hands_in
