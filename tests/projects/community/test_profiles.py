"""Public pages of people: what they chose, what they made, and never what they hide."""

import pytest

from compute_pledges.standing.listing import choose_listing
from pages.erasing import erase_person
from projects.community.comments import Place, write_comment
from projects.community.notes import publish_note
from projects.community.profiles import choose_profile, read_person
from projects.models import Comment, Profile
from tests.factories.backing import backs, lends
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


def chose(user, **fields):
    fields = {"name": user.name, "about": "", "links": [], "shows_backed": False, "may_be_found": False, **fields}
    choose_profile(user=user, now=NOW, **fields)


def test_nobody_has_a_page_who_published_nothing(client):
    user = make_user()
    assert client.get(f"/people/{user.pk}/").status_code == 404
    chose(user, about="I *train*.")
    assert "<em>train</em>" in client.get(f"/people/{user.pk}/").content.decode()
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(f"/people/{user.pk}/").status_code == 404


def test_the_page_shows_what_was_made_and_its_history(client):
    project = make_project(state="funded")
    make_project(creator=project.creator, state="draft", title="Hidden draft")
    project.transitions.create(source="collecting", target="funded", happened_at=NOW)
    publish_note(project=project, author=project.creator, title="Week 1", body="x", now=NOW)
    publish_note(project=project, author=project.creator, title="Inner", body="x", audience="backers", now=NOW)
    page = client.get(f"/people/{project.creator_id}/").content.decode()
    assert (project.title in page, "Week 1" in page, ": funded" in page) == (True, True, True)
    assert ("Hidden draft" in page, "Inner" in page, "noindex" in page) == (False, False, True)


def test_what_one_backs_is_shown_if_chosen_and_never_what_is_anonymous():
    user = make_user()
    chose(user)
    shown, hidden, lent = make_project(), make_project(), make_project()
    backs(shown, user, is_anonymous=False)
    backs(hidden, user, is_anonymous=True)
    lends(lent, user)
    assert read_person(user_id=user.pk).backed == []
    chose(user, shows_backed=True)
    assert {project.pk for project in read_person(user_id=user.pk).backed} == {shown.pk, lent.pk}
    choose_listing(user=user, hidden=True, now=NOW)
    assert {project.pk for project in read_person(user_id=user.pk).backed} == {shown.pk}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"links": "javascript:alert(1)"}, "no address of a page"),
        ({"links": "\n".join(f"https://e{n}.example/" for n in range(6))}, "At most five"),
        ({"name": "a\u202eb"}, "cannot be shown"),
    ],
)
def test_what_cannot_be_shown_is_refused_and_kept(client, typed, says):
    client.force_login(make_user())
    answer = client.post("/people/me/", {"about": "my words", **typed})
    page = answer.content.decode()
    assert (answer.status_code, says in page, "my words" in page) == (422, True, True)


def test_choices_are_kept(client):
    user = make_user()
    client.force_login(user)
    form = {"name": " Ana  B ", "about": "x", "links": "https://a.example/\n", "may_be_found": "on"}
    assert client.post("/people/me/", form)["Location"] == f"/people/{user.pk}/"
    kept = Profile.objects.get()
    assert (kept.user.name, kept.links, kept.may_be_found, kept.shows_backed) == (
        "Ana B", ["https://a.example/"], True, False,
    )  # fmt: skip
    assert "noindex" not in client.get(f"/people/{user.pk}/").content.decode()


def test_an_erased_person_leaves_no_words(standin):
    user, project = make_user(), make_project()
    chose(user, about="me")
    write_comment(place=Place(project), author=user, body="My words.", now=NOW)
    erase_person(user=user, now=NOW)
    comment = Comment.objects.get()
    assert (comment.body, comment.deleted_at, Profile.objects.count()) == ("", NOW, 0)
