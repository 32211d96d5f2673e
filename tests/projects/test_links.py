"""What releases link to is read and compared: what is the same, what differs, and what could not be read."""

import hashlib
from datetime import timedelta

import pytest

from notices.models import Notice
from outward.fetching import Fetched, NotFetched, reason_words
from projects.following import follow_project
from projects.models import OutputRelease, PromisedOutput
from projects.openness.checking import check_links
from projects.openness.promises import promises_of
from projects.openness.releasing import Output, open_to_everyone, release_output
from tests.factories.papers import charged
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def release():
    project = make_project(slug="open", state="delivering", launched_at=NOW)
    promise = PromisedOutput.objects.create(project=project, kind="data", description="x", due_on=NOW.date())
    output = Output("data", "Words", "MIT", url="https://files.example/x", sha256="a" * 64, promise=promise)
    return release_output(project=project, by=project.creator, output=output, now=NOW)


def check(release, found, now=NOW):
    def read(url):
        assert url == "https://files.example/x"
        if isinstance(found, Exception):
            raise found
        return Fetched(found, 1)

    check_links(now=now, read=read)
    release.refresh_from_db()


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        ("a" * 64, ("same", 30 * DAY, "kept"), "Checked on 1 June 2026"),
        ("b" * 64, ("differs", HOUR, "due"), "Differs: what the link led to on 1 June 2026"),
        (NotFetched("status", status=404), ("unreached", HOUR, "kept"), "Could not be checked on 1 June 2026"),
    ],
)
def test_the_page_says_what_was_found(client, release, found, expected, words):
    page = "/projects/open/promises/"
    assert "Not checked yet" in client.get(page).content.decode()
    check(release, found)
    assert words in client.get(page).content.decode()
    standing = promises_of(release.project, NOW)[0].standing
    assert (release.verdict, release.check_at - release.checked_at, standing) == expected


@pytest.mark.parametrize(
    ("error", "german", "english"),
    [
        (
            NotFetched("status", status=404), "Der Server antwortete mit Status 404.",
            "The server answered with status 404.",
        ),
        (NotFetched("too_large", bytes=2**31), "Es ist größer als 2 GiB.", "It is larger than 2 GiB."),
        (
            NotFetched("private"), "Die Adresse führt in ein privates Netz und wird deshalb nicht aufgerufen.",
            "The address leads into a private network, so it is not called.",
        ),
    ],
)  # fmt: skip
def test_why_it_could_not_be_read_is_said_in_the_language_of_the_reader(client, release, error, german, english):
    check(release, error)
    for language, words in (("de", german), ("en", english)):
        page = client.get("/projects/open/promises/", headers={"accept-language": language})
        assert words in page.content.decode()


def test_a_reason_that_nobody_gives_any_more_has_no_words():
    assert reason_words("of-old", {}) == ""


def test_the_team_hears_once_of_what_differs_and_a_mended_link_keeps_its_promise(release):
    for hour in (0, 2):
        check(release, "b" * 64, NOW + timedelta(hours=hour))
    notice = Notice.objects.get(person=release.project.creator, kind="link")
    assert "b" * 64 in notice.body
    check(release, "a" * 64, NOW + DAY)
    assert promises_of(release.project, NOW + DAY)[0].standing == "kept"


def test_waits_grow_and_two_workers_never_read_the_same(release):
    waits = []
    for _ in range(8):
        before = release.check_at
        check(release, NotFetched("cut"), before)
        waits.append(release.check_at - before)
    assert waits[:3] == [timedelta(hours=1), timedelta(hours=4), timedelta(hours=16)]
    assert max(waits) == 30 * DAY
    OutputRelease.objects.update(check_at=NOW + DAY)
    assert check_links(now=NOW, read=lambda url: 1 // 0) == 0


def test_a_file_of_ours_is_not_read_again():
    project = make_project(state="delivering", launched_at=NOW)
    content = b"words"
    made = release_output(
        project=project, by=project.creator, now=NOW,
        output=Output("data", "x", "MIT", name="x.txt", content=content),
    )  # fmt: skip
    assert (made.verdict, made.check_at, made.sha256) == ("own", None, hashlib.sha256(content).hexdigest())


def test_followers_hear_when_everyone_has_it_and_backers_hear_once():
    project = make_project(launched_at=NOW)
    backer, follower = charged(project).backer, make_user()
    follow_project(user=follower, project=project, wants=True, now=NOW)
    output = Output("data", "x", "MIT", url="https://files.example/x", sha256="a" * 64, public_at=NOW + DAY)
    release_output(project=project, by=project.creator, output=output, now=NOW)
    told = Notice.objects.filter(kind="release")
    assert list(told.values_list("person", flat=True)) == [backer.pk]
    assert open_to_everyone(now=NOW) == 0
    assert [open_to_everyone(now=NOW + DAY) for _ in range(2)] == [1, 0]
    assert sorted(told.values_list("person", flat=True)) == sorted([backer.pk, follower.pk])
