"""Files of statistics: what everyone may see and no more, written once a day, sent once to each who keeps them."""

import csv
import gzip
import hashlib
import io
import json
from datetime import timedelta

import pytest

from compute_pledges.dumps.services import is_due, write_statistics
from compute_pledges.dumps.tables import TABLES
from compute_pledges.models import SponsoredDevice, SponsorVendor, StatisticsFile
from compute_pledges.services import s3
from compute_pledges.services.blobs import blob_path, has_blob
from compute_pledges.standing import teams
from compute_pledges.standing.credit import Scope, credit_of
from compute_pledges.standing.listing import choose_listing
from projects.models import Project
from tests.compute_pledges.earning import DAY, earn, named
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_user
from tests.factories.pledges import HOUR_US

pytestmark = pytest.mark.django_db
KINDS = {"integer": int, "string": str, "boolean": bool}


@pytest.fixture
def run():
    made = make_run()
    open_round(made)
    return made


def asked(client, name, method="get", **headers):
    """The answer and its bytes."""
    answer = getattr(client, method)(f"/statistics/{name}", headers=headers)
    content = b"".join(answer) if answer.streaming else answer.content
    return answer, content


def body(client, name):
    return asked(client, name)[1]


def lines(client, table):
    return [json.loads(line) for line in gzip.decompress(body(client, f"{table}.jsonl.gz")).decode().splitlines()]


def test_files_hold_whom_the_lists_hold_with_their_credit(client, run):
    ada, hidden, gone = named("Ada Łovelace"), named("Ben Quiet"), named("Cyd Gone")
    team = teams.found_team(name="Red", about="", by=ada, now=NOW - DAY)
    teams.join_team(invitation=team.invitation, by=hidden, now=NOW - DAY)
    for user, hours in ((ada, 3), (ada, 1), (hidden, 5), (gone, 7)):
        earn(run, user, hours)
    earn(run, ada, 50, state="rejected")
    rented = earn(run, ada, 90)
    vendor = SponsorVendor.objects.create(project=run.project, name="Halls")
    SponsoredDevice.objects.create(
        device=rented.device, project=run.project, vendor=vendor, marked_by=ada, marked_at=NOW
    )  # fmt: skip
    choose_listing(user=hidden, hidden=True, now=NOW)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    now = NOW + DAY
    assert write_statistics(now=now) == 6
    average = credit_of(user_id=ada.pk, scope=Scope(now)).average_us
    (person,) = lines(client, "users")
    assert person.pop("average_h100_us") == pytest.approx(average, abs=1)
    assert person == {
        "id": ada.pk, "name": "Ada Łovelace", "team_id": str(team.pk), "h100_us": 4 * HOUR_US, "device_us": 4 * HOUR_US,
        "blocks": 2,
    }  # fmt: skip
    devices = lines(client, "devices")
    said = {(row["user_id"], row["model"], row["newest_block_on"]) for row in devices}
    assert (len(devices), said) == (2, {(ada.pk, "h100-sxm", "2026-06-01")})
    assert "name" not in devices[0]
    (red,) = lines(client, "teams")
    assert (red["name"], red["members"], red["h100_us"], red["is_closed"]) == ("Red", 2, 9 * HOUR_US, False)
    summary = json.loads(body(client, "statistics.json"))
    assert summary["not_listed"] == {"users": 2, "h100_us": 12 * HOUR_US, "device_us": 12 * HOUR_US, "blocks": 2}
    whole = b"".join(gzip.decompress(body(client, file["name"])) for file in summary["files"])
    assert b"Quiet" not in whole
    assert b"Gone" not in whole


def test_days_are_summed_by_run_once_they_are_over_and_csv_says_the_same(client, run):
    for days in (0, 0, 1, 2):
        earn(run, make_user(), 2, now=NOW + days * DAY)
    secret = make_run()
    open_round(secret)
    earn(secret, make_user(), 9)
    Project.objects.filter(pk=secret.project_id).update(state="suspended")
    write_statistics(now=NOW + 2 * DAY + timedelta(hours=1))
    found = lines(client, "daily_credit")
    assert [(row["day"], row["h100_us"] // HOUR_US, row["volunteers"]) for row in found] == [
        ("2026-06-01", 4, 2), ("2026-06-02", 2, 1),
    ]  # fmt: skip
    text = gzip.decompress(body(client, "daily_credit.csv.gz")).decode()
    same = list(csv.DictReader(io.StringIO(text)))
    assert [{name: str(value) for name, value in row.items()} for row in found] == same
    assert StatisticsFile.objects.get(name="daily_credit.csv.gz").rows == len(found) == 2


def test_every_line_is_what_the_summary_says_it_is(client, run):
    user = make_user()
    teams.found_team(name="Red", about="", by=user, now=NOW)
    earn(run, user, 1)
    write_statistics(now=NOW + 2 * DAY)
    summary = json.loads(body(client, "statistics.json"))
    assert set(summary["tables"]) == {table.name for table in TABLES}
    for table, said in summary["tables"].items():
        rows = lines(client, table)
        assert rows, table
        for row in rows:
            assert list(row) == [column["name"] for column in said["columns"]]
            for column in said["columns"]:
                kinds = column["type"].split(" or ")
                assert (row[column["name"]] is None and "null" in kinds) or type(row[column["name"]]) is KINDS[kinds[0]]
    for file in summary["files"]:
        content = body(client, file["name"])
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])


def test_they_are_written_once_a_day_and_again_when_somebody_leaves_the_lists(client, run):
    user = named("Ada")
    earn(run, user, 1)
    assert write_statistics(now=NOW) == 6
    assert write_statistics(now=NOW + timedelta(hours=11)) == 0
    first = StatisticsFile.objects.get(name="users.jsonl.gz").sha256
    choose_listing(user=user, hidden=True, now=NOW + timedelta(hours=1))
    assert write_statistics(now=NOW + timedelta(hours=2)) == 6
    assert lines(client, "users") == []
    choose_listing(user=user, hidden=False, now=NOW + timedelta(hours=3))
    assert not is_due(NOW + timedelta(hours=4))
    assert has_blob(first)
    assert write_statistics(now=NOW + timedelta(hours=13)) == 6
    assert [row["name"] for row in lines(client, "users")] == ["Ada"]


def test_the_writing_before_stays_for_downloads_under_way_and_then_goes(run):
    hashes = []
    for day in range(3):
        earn(run, make_user(), 1, now=NOW)
        write_statistics(now=NOW + day * DAY)
        hashes.append(StatisticsFile.objects.get(name="users.jsonl.gz").sha256)
    assert len(set(hashes)) == 3
    assert [has_blob(sha256) for sha256 in hashes] == [False, True, True]
    earn(run, make_user(), 0.5, now=NOW + 20 * DAY)
    for day in (3, 4):
        write_statistics(now=NOW + day * DAY)
    assert all(has_blob(file.sha256) for file in StatisticsFile.objects.all())


def test_who_has_a_file_is_not_sent_it_again(client, run):
    earn(run, make_user(), 1)
    write_statistics(now=NOW)
    name = "users.jsonl.gz"
    answer, content = asked(client, name)
    assert answer["ETag"] == f'"{StatisticsFile.objects.get(name=name).sha256}"'
    assert answer["Last-Modified"] == "Mon, 01 Jun 2026 12:00:00 GMT"
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert answer["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in answer
    for headers in (
        {"If-None-Match": answer["ETag"]}, {"If-None-Match": f'"x", W/{answer["ETag"]}'},
        {"If-Modified-Since": answer["Last-Modified"]},
    ):  # fmt: skip
        again, nothing = asked(client, name, **headers)
        assert (again.status_code, nothing, again["ETag"]) == (304, b"", answer["ETag"])
    for headers in ({"If-Modified-Since": "Mon, 01 Jun 2026 11:59:59 GMT"}, {"If-None-Match": '"x"'}):
        assert asked(client, name, **headers)[1] == content
    assert asked(client, name, Range="bytes=0-3")[1] == content[:4]
    head, nothing = asked(client, name, "head")
    assert (head["Content-Length"], nothing) == (str(len(content)), b"")
    assert client.post(f"/statistics/{name}").status_code == 405
    assert client.get("/statistics/passwords.txt").status_code == 404


def test_the_page_says_what_there_is_and_asks_one_question(client, run, django_assert_num_queries):
    assert "within the hour" in client.get("/statistics/").content.decode()
    earn(run, make_user(), 1)
    write_statistics(now=NOW)
    with django_assert_num_queries(1):
        page = client.get("/statistics/").content.decode()
    assert page.count("download>") == 6
    assert "average_h100_us" in page


def test_while_storage_is_away_the_old_files_stand(client, run, settings):
    write_statistics(now=NOW)
    earn(run, make_user(), 1)
    settings.S3_BUCKET, settings.S3_ENDPOINT, settings.S3_REGION = "b", "http://127.0.0.1:9", "eu"
    settings.S3_ACCESS_KEY = settings.S3_SECRET_KEY = "k"
    assert s3.is_configured()
    assert write_statistics(now=NOW + 2 * DAY) == 0
    settings.S3_BUCKET = ""
    assert lines(client, "users") == []
    assert write_statistics(now=NOW + 2 * DAY) == 6
    assert len(lines(client, "users")) == 1


def test_bytes_in_object_storage_come_from_there_by_an_address_of_minutes(client, run, settings):
    earn(run, make_user(), 1)
    write_statistics(now=NOW)
    file = StatisticsFile.objects.get(name="users.jsonl.gz")
    blob_path(file.sha256).unlink()
    settings.S3_BUCKET, settings.S3_ENDPOINT, settings.S3_REGION = "b", "http://127.0.0.1:9", "eu"
    settings.S3_ACCESS_KEY = settings.S3_SECRET_KEY = "k"
    answer = client.get("/statistics/users.jsonl.gz")
    assert (answer.status_code, answer["Cache-Control"]) == (302, "private, max-age=600")
    assert file.sha256 in answer["Location"]
    kept = client.get("/statistics/users.jsonl.gz", headers={"If-None-Match": f'"{file.sha256}"'})
    assert kept.status_code == 304
