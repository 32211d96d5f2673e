import pytest

from projects.errors import FollowRefused
from projects.following import MOST_FOLLOWED, follow_creator, follow_project, followers_of
from projects.models import ProjectFollow
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


def test_followers_are_who_follows_the_project_or_its_creator_each_once():
    project, one, both, gone = make_project(), make_user(), make_user(), make_user()
    for user in (one, both, gone, both):
        follow_project(user=user, project=project, wants=True, now=NOW)
    follow_creator(user=both, creator=project.creator, wants=True, now=NOW)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    assert list(followers_of(project)) == [one.pk, both.pk]
    follow_project(user=one, project=project, wants=False, now=NOW)
    follow_project(user=both, project=project, wants=False, now=NOW)
    assert list(followers_of(project)) == [both.pk]


def test_what_cannot_be_followed(monkeypatch):
    user = make_user()
    with pytest.raises(FollowRefused, match="everyone may see"):
        follow_project(user=user, project=make_project(state="draft"), wants=True, now=NOW)
    with pytest.raises(FollowRefused, match="yourself"):
        follow_creator(user=user, creator=user, wants=True, now=NOW)
    with pytest.raises(FollowRefused, match="no public project"):
        follow_creator(user=user, creator=make_user(), wants=True, now=NOW)
    monkeypatch.setattr("projects.following.MOST_FOLLOWED", 0)
    with pytest.raises(FollowRefused, match="at most"):
        follow_project(user=user, project=make_project(), wants=True, now=NOW)
    assert MOST_FOLLOWED > 0


def test_the_button_follows_and_lets_go_and_the_list_shows_it(client):
    project, user = make_project(), make_user()
    address = f"/projects/{project.slug}/follow/"
    assert client.post(address)["Location"].startswith("/accounts/login/")
    client.force_login(user)
    client.post(address)
    page = client.get(project.get_absolute_url()).content.decode()
    assert "stop following" in page
    assert "1 person follows" in page
    client.post(f"/following/creators/{project.creator_id}/", {"next": "https://evil.example/"})
    listed = client.get("/following/").content.decode()
    assert (project.title in listed, project.creator.public_name in listed) == (True, True)
    client.post(address, {"wants": "no"})
    assert not ProjectFollow.objects.exists()


def test_the_button_leads_back_to_pages_of_ours_only(client):
    project = make_project()
    client.force_login(make_user())
    address = f"/following/creators/{project.creator_id}/"
    assert client.post(address, {"next": "https://evil.example/"})["Location"] == "/following/"
    assert client.post(address, {"next": "//evil.example/"})["Location"] == "/following/"
    assert client.post(address, {"next": project.get_absolute_url()})["Location"] == project.get_absolute_url()
