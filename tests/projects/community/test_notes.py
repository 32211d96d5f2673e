"""Lab notes: who reads, hears of and writes them; drafts and schedules; a number for good; changes in the open."""

from datetime import timedelta

import pytest

from notices.models import Notice
from projects.community.notes import (
    Words,
    change_note,
    discard_draft,
    may_read,
    publish_note,
    save_draft,
)
from projects.community.telling import sweep_notes
from projects.errors import NoteRefused
from projects.following import follow_creator, follow_project
from projects.models import LabNote, Project
from tests.factories.backing import backs, lends
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def project():
    return make_project(slug="woven", time_zone="Europe/Berlin")


def published(project, title="Week 1", body="It *learns*.", **fields):
    return publish_note(project=project, author=project.creator, title=title, body=body, now=NOW, **fields)


def told(kind):
    return sorted(Notice.objects.filter(kind=kind).values_list("person_id", flat=True))


def test_backers_and_followers_hear_of_a_note_once_each(project):
    money, compute, both, gone, offers, follows = (make_user() for _ in range(6))
    backs(project, money)
    backs(project, both, "collected")
    backs(project, gone, "canceled")
    lends(project, compute)
    lends(project, both, "delivering")
    lends(project, gone, "withdrawn")
    lends(project, offers, "offered")
    follow_project(user=follows, project=project, wants=True, now=NOW)
    follow_creator(user=follows, creator=project.creator, wants=True, now=NOW)
    follow_project(user=both, project=project, wants=True, now=NOW)
    published(project)
    assert (sweep_notes(now=NOW), sweep_notes(now=NOW)) == (1, 0)
    assert told("lab_note") == sorted([money.pk, compute.pk, both.pk])
    assert told("lab_note_followed") == [follows.pk]
    notice = Notice.objects.filter(kind="lab_note").first()
    assert (notice.title, notice.path) == (f"{project.title}: Week 1", "/projects/woven/notes/1/")


def test_a_note_is_told_to_who_backed_when_it_was_published(project):
    published(project)
    sweep_notes(now=NOW)
    backs(project)
    assert (sweep_notes(now=NOW), Notice.objects.count()) == (0, 0)


def test_followers_do_not_hear_of_what_is_for_backers(project, client):
    backer, follower = make_user(), make_user()
    backs(project, backer)
    follow_project(user=follower, project=project, wants=True, now=NOW)
    note = published(project, body="The secret recipe.", audience="backers")
    sweep_notes(now=NOW)
    assert (told("lab_note"), told("lab_note_followed")) == ([backer.pk], [])
    addresses = (note.get_absolute_url(), "/projects/woven/", "/projects/woven/notes/")
    for user, reads in ((None, False), (follower, False), (backer, True), (project.creator, True)):
        if user:
            client.force_login(user)
        pages = [client.get(address).content.decode() for address in addresses]
        assert ["secret recipe" in page for page in pages] == [reads] * 3, user
        assert "Backers only" in pages[0]


def test_an_offer_of_hours_without_a_machine_opens_nothing(project):
    note = published(project, audience="backers")
    pledge = lends(project, state="offered")
    assert not may_read(pledge.backer, note)


def test_notes_are_numbered_as_they_are_published_and_a_double_click_publishes_once(project):
    draft = save_draft(project=project, author=project.creator, words=Words("Later", "x"), now=NOW)
    first, again, second = published(project), published(project), published(project, title="Week 2")
    done = published(project, title="Later", body="x", note_id=draft.pk, version=1)
    assert (first.pk, first.number, second.number, done.number, done.pk) == (again.pk, 1, 2, 3, draft.pk)


def test_a_scheduled_note_publishes_itself(project):
    later = NOW + HOUR
    draft = save_draft(project=project, author=project.creator, words=Words("Soon", "x"), publish_at=later, now=NOW)
    backs(project)
    assert (sweep_notes(now=NOW), sweep_notes(now=later)) == (0, 1)
    draft.refresh_from_db()
    assert (draft.number, draft.published_at, Notice.objects.count()) == (1, later, 1)


def test_a_scheduled_note_of_a_project_that_was_suspended_stays_a_draft(project):
    draft = save_draft(
        project=project, author=project.creator, words=Words("Soon", "x"), publish_at=NOW + HOUR, now=NOW
    )
    Project.objects.update(state="suspended")
    sweep_notes(now=NOW + HOUR)
    draft.refresh_from_db()
    assert (draft.published_at, draft.publish_at) == (None, None)


def test_only_its_writers_see_a_draft(project, client):
    draft = save_draft(project=project, author=project.creator, words=Words("Hidden", "x"), now=NOW)
    for user, status in ((make_user(), 403), (project.creator, 200)):
        client.force_login(user)
        assert client.get(draft.get_absolute_url()).status_code == status
        assert ("Hidden" in client.get("/projects/woven/notes/").content.decode()) == (status == 200)
    assert not may_read(make_user(), draft)


def test_a_change_is_made_in_the_open_and_keeps_what_was_said(project, client):
    note = published(project)
    words = Words("Week 1, corrected", "It *learned*.")
    change_note(note=note, by=project.creator, words=words, reason="Tense", version=1, now=NOW + HOUR)
    page = client.get(note.get_absolute_url()).content.decode()
    assert ("Week 1, corrected" in page, "changed on 1 June 2026" in page, "It *learns*." in page) == (True, True, True)
    with pytest.raises(NoteRefused, match="Say what you changed"):
        change_note(note=note, by=project.creator, words=words, reason=" ", version=2, now=NOW)
    with pytest.raises(NoteRefused, match="stays readable"):
        change_note(
            note=note, by=project.creator, words=Words("a", "b", "backers"), reason="x", version=2, now=NOW
        )  # fmt: skip


def test_two_tabs_do_not_overwrite_each_other(project, client):
    draft = save_draft(project=project, author=project.creator, words=Words("A", "x"), now=NOW)
    client.force_login(project.creator)
    form = {"title": "B", "body": "mine", "version": 1, "draft": "1"}
    assert client.post(draft.get_absolute_url(), form).status_code == 302
    late = client.post(draft.get_absolute_url(), form | {"body": "my other words"})
    assert (late.status_code, "my other words" in late.content.decode()) == (409, True)
    draft.refresh_from_db()
    assert (draft.body, draft.version) == ("mine", 2)


def test_drafts_are_discarded_and_notes_are_not(project, client):
    draft = save_draft(project=project, author=project.creator, words=Words("A", "x"), now=NOW)
    note = published(project)
    discard_draft(project=project, by=project.creator, note_id=draft.pk)
    with pytest.raises(NoteRefused, match="published"):
        discard_draft(project=project, by=project.creator, note_id=note.pk)
    assert list(LabNote.objects.all()) == [note]


def test_strangers_write_nothing_and_drafts_are_bounded(project, monkeypatch):
    with pytest.raises(NoteRefused, match="by the team"):
        publish_note(project=project, author=make_user(), title="x", body="x", now=NOW)
    with pytest.raises(NoteRefused, match="is over"):
        save_draft(project=project, author=project.creator, words=Words("x", "x"), publish_at=NOW, now=NOW)
    monkeypatch.setattr("projects.community.notes.MOST_DRAFTS", 0)
    with pytest.raises(NoteRefused, match="at most"):
        save_draft(project=project, author=project.creator, words=Words("x", "x"), now=NOW)


def test_the_moment_is_typed_in_the_zone_of_the_project(project, client):
    client.force_login(project.creator)
    form = {"title": "Soon", "body": "x", "publish_at": "2031-07-01T09:00"}
    assert client.post("/projects/woven/notes/new/", form).status_code == 302
    note = LabNote.objects.get()
    assert f"{note.publish_at:%Y-%m-%d %H:%M}" == "2031-07-01 07:00"
    assert "2031-07-01T09:00" in client.get(note.get_absolute_url()).content.decode()


def test_a_citation_names_who_what_and_where_and_bibtex_reads_no_commands(project, client):
    type(project.creator).objects.update(name="Ana {B}")
    note = published(project, title="50% of #1 & more")
    page = client.get(note.get_absolute_url()).content.decode()
    assert "Lab note 1 of" in page
    answer = client.get(note.get_absolute_url() + "cite.bib")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("application/x-bibtex")
    assert r"author = {{Ana \{B\}}}" in text
    assert r"title = {{50\% of \#1 \& more}}" in text
    assert text.startswith("@misc{woven-note-1,")
