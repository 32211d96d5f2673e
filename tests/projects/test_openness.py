"""Openness: promises derived from days and releases, early access, hashes, model cards in and out, plain licences."""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from notices.models import Notice
from projects.errors import CardRefused, OutputRefused
from projects.fulfilment.opening import open_delivery
from projects.models import OutputRelease, PromisedOutput
from projects.openness.license_words import terms_of
from projects.openness.model_cards import read_card
from projects.openness.promises import Standing, counts, promises_of
from projects.openness.releasing import Output, record_run_release, release_output
from tests.factories.papers import charged
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CARD = """---
license: apache-2.0
language:
- en
- de
tags: [Code, small]
pipeline_tag: text-generation
---
# Pocket Python

It completes **Python**.
"""


@pytest.fixture
def project(db):
    return make_project(slug="open", state="delivering", launched_at=NOW)


def promise(project, **fields):
    usual = {"kind": "weights", "description": "The weights", "due_on": NOW.date()}
    return PromisedOutput.objects.create(project=project, **{**usual, **fields})


def released(project, *, now=NOW, **fields):
    usual = {"kind": "weights", "title": "v1", "license": "MIT", "url": "https://files.example/x", "sha256": "a" * 64}
    return release_output(project=project, by=project.creator, output=Output(**{**usual, **fields}), now=now)


@pytest.mark.parametrize(
    ("state", "due_in", "kept_after", "standing"),
    [
        ("delivering", 5, None, "due"), ("delivering", None, None, "due"), ("delivering", 0, None, "due"),
        ("delivering", -1, None, "late"), ("delivering", -181, None, "broken"), ("completed", 5, None, "broken"),
        ("abandoned", 5, None, "broken"), ("failed", -5, None, "not_owed"), ("canceled", 5, None, "not_owed"),
        ("delivering", 5, 0, "kept"), ("delivering", -3, 0, "kept_late"), ("completed", None, 0, "kept"),
    ],
)  # fmt: skip
def test_a_promise_stands_as_days_and_releases_say(project, state, due_in, kept_after, standing):
    made = promise(project, due_on=None if due_in is None else (NOW + due_in * DAY).date())
    if kept_after is not None:
        released(project, promise=made)
    type(project).objects.filter(pk=project.pk).update(state=state)
    project.refresh_from_db()
    (found,) = promises_of(project, NOW)
    assert found.standing == standing
    assert counts(NOW)[Standing(standing)] == 1


def test_what_backers_have_first_keeps_a_promise_only_once_everyone_has_it(client, project):
    backer, made = make_user(), promise(project, due_on=(NOW + 3 * DAY).date())
    project.state = "live"
    project.save()
    charged(project, backer=backer)
    type(project).objects.filter(pk=project.pk).update(state="delivering")
    project.refresh_from_db()
    release = released(
        project, promise=made, content=b"weights", name="../w x.bin", url="", sha256="", public_at=NOW + 10 * DAY
    )
    assert release.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert promises_of(project, NOW)[0].standing == Standing.DUE
    assert promises_of(project, NOW + 11 * DAY)[0].standing == Standing.KEPT_LATE
    told = Notice.objects.get(person=backer, kind="release")
    assert told.body == f"Backers can fetch it now, everyone from {NOW + 10 * DAY:%-d %B %Y, %H:%M} UTC."


def test_early_access_is_for_backers_and_the_team(client, project, settings):
    release = released(project, content=b"x", name="a.pdf", url="", sha256="", kind="paper", card="card")
    OutputRelease.objects.update(public_at=NOW.replace(year=2200))
    address = f"/projects/open/releases/{release.pk}/file/"
    page = client.get("/projects/open/promises/").content.decode()
    assert "Backers first" in page
    assert release.sha256 not in page
    assert client.get(address).status_code == 404
    client.force_login(project.creator)
    answer = client.get(address)
    assert (answer.content, answer["Content-Disposition"]) == (b"x", 'attachment; filename="a.pdf"')
    assert answer["Content-Type"] == "application/octet-stream"
    OutputRelease.objects.update(public_at=NOW)
    client.logout()
    assert client.get(address).status_code == 200
    assert client.get(f"/projects/open/releases/{release.pk}/card.md").content == b"card"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha256": "x"}, {"sha256": ""}, {"url": "http://files.example/x"}, {"url": "javascript:alert(1)"},
        {"content": b""}, {"content": b"x" * (10 * 2**20 + 1)}, {"public_at": NOW + 91 * DAY},
    ],
)  # fmt: skip
def test_what_cannot_be_a_release_is_refused_in_words(project, wrong):
    with pytest.raises(OutputRefused):
        released(project, **wrong)


def test_another_projects_promise_and_another_kind_are_refused(project):
    with pytest.raises(OutputRefused):
        released(project, promise=promise(make_project()))
    with pytest.raises(OutputRefused):
        released(project, promise=promise(project, kind="data"))


def test_only_the_team_releases_and_the_same_hash_once(project):
    first, again = released(project), released(project)
    assert first == again
    with pytest.raises(OutputRefused):
        release_output(project=project, by=make_user(), output=Output("weights", "v", "MIT"), now=NOW)


def test_a_runs_release_keeps_the_first_promise_of_weights(project):
    made = promise(project)
    for _ in range(2):
        record_run_release(
            project=project, run_id="r", title="run", path="/runs/r/release/", sha256="b" * 64, license_name="MIT",
            by=project.creator, now=NOW,
        )  # fmt: skip
    assert project.output_releases.get().promise == made
    assert promises_of(project, NOW)[0].standing == Standing.KEPT


def test_the_form_reads_a_card_keeps_what_was_typed_and_releases(client, project):
    client.force_login(project.creator)
    address = reverse("projects:new_release", args=["open"])
    typed = {"kind": "weights", "url": "https://files.example/x", "sha256": "c" * 64, "deed": "read", "card_text": CARD}
    page = client.post(address, typed).content.decode()
    for part in ('value="Pocket Python"', 'value="Apache-2.0"', 'value="https://files.example/x"', "The card is read"):
        assert part in page
    refused = client.post(address, {**typed, "card_text": "no card", "title": "Typed"})
    assert refused.status_code == 422
    assert 'value="Typed"' in refused.content.decode()
    done = client.post(address, {**typed, "deed": "", "title": "v1", "license": "apache-2.0"})
    assert (done.status_code, project.output_releases.get().card) == (302, CARD)
    upload = {"kind": "paper", "title": "Paper", "license": "CC-BY-4.0", "upload": SimpleUploadedFile("p.pdf", b"%PDF")}
    assert client.post(address, upload).status_code == 302
    assert project.output_releases.get(kind="paper").file.size == 4


def test_a_card_fills_a_draft(client):
    draft = make_project(slug="draft", state="draft")
    client.force_login(draft.creator)
    answer = client.post("/projects/draft/edit/card/", {"card_file": SimpleUploadedFile("README.md", CARD.encode())})
    draft.refresh_from_db()
    assert answer.status_code == 302
    assert (draft.title, draft.weights_license, draft.languages, draft.tags) == (
        "Pocket Python", "Apache-2.0", "en, de", "code, small",
    )  # fmt: skip
    assert "<strong>Python</strong>" in draft.story_html
    wrong = client.post("/projects/draft/edit/card/", {"card_text": "---\na: [\n---\n"})
    assert wrong.status_code == 422
    assert "Line" in wrong.content.decode()


@pytest.mark.parametrize(
    "source",
    [
        "", "no front matter", "---\n- a\n---\n", "---\na: *x\n---\n", "---\na: &x [1]\nb: *x\n---\n",
        "---\na: [\n---\n",         "---\n!!python/object/apply:os.system ['x']\n---\n",
        "---\na: !!python/name:os.system x\n---\n", "---\n\x00\n---\n",
        "---\na: " + "[" * 3000 + "\n---\n", "x" * 200_001,
    ],
)  # fmt: skip
def test_a_card_that_cannot_be_read_says_why(source):
    with pytest.raises(CardRefused):
        read_card(source)


def test_an_unknown_licence_is_left_out_with_a_note():
    card = read_card("---\nlicense: nobody-knows\nlanguage: [en, nonsense-here-x]\n---\n# T\n")
    assert (card.license, len(card.notes)) == ("", 2)
    assert read_card("---\nlicense: other\nlicense_name: my rail\n---\n").license == "LicenseRef-my-rail"


def test_a_project_goes_out_as_a_card_and_comes_back(client):
    project = make_project(
        slug="out", title='Out: "there"', tags="python", languages="en, zxx", weights_license="ODbL-1.0"
    )
    text = client.get("/projects/out/README.md").content.decode()
    card = read_card(text)
    assert (card.title, card.license, card.languages, card.tags) == (
        project.title,
        "ODbL-1.0",
        "en",
        "commonweave, python",
    )
    given = project.rewards.create(title="Name", threshold_minor=100, benefits=["card_name"])
    open_delivery(source="s", reward=given, person=make_user(), now=NOW)
    text = client.get("/projects/out/README.md").content.decode()
    assert "## Who backed it\n\n- Person" in text
    draft = make_project(slug="back", state="draft", story="", promise="x")
    client.force_login(draft.creator)
    client.post("/projects/back/edit/card/", {"card_text": text})
    draft.refresh_from_db()
    assert (draft.title, draft.promise, draft.story) == (project.title, project.promise, project.story.strip())


@pytest.mark.parametrize(
    ("expression", "part", "is_open"),
    [
        ("Apache-2.0", "patents", True), ("MIT", "freely", True), ("CC0-1.0", "without any condition", True),
        ("CC-BY-SA-4.0", "same terms", True), ("CC-BY-NC-4.0", "not for commercial", False),
        ("GPL-3.0-only", "source", True),
        ("LicenseRef-OpenRAIL-M", "not open source", False), ("MIT OR LicenseRef-x", "not open source", False),
        ("PSF-2.0", "notice", True), ("Artistic-2.0", "SPDX lists", True),
    ],
)  # fmt: skip
def test_a_licence_is_told_in_plain_words(expression, part, is_open):
    terms = terms_of("Weights", expression)
    assert part in terms.words
    assert terms.is_open == is_open


@pytest.mark.parametrize(
    ("expression", "chip"),
    [
        ("Apache-2.0", "Apache-2.0"),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0"),
        ("LicenseRef-OpenRAIL-M", "OpenRAIL-M · use-restricted"),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0 · use-restricted"),
        ("MIT AND CC-BY-NC-ND-4.0", "MIT AND CC-BY-NC-ND-4.0 · use-restricted"),
    ],
)
def test_a_chip_says_where_use_is_restricted(client, expression, chip):
    project = make_project(weights_license=expression)
    for address in ("/discover/", project.get_absolute_url(), f"/people/{project.creator_id}/"):
        assert f'<span class="chip">{chip}</span>' in client.get(address).content.decode(), address


def test_a_projects_page_says_how_each_promise_stands(client, project):
    now = timezone.now()
    kept = promise(project, due_on=now.date())
    late = promise(project, kind="data", description="The data", due_on=now.date() - DAY)
    released(project, promise=kept, now=now - DAY)
    page = client.get(project.get_absolute_url()).content.decode().split('id="promised"')[1].split("</section>")[0]
    places = [page.index(words) for words in (late.description, "Late", kept.description, "Kept")]
    assert places == sorted(places), "by their days"
    draft = make_project(state="draft", launched_at=None)
    promise(draft)
    client.force_login(draft.creator)
    assert 'data-state="due"' not in client.get(draft.get_absolute_url()).content.decode()


def test_promises_of_all_projects_are_told_in_figures(client, project):
    promise(project, due_on=None)
    released(project, promise=promise(project))
    page = client.get("/promises/").content.decode()
    assert "Newest releases" in page
    assert "v1" in page
    assert client.get("/projects/open/").status_code == 200
