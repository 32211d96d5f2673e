"""Releasing a stopped run: named files with hashes, a card that credits people as they chose, parts of files."""

import hashlib
import io
import json
import struct

import pytest

from compute_pledges.errors import RunRefused
from compute_pledges.models import ModelRelease, Round, RunTensors, StandingChoice, TrainingRun
from compute_pledges.releasing.card import plain
from compute_pledges.releasing.names import renew_names
from compute_pledges.releasing.services import ask_release, last_checkpoint, prepare_releases, record_tensors
from compute_pledges.services.blobs import blob_path, store_blob
from compute_pledges.web.ranged import NoSuchRange, wanted_range
from projects.fulfilment.opening import open_delivery
from projects.models import Project
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_user
from tests.factories.pledges import machine, worked

pytestmark = pytest.mark.django_db
SHAPES = [["wte.weight", [3, 2]], ["ln.bias", [4]]]
NUMBERS = bytes(range(20))


def flat(numbers=NUMBERS):
    header = json.dumps({"flat": {"dtype": "F16", "shape": [10], "data_offsets": [0, 20]}}).encode()
    return struct.pack("<Q", len(header)) + header + numbers


def kept(payload):
    digest = hashlib.sha256(payload).hexdigest()
    store_blob(sha256=digest, stream=io.BytesIO(payload))
    return digest


@pytest.fixture
def run():
    """Stopped after two rounds, with a checkpoint of ten numbers."""
    made = make_run()
    for index in (0, 1):
        Round.objects.create(
            run=made, index=index, theta_sha256=kept(flat()), duration_seconds=12, opened_at=NOW, closed_at=NOW,
            held_out_loss=4.0 - index,
        )  # fmt: skip
    TrainingRun.objects.filter(pk=made.pk).update(state="stopped", parameters=10)
    made.refresh_from_db()
    return made


def ask(run, by=None, **fields):
    words = {"license_name": "Apache-2.0", "intended_use": "To <b>play</b>.", "limitations": "It is small.", **fields}
    return ask_release(run_id=run.pk, by=by or run.project.creator, now=NOW, **words)


def released(run):
    record_tensors(run=run, given=SHAPES)
    ask(run)
    assert prepare_releases(now=NOW) == 1
    return ModelRelease.objects.get(run=run)


def content(client, run, name, **headers):
    answer = client.get(f"/runs/{run.pk}/release/files/{name}", headers=headers)
    return answer, b"".join(answer) if answer.streaming else answer.content


def test_the_checkpoint_becomes_named_tensors_and_every_file_has_its_hash(client, run):
    release = released(run)
    files = {file.name: file for file in release.files.all()}
    assert set(files) == {
        "README.md", "SHA256SUMS", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip
    for name, file in files.items():
        _, body = content(client, run, name)
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (file.sha256, file.size), name
        assert name == "SHA256SUMS" or f"{file.sha256}  {name}\n" in content(client, run, "SHA256SUMS")[1].decode()
    _, weights = content(client, run, "model.safetensors")
    (length,) = struct.unpack("<Q", weights[:8])
    header = json.loads(weights[8 : 8 + length])
    assert weights[8 + length :] == NUMBERS
    assert header["wte.weight"] == {"dtype": "F16", "shape": [3, 2], "data_offsets": [0, 12]}
    assert header["ln.bias"]["data_offsets"] == [12, 20]
    assert json.loads(content(client, run, "config.json")[1])["architectures"] == ["GPT2LMHeadModel"]


def test_the_card_says_what_the_rows_say_and_credits_people_as_they_chose(run):
    ada, hidden = make_user(), make_user()
    ada.name = "Ada [x](http://evil.test) <b>"
    ada.save()
    StandingChoice.objects.create(user=hidden, is_hidden=True)
    for user, hours in ((ada, 3), (hidden, 2), (make_user(), 0.5)):
        worked(run, run.rounds.get(index=0), machine(owner=user), hours)
    worked(run, run.rounds.get(index=0), machine(), 9, state="rejected")
    TrainingRun.objects.filter(pk=run.pk).update(
        data={"name": "Books", "license": "CC0-1.0", "train": [{"sha256": "c" * 64, "bytes": 1234}]}
    )
    card = released(run).card
    for words in (
        'license: "apache-2.0"', "3 verified, 1 refused", "4.0000 (first 4.0000, best 4.0000)",
        "opened round 1", "Books, under CC0\\-1\\.0: 1 shards, 1,234 bytes", "c" * 64, ": 3 GPU-h",
        "and 1 who is not named here", "To \\<b\\>play\\<\\/b\\>", "It is small", "`model.safetensors` |",
    ):  # fmt: skip
        assert words in card, words
    assert hidden.name not in card
    assert "](http" not in card
    assert "<b>" not in card


def test_names_that_are_earned_or_chosen_later_reach_the_card_that_is_out(client, run):
    release = released(run)
    reward = run.project.rewards.create(
        title="A name", threshold_minor=100, benefits=["card_name"], law_class="digital"
    )  # fmt: skip
    person = make_user()
    open_delivery(source="s", reward=reward, person=person, now=NOW)
    before = {file.name: file.sha256 for file in release.files.all()}
    for name in ("Ana", "Ana *B*", ""):
        type(person).objects.filter(pk=person.pk).update(name=name)
        assert (renew_names(), renew_names()) == (1, 0)
        card = content(client, run, "README.md")[1].decode()
        assert ("## Who backed it" in card, plain(name) in card) == (bool(name), True)
        assert card == ModelRelease.objects.get(run=run).card
        sums = content(client, run, "SHA256SUMS")[1]
        assert f"{hashlib.sha256(card.encode()).hexdigest()}  README.md\n" in sums.decode()
        assert run.project.output_releases.get().sha256 == hashlib.sha256(sums).hexdigest()
    assert {file.name: file.sha256 for file in release.files.all()} == before


def test_markup_in_names_stays_text_on_the_page(client, run):
    ada = make_user()
    ada.name = "<script>alert(1)</script> [a](https://evil.test)"
    ada.save()
    worked(run, run.rounds.get(index=0), machine(owner=ada), 1)
    released(run)
    page = client.get(f"/runs/{run.pk}/release/").content.decode()
    assert "<script>alert" not in page
    assert 'href="https://evil.test"' not in page
    assert "Intended use" in page
    assert plain("# a\n- b") == "\\# a \\- b"


def test_only_the_creator_releases_and_only_what_is_stopped(client, run):
    with pytest.raises(RunRefused, match="Only the project's creator"):
        ask(run, by=make_user(is_staff=True))
    TrainingRun.objects.filter(pk=run.pk).update(state="paused")
    with pytest.raises(RunRefused, match="stopped for good"):
        ask(run)
    TrainingRun.objects.filter(pk=run.pk).update(state="stopped")
    with pytest.raises(RunRefused, match="what the model is for"):
        ask(run, limitations=" ")
    address = f"/runs/{run.pk}/release/"
    assert client.get(address).status_code == 404
    client.force_login(make_user())
    assert client.get(address).status_code == 404
    words = {"intended_use": "For fun.", "limitations": "Many."}
    assert client.post(f"{address}publish/", words).status_code == 403
    client.force_login(run.project.creator)
    assert "Release the model" in client.get(address).content.decode()
    assert client.post(f"{address}publish/", {"intended_use": "x"}).status_code == 422
    assert client.post(f"{address}publish/", words).status_code == 302
    assert "are being written" in client.get(address).content.decode()
    assert client.get(f"{address}files/config.json").status_code == 404
    prepare_releases(now=NOW)
    client.logout()
    assert client.get(address).status_code == 200
    Project.objects.filter(pk=run.project_id).update(state="suspended")
    assert client.get(f"{address}files/config.json").status_code == 404


def test_a_release_is_made_once_and_never_changes(run):
    release = released(run)
    ask(run, intended_use="Another word.")
    assert prepare_releases(now=NOW) == 0
    release.refresh_from_db()
    assert release.intended_use == "To <b>play</b>."
    assert release.files.count() == 6


def test_bytes_that_do_not_fit_are_said_and_can_be_asked_for_again(run):
    record_tensors(run=run, given=SHAPES)
    run.rounds.filter(index=1).update(theta_sha256=kept(flat(NUMBERS[:7])))
    ask(run)
    assert prepare_releases(now=NOW) == 0
    release = ModelRelease.objects.get()
    assert (release.state, release.error) == ("failed", "The checkpoint ends early.")
    assert not release.files.exists()
    run.rounds.filter(index=1).update(theta_sha256=kept(flat()))
    ask(run)
    assert prepare_releases(now=NOW) == 1


def test_the_last_checkpoint_is_the_newest_whose_bytes_are_kept(run):
    assert last_checkpoint(run).index == 1
    Round.objects.create(run=run, index=2, theta_sha256="a" * 64, duration_seconds=12, opened_at=NOW)
    assert last_checkpoint(run).index == 1
    blob_path(run.rounds.get(index=1).theta_sha256).unlink()
    assert last_checkpoint(run) is None
    with pytest.raises(RunRefused, match="no checkpoint"):
        ask(run)


def test_without_names_the_flat_vector_is_published_as_what_it_is(run):
    ask(run)
    prepare_releases(now=NOW)
    file = ModelRelease.objects.get().files.get(name="flat.safetensors")
    assert file.sha256 == run.rounds.get(index=1).theta_sha256


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("x", "a list"), ([], "a list"), ([["a", [10]], ["a", [1]]], "one name"), ([["a", [9]]], "do not make up"),
        ([["a/../b", [10]]], "letters"), ([["a", [-10]]], "above zero"), ([["a", [True, 10]]], "above zero"),
        ([["a"]], "a name and its sizes"),
    ],
)  # fmt: skip
def test_tensors_that_are_none_are_refused(run, given, says):
    with pytest.raises(RunRefused, match=says):
        record_tensors(run=run, given=given)
    assert not RunTensors.objects.exists()


def test_tensors_are_said_once(run):
    for _ in range(2):
        record_tensors(run=run, given=SHAPES)
    with pytest.raises(RunRefused, match="do not change"):
        record_tensors(run=run, given=[["wte.weight", [2, 3]], ["ln.bias", [4]]])


def test_a_cut_download_goes_on(client, run):
    release = released(run)
    sha256 = release.files.get(name="model.safetensors").sha256
    _, whole = content(client, run, "model.safetensors")
    answer, part = content(client, run, "model.safetensors", Range="bytes=5-")
    assert (answer.status_code, part) == (206, whole[5:])
    assert answer["Content-Range"] == f"bytes 5-{len(whole) - 1}/{len(whole)}"
    assert answer["Content-Length"] == str(len(whole) - 5)
    answer, part = content(client, run, "model.safetensors", Range="bytes=-3")
    assert (answer.status_code, part) == (206, whole[-3:])
    answer, part = content(client, run, "model.safetensors", Range="bytes=2-4")
    assert part == whole[2:5]
    answer, part = content(client, run, "model.safetensors", Range="bytes=2-4", **{"If-Range": '"another"'})
    assert (answer.status_code, part) == (200, whole)
    answer, _ = content(client, run, "model.safetensors", Range=f"bytes={len(whole)}-")
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(whole)}")
    answer, _ = content(client, run, "model.safetensors", **{"If-None-Match": f'"{sha256}"'})
    assert answer.status_code == 304


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", None), ("bytes=0-0", (0, 0)), ("bytes=0-99", (0, 9)), ("bytes=-99", (0, 9)), ("bytes=1-2,4-5", None),
        ("lines=1-2", None), ("bytes=-", None),
    ],
)  # fmt: skip
def test_ranges_are_read_as_the_standard_says(header, wanted):
    assert wanted_range(header, 10) == wanted


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=5-4", "bytes=-0"])
def test_ranges_outside_the_file_are_none(header):
    with pytest.raises(NoSuchRange):
        wanted_range(header, 10)
