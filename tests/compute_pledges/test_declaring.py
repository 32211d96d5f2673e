"""A creator declares a run by its files, sees what it will take, and starts it once."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from compute_pledges.examples import EXAMPLES
from compute_pledges.models import DataSet, RunDraft, TrainingRun
from compute_pledges.services.blobs import has_blob
from compute_pledges.services.data_sets import add_data_set
from compute_pledges.services.drafts import KEPT, MOST_DRAFTS, forget_drafts
from tests.compute_pledges.test_pages import form_values
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
TOKENIZER = json.dumps({"model": {"type": "BPE", "vocab": {str(n): n for n in range(256)}}}).encode()
LINES = b"".join(b"line %d of a text that is trained on\n" % n for n in range(3000))


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.BLOB_ROOT = tmp_path


@pytest.fixture
def project(client):
    project = make_project(slug="woven")
    client.force_login(project.creator)
    return project


ADDRESS = "/projects/woven/runs/new/"


def values(client, query=""):
    return form_values(client.get(ADDRESS + query).context["form"])


def data_for_task(project, task):
    """None where Python's library serves."""
    made = {
        "image-diffusion": ("images-u8", bytes(range(256)) * 3 * 60, 16 * 16 * 3),
        "audio-representation": ("audio-s16", bytes(2**20), 2),
    }
    if task not in made:
        return {}
    data_format, payload, record = made[task]
    added = add_data_set(
        owner=project.creator, name="Made", license_text="CC0-1.0", data_format=data_format, chunks=[payload],
        record_bytes=record, now=NOW,
    )  # fmt: skip
    return {"data_set": added.pk}


@pytest.mark.parametrize("task", EXAMPLES)
def test_each_task_can_be_checked_and_started_from_the_page(client, project, task):
    data = values(client, f"?example={task}") | data_for_task(project, task)
    check = client.post(ADDRESS, data)
    assert check.status_code == 302, check.context["form"].errors
    page = client.get(check.url).content.decode()
    assert "Counts as" in page
    assert "assumed and not measured" in page
    assert not TrainingRun.objects.exists()
    started = client.post(f"{check.url}start/")
    run = TrainingRun.objects.get()
    assert (started.url, run.task, run.state) == (f"/runs/{run.pk}/", task, "running")
    assert run.changes.get().kind == "declared"


def test_a_new_data_set_leads_back_to_the_draft_with_it_chosen(client, project):
    check = client.post(ADDRESS, values(client) | {"name": "Kept name"}).url
    draft = RunDraft.objects.get()
    for asked, kept in (("new", False), (str(draft.pk), True)):
        page = client.get(ADDRESS + (f"?draft={asked}" if kept else "")).content.decode()
        assert f"/projects/woven/data/upload/?draft={asked}" in page
        added = client.post(
            f"/projects/woven/data/upload/?draft={asked}",
            {"name": "Lines", "license_text": "CC0-1.0", "data_format": "text", "language": "en", "record_bytes": "",
             "file": SimpleUploadedFile("lines.txt", LINES)},
        )  # fmt: skip
        assert added.url.startswith(ADDRESS)
        back = values(client, added.url.removeprefix(ADDRESS))
        assert str(back["data_set"]) == str(DataSet.objects.latest("created_at").pk)
        assert (back["name"] == "Kept name") == kept
    assert client.get(check).status_code == 200


def test_pressing_start_twice_starts_one_run(client, project):
    check = client.post(ADDRESS, values(client)).url
    first, second = client.post(f"{check}start/"), client.post(f"{check}start/")
    assert first.url == second.url == f"/runs/{TrainingRun.objects.get().pk}/"
    assert client.get(check).url == first.url
    assert client.get(f"{ADDRESS}?draft={RunDraft.objects.get().pk}").status_code == 404


def test_files_take_the_place_of_typing_and_what_is_left_out_is_said(client, project):
    config = {**EXAMPLES["causal-lm"], "architectures": ["GPT2LMHeadModel"], "resid_pdrop": 0.1}
    files = {
        "config_file": SimpleUploadedFile("config.json", json.dumps(config).encode()),
        "tokenizer_file": SimpleUploadedFile("tokenizer.json", TOKENIZER),
    }
    check = client.post(ADDRESS, values(client) | {"config": "", "planned": "6400"} | files).url
    draft = RunDraft.objects.get()
    page = client.get(check).content.decode()
    assert "architectures, resid_pdrop" in page
    assert draft.tokenizer["sha256"] in page
    assert "6,400 tokens" in page
    # Another check without the file keeps the tokenizer; a tick goes back to bytes.
    again = values(client, f"?draft={draft.pk}")
    client.post(f"{ADDRESS}?draft={draft.pk}", again | {"name": "Named anew"})
    draft.refresh_from_db()
    assert (RunDraft.objects.count(), draft.name, draft.tokenizer["bytes"]) == (1, "Named anew", len(TOKENIZER))
    client.post(f"{check}start/")
    run = TrainingRun.objects.get()
    assert (run.tokenizer, run.planned_samples) == (draft.tokenizer, 100)
    assert set(run.config) == set(EXAMPLES["causal-lm"])


def test_the_kept_tokenizer_can_be_left_again(client, project):
    files = {"tokenizer_file": SimpleUploadedFile("tokenizer.json", TOKENIZER)}
    client.post(ADDRESS, values(client) | files)
    draft = RunDraft.objects.get()
    client.post(f"{ADDRESS}?draft={draft.pk}", values(client, f"?draft={draft.pk}") | {"without_tokenizer": "on"})
    draft.refresh_from_db()
    assert draft.tokenizer == "bytes"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"config": '{"model_type": "mamba"}'}, "The model type must be one of"),
        ({"config": "[]"}, "one JSON object"),
        ({"task": "masked-lm"}, "of another task: Causal language model"),
        ({"inner_lr": "7"}, "less than or equal to 0.1"),
        ({"exchange_seconds": "9"}, "half of round_seconds"),
        ({"planned": "-4"}, "greater than or equal to 1"),
        ({"data_set": "11111111-2222-4333-8444-555555555555"}, "valid choice"),
    ],
)
def test_a_wrong_declaration_says_why_and_keeps_what_was_typed(client, project, change, says):
    page = client.post(ADDRESS, values(client) | {"name": "Kept name"} | change)
    assert page.status_code == 422
    assert says in page.content.decode()
    assert 'value="Kept name"' in page.content.decode()
    assert not RunDraft.objects.exists()


def test_a_shard_that_is_shorter_than_a_sequence_is_refused_before_anything_starts(client, project):
    short = add_data_set(
        owner=project.creator, name="Short", license_text="CC0-1.0", data_format="text", chunks=[LINES[:4000]], now=NOW
    )
    config = json.dumps(EXAMPLES["causal-lm"] | {"n_positions": 1024})
    page = client.post(ADDRESS, values(client) | {"config": config, "sequence": "1024", "data_set": short.pk})
    assert "held-out shard has 200 bytes" in page.content.decode()
    assert "needs 1,026" in page.content.decode()
    assert not RunDraft.objects.exists()


def test_with_a_tokenizer_a_shard_needs_more_bytes(client, project):
    short = add_data_set(
        owner=project.creator, name="Short", license_text="CC0-1.0", data_format="text", chunks=[LINES[:4000]], now=NOW
    )
    data = values(client) | {"data_set": short.pk}
    assert client.post(ADDRESS, data).status_code == 302
    page = client.post(ADDRESS, data | {"tokenizer_file": SimpleUploadedFile("tokenizer.json", TOKENIZER)})
    assert "held-out shard has 200 bytes; one sample needs 528" in page.content.decode()


def test_data_of_others_and_data_that_is_not_ready_cannot_be_chosen(client, project):
    theirs = add_data_set(
        owner=make_user(), name="Theirs", license_text="CC0-1.0", data_format="text", chunks=[LINES], now=NOW
    )
    waiting = DataSet.objects.create(
        owner=project.creator, name="Waiting", license="", format="text", source="hub", state="importing",
        created_at=NOW,
    )  # fmt: skip
    for one in (theirs, waiting):
        assert client.post(ADDRESS, values(client) | {"data_set": one.pk}).status_code == 422


def test_strangers_and_teammates_see_and_start_nothing(client, project):
    check = client.post(ADDRESS, values(client)).url
    for person in (make_user(), project.teammates.create(user=make_user(), added_at=NOW).user):
        client.force_login(person)
        assert client.get(ADDRESS).status_code == 403
        assert client.get(check).status_code == 403
        assert client.post(f"{check}start/").status_code == 403
        assert client.post(f"{check}discard/").status_code == 403
    client.logout()
    assert client.get(check).status_code == 302
    assert not TrainingRun.objects.exists()


def test_a_project_that_is_not_live_checks_and_does_not_start(client, project):
    type(project).objects.update(state="draft")
    check = client.post(ADDRESS, values(client)).url
    refused = client.post(f"{check}start/", follow=True)
    assert "A run starts once the project is live." in refused.content.decode()
    assert not TrainingRun.objects.exists()


def test_drafts_are_few_discarded_and_forgotten_with_their_tokenizer(client, project):
    files = {"tokenizer_file": SimpleUploadedFile("tokenizer.json", TOKENIZER)}
    check = client.post(ADDRESS, values(client) | files).url
    kept = RunDraft.objects.get().tokenizer["sha256"]
    for _ in range(MOST_DRAFTS - 1):
        client.post(ADDRESS, values(client))
    assert "Discard one first" in client.post(ADDRESS, values(client)).content.decode()
    assert has_blob(kept)
    client.post(f"{check}discard/")
    assert (RunDraft.objects.count(), has_blob(kept)) == (MOST_DRAFTS - 1, False)
    newest = RunDraft.objects.order_by("updated_at").last().updated_at
    assert forget_drafts(now=newest) == 0
    assert forget_drafts(now=newest + KEPT) == MOST_DRAFTS - 1


def test_many_checks_within_the_hour_are_slowed_down(client, project, monkeypatch):
    monkeypatch.setattr("compute_pledges.web.declaring_views.CHECKS_AN_HOUR", 1)
    data = values(client)
    assert [client.post(ADDRESS, data).status_code for _ in range(2)] == [302, 422]


def test_the_form_takes_the_same_queries_however_much_data_there_is(client, project, django_assert_max_num_queries):
    for number in range(5):
        add_data_set(
            owner=project.creator, name=f"Lines {number}", license_text="CC0-1.0", data_format="text",
            chunks=[LINES, b"%d\n" % number], now=NOW,
        )  # fmt: skip
    with django_assert_max_num_queries(10):
        client.get(reverse("compute:start_run", args=["woven"]))
