"""Data sets: cut into hashed shards with a license; of the Hub only where the operator allows it."""

import hashlib

import pytest

from compute_pledges.models import DataSet
from compute_pledges.services.blobs import open_blob
from compute_pledges.services.cutting import DataRefused
from compute_pledges.services.data_sets import add_data_set
from compute_pledges.services.hub import fetch_waiting, request_hub_data
from tests.compute_pledges.loopback import Hub, serving
from tests.factories.people import NOW, make_user

pytestmark = pytest.mark.django_db
COMMIT = "c" * 40
LINES = b"".join(b"line %d of a text that is trained on\n" % n for n in range(3000))


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.BLOB_ROOT = tmp_path


def added(payload=LINES, license_text="CC0-1.0", data_format="text", **fields):
    return add_data_set(
        owner=make_user(), name="Lines", license_text=license_text, data_format=data_format,
        chunks=[payload[:1000], payload[1000:]], now=NOW, **fields,
    )  # fmt: skip


def bytes_of(shards):
    for shard in shards:
        with open_blob(shard["sha256"]) as stream:
            payload = stream.read()
        assert hashlib.sha256(payload).hexdigest() == shard["sha256"]
        assert len(payload) == shard["bytes"]
        yield payload


def test_a_data_set_is_cut_hashed_and_partly_held_out(monkeypatch):
    monkeypatch.setattr("compute_pledges.services.cutting.SHARD_BYTES", 30_000)
    found = added()
    train, held_out = b"".join(bytes_of(found.shards)), b"".join(bytes_of(found.held_out))
    assert len(train) + len(held_out) == len(LINES)
    assert len(held_out) == pytest.approx(len(LINES) / 20, rel=0.2)
    assert sorted(train + held_out) == sorted(LINES)
    sizes = [shard["bytes"] for shard in found.shards]
    assert len(sizes) > 2
    assert min(sizes) > max(sizes) * 0.9
    assert found.manifest["license"] == "CC0-1.0"


def test_records_stay_whole():
    record = 16 * 16 * 3
    found = added(bytes(range(256)) * 3 * 50, data_format="images-u8", record_bytes=record)
    assert all(shard["bytes"] % record == 0 for shard in (*found.shards, *found.held_out))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"license_text": "do what you like"}, "SPDX"),
        ({"language": "the usual"}, "no language tag"),
        ({"payload": b"short"}, "at least"),
        ({"payload": b"\xff\xfe" * 4000}, "UTF-8"),
        ({"data_format": "pickle"}, "none that is trained"),
        ({"data_format": "images-u8", "record_bytes": 768}, "no whole number"),
        ({"max_bytes": 5000}, "at most"),
    ],
)
def test_data_that_cannot_be_trained_on_is_refused_with_its_reason(change, reason):
    with pytest.raises(DataRefused, match=reason):
        added(**change)
    assert not DataSet.objects.exists()


def asked(**changes):
    fields = {"repository": "someone/lines", "commit": COMMIT, "files": ["data/lines.txt"], "data_format": "text"}
    return request_hub_data(owner=make_user(), record_bytes=1, now=NOW, **{**fields, **changes})


def test_the_hub_is_closed_unless_the_operator_opens_it():
    with pytest.raises(DataRefused, match="operator does not allow"):
        asked()


@pytest.mark.parametrize(
    "change",
    [
        {"repository": "https://evil.example/x"},
        {"repository": "../../etc"},
        {"commit": "main"},
        {"files": []},
        {"files": ["../secret.txt"]},
        {"files": ["data.pkl"]},
        {"files": ["script.sh"]},
    ],
)
def test_what_does_not_name_files_of_one_commit_is_refused(settings, change):
    settings.HUB_DATA_ALLOWED = True
    with pytest.raises(DataRefused):
        asked(**change)


@pytest.fixture
def hub(settings):
    settings.HUB_DATA_ALLOWED = True
    with serving(Hub) as server:
        settings.HUB_ENDPOINT = server.address
        server.cards[f"/api/datasets/someone/lines/revision/{COMMIT}"] = {"cardData": {"license": "cc-by-4.0"}}
        server.files[f"/datasets/someone/lines/resolve/{COMMIT}/data/lines.txt"] = LINES
        yield server


def test_a_data_set_of_the_hub_is_fetched_hashed_and_named_with_its_commit(hub):
    data_set = asked()
    assert (data_set.state, fetch_waiting(now=NOW), fetch_waiting(now=NOW)) == ("importing", 1, 0)
    data_set.refresh_from_db()
    assert (data_set.state, data_set.license, data_set.origin["commit"]) == ("ready", "CC-BY-4.0", COMMIT)
    assert sum(shard["bytes"] for shard in (*data_set.shards, *data_set.held_out)) == len(LINES)


@pytest.mark.parametrize(
    ("told", "kept"), [("en", "en"), (["de", "fr"], "de, fr"), (["nonsense"], ""), (7, ""), (None, "")]
)
def test_the_hubs_card_names_the_language_and_none_is_made_up(hub, told, kept):
    next(iter(hub.cards.values()))["cardData"]["language"] = told
    data_set = asked()
    fetch_waiting(now=NOW)
    data_set.refresh_from_db()
    assert (data_set.state, data_set.language) == ("ready", kept)


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda hub: hub.cards.clear(), "no public data set"),
        (lambda hub: next(iter(hub.cards.values())).clear(), "names no license"),
        (lambda hub: next(iter(hub.cards.values())).update(cardData={"license": "other"}), "SPDX"),
        (lambda hub: hub.files.clear(), "could not be fetched"),
        (lambda hub: hub.files.update(dict.fromkeys(hub.files, b"\xff" * 9000)), "UTF-8"),
    ],
)
def test_what_is_wrong_at_the_hub_is_written_beside_the_data_set(hub, break_it, reason):
    data_set = asked()
    break_it(hub)
    assert fetch_waiting(now=NOW) == 0
    data_set.refresh_from_db()
    assert data_set.state == "failed"
    assert reason in data_set.error


def test_a_hub_that_is_away_is_said(hub, settings):
    settings.HUB_ENDPOINT = "http://127.0.0.1:9"
    data_set = asked()
    assert fetch_waiting(now=NOW) == 0
    data_set.refresh_from_db()
    assert data_set.error == "The Hub did not answer (ConnectionError)."
