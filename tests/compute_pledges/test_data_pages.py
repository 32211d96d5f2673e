"""A team adds data sets and sees what they consist of; nobody else does."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from compute_pledges.models import DataSet
from compute_pledges.services.data_sets import add_data_set
from compute_pledges.tasks import fetch_data_sets
from tests.compute_pledges.test_data_sets import COMMIT, LINES
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
ADDRESS = "/projects/woven/data/"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.BLOB_ROOT = tmp_path


@pytest.fixture
def project(client):
    project = make_project(slug="woven")
    client.force_login(project.creator)
    return project


def typed(payload=LINES, **changes):
    return {
        "name": "Lines", "license_text": "cc0-1.0", "data_format": "text", "language": "en", "record_bytes": "",
        "file": SimpleUploadedFile("lines.txt", payload), **changes,
    }  # fmt: skip


def test_an_uploaded_file_becomes_a_data_set_with_its_hashes(client, project):
    added = client.post(f"{ADDRESS}upload/", typed())
    data_set = DataSet.objects.get()
    assert added.url == f"{ADDRESS}{data_set.pk}/"
    assert (data_set.owner, data_set.license, data_set.state) == (project.creator, "CC0-1.0", "ready")
    page = client.get(added.url).content.decode()
    for shard in (*data_set.shards, *data_set.held_out):
        assert shard["sha256"] in page
    assert "lines.txt" in page
    assert "CC0-1.0" in client.get(ADDRESS).content.decode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"license_text": "do what you like"}, "SPDX"),
        ({"payload": b"\xff" * 5000}, "UTF-8"),
        ({"payload": b"short"}, "at least"),
        ({"data_format": "images-u8"}, "how many bytes one image has"),
        ({"data_format": "images-u8", "record_bytes": "77"}, "no whole number of records"),
        ({"language": ""}, "Say which language it is in"),
        ({"language": "Deutsch"}, "no language tag"),
        ({"file": ""}, "required"),
    ],
)
def test_a_file_that_cannot_be_trained_on_says_why_and_keeps_what_was_typed(client, project, change, says):
    page = client.post(f"{ADDRESS}upload/", typed(name="Kept name", **change))
    assert page.status_code == 422
    assert says in page.content.decode()
    assert 'value="Kept name"' in page.content.decode()
    assert not DataSet.objects.exists()


def test_its_language_is_kept_shown_and_carried_by_the_manifest(client, project):
    page = client.get(client.post(f"{ADDRESS}upload/", typed(language="PT-br, zxx")).url).content.decode()
    assert "Portuguese (Brazil), no language" in page
    assert "Portuguese (Brazil)" in client.get(ADDRESS).content.decode()
    assert DataSet.objects.get().manifest["language"] == "pt-BR, zxx"


def test_pictures_need_no_language(client, project):
    pictures = typed(bytes(range(256)) * 150, data_format="images-u8", record_bytes="768", language="")
    assert client.post(f"{ADDRESS}upload/", pictures).status_code == 302
    assert DataSet.objects.get().language == ""


def test_a_file_that_is_too_large_is_refused(client, project, monkeypatch):
    monkeypatch.setattr("compute_pledges.web.data_forms.MAX_BYTES", 3000)
    assert "at most 3,000 bytes" in client.post(f"{ADDRESS}upload/", typed()).content.decode()


def test_a_person_adds_so_many_a_day(client, project, monkeypatch):
    monkeypatch.setattr("compute_pledges.services.data_sets.MOST_A_DAY", 1)
    assert client.post(f"{ADDRESS}upload/", typed()).status_code == 302
    assert "Go on tomorrow" in client.post(f"{ADDRESS}upload/", typed()).content.decode()
    assert DataSet.objects.count() == 1


def test_a_teammate_adds_data_and_strangers_see_none_of_it(client, project):
    client.post(f"{ADDRESS}upload/", typed())
    own = f"{ADDRESS}{DataSet.objects.get().pk}/"
    client.force_login(project.teammates.create(user=make_user(), added_at=NOW).user)
    assert client.get(own).status_code == 200
    assert client.post(f"{ADDRESS}upload/", typed(name="Mate's")).status_code == 302
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert client.get(own).status_code == 200
    assert client.post(f"{ADDRESS}upload/", typed()).status_code == 403
    client.force_login(make_user())
    for address in (ADDRESS, own, f"{ADDRESS}upload/", f"{ADDRESS}hub/"):
        assert client.get(address).status_code == 403
    client.logout()
    assert client.get(ADDRESS).status_code == 302


def test_data_of_another_team_is_not_reached_through_ones_own_project(client, project):
    theirs = add_data_set(
        owner=make_user(), name="Theirs", license_text="CC0-1.0", data_format="text", chunks=[LINES], now=NOW
    )
    operators = add_data_set(
        owner=None, name="Operator's", license_text="CC0-1.0", data_format="text", chunks=[LINES], now=NOW
    )
    assert client.get(f"{ADDRESS}{theirs.pk}/").status_code == 404
    assert client.get(f"{ADDRESS}{operators.pk}/").status_code == 200
    listed = client.get(ADDRESS).content.decode()
    assert "Theirs" not in listed
    assert "Operator&#x27;s" in listed


def asked(**changes):
    return {
        "repository": "someone/lines", "commit": COMMIT, "file_names": " data/lines.txt \n\n", "data_format": "text",
        "record_bytes": "", **changes,
    }  # fmt: skip


def test_files_of_the_hub_are_asked_for_on_the_page_and_fetched_by_a_task(client, project, hub):
    answer = client.post(f"{ADDRESS}hub/", asked())
    data_set = DataSet.objects.get()
    assert (answer.url, data_set.state) == (f"{ADDRESS}{data_set.pk}/", "importing")
    assert "being fetched since" in client.get(answer.url).content.decode()
    assert fetch_data_sets() == 1
    data_set.refresh_from_db()
    assert (data_set.state, data_set.owner) == ("ready", project.creator)
    assert COMMIT in client.get(answer.url).content.decode()


def test_the_hub_page_says_what_is_wrong(client, project, hub, settings):
    page = client.post(f"{ADDRESS}hub/", asked(commit="main"))
    assert "40 hexadecimal digits" in page.content.decode()
    assert "data/lines.txt" in page.content.decode()
    hub.files.clear()
    failed = client.post(f"{ADDRESS}hub/", asked()).url
    fetch_data_sets()
    assert "could not be fetched" in client.get(failed).content.decode()
    settings.HUB_DATA_ALLOWED = False
    assert "operator does not allow" in client.get(f"{ADDRESS}hub/").content.decode()
    assert client.post(f"{ADDRESS}hub/", asked()).status_code == 422


def test_lists_are_paged_and_take_the_same_queries(client, project, django_assert_max_num_queries):
    DataSet.objects.bulk_create(
        DataSet(
            owner=project.creator, name=f"Set {number}", license="MIT", format="text", source="upload", state="ready",
            shards=[{"sha256": f"{n:064x}", "bytes": 9} for n in range(120)], created_at=NOW,
        )
        for number in range(30)
    )  # fmt: skip
    with django_assert_max_num_queries(10):
        page = client.get(ADDRESS).content.decode()
    assert page.count("Set ") == 25
    with django_assert_max_num_queries(10):
        shown = client.get(f"{ADDRESS}{DataSet.objects.first().pk}/?page=2").content.decode()
    assert f"{119:064x}" in shown
    assert f"{99:064x}" not in shown
