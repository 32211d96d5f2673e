"""Files and pictures over the API, by the rules of the site."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.rest.bodies import MIB, MOST_JSON
from payments.models import PayoutRecipient
from projects.fulfilment.images import MOST_BYTES
from projects.models import OutputRelease, RewardImage
from tests.api.calling import Caller
from tests.factories.people import make_project
from tests.factories.pictures import picture

pytestmark = pytest.mark.django_db
CARD = "---\nlicense: apache-2.0\n---\n# Card\n"


@pytest.fixture
def caller():
    return Caller()


def send(caller, method, path, fields, key=None):
    headers = {"Authorization": f"Bearer {caller.secret}", **({"Idempotency-Key": key} if key else {})}
    body = encode_multipart(BOUNDARY, fields)
    return caller.client.generic(method, f"/api/v1/{path}", body, content_type=MULTIPART_CONTENT, headers=headers)


def form(content=b"weights", name="model weights.safetensors", **more):
    file = SimpleUploadedFile(name, content)
    return {"kind": "weights", "title": "1.0", "license": "Apache-2.0", "file": file, **more}


def test_a_release_is_uploaded_with_its_hash_taken(caller):
    project = make_project(creator=caller.owner)
    path = f"projects/{project.slug}/outputs"
    made = send(caller, "POST", path, form(card=CARD))
    assert made.status_code == 201, made.json()
    row, release = made.json(), OutputRelease.objects.select_related("file").get()
    assert (row["sha256"], release.card) == (hashlib.sha256(b"weights").hexdigest(), CARD)
    assert (bytes(release.file.content), release.file.name, release.verdict) == (
        b"weights", "model-weights.safetensors", "own",
    )  # fmt: skip
    fetched = caller.client.get(row["url"].removeprefix("http://127.0.0.1:8000"))
    assert (fetched.content, "attachment" in fetched["Content-Disposition"]) == (b"weights", True)


def test_a_release_that_is_sent_again_with_its_key_is_made_once(caller):
    path = f"projects/{make_project(creator=caller.owner).slug}/outputs"
    first = send(caller, "POST", path, form(), key="k")
    # Another line between the fields, as every client draws one: the same request.
    again = caller.client.post(
        f"/api/v1/{path}", encode_multipart("other", form()), content_type="multipart/form-data; boundary=other",
        headers={"Authorization": f"Bearer {caller.secret}", "Idempotency-Key": "k"},
    )  # fmt: skip
    assert (first.json(), again["Idempotent-Replayed"]) == (again.json(), "true")
    assert send(caller, "POST", path, form(b"other"), key="k").status_code == 422
    assert OutputRelease.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"file": ""}, 400, "file"),
        ({"license": "Nobody-1.0"}, 400, "license"),
        ({"kind": "magic"}, 400, "kind"),
        ({"promise": 99}, 400, "promise"),
        ({"file": SimpleUploadedFile("x", b"")}, 400, "file"),
    ],
)
def test_what_cannot_be_released_is_named(caller, change, status, field):
    answer = send(caller, "POST", f"projects/{make_project(creator=caller.owner).slug}/outputs", form() | change)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (status, [field])
    assert not OutputRelease.objects.exists()


def test_what_is_too_large_is_not_read(caller):
    slug = make_project(creator=caller.owner).slug
    large = send(caller, "POST", f"projects/{slug}/outputs", form(b"x" * (11 * MIB)))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    long = caller.post("my/projects", {"title": "x" * MOST_JSON, "promise": "y", "model_kind": "language"}, key="k")
    assert (long.status_code, long.json()["detail"]) == (
        413, "At most 2 MiB are read here. Link larger files with their SHA-256.",
    )  # fmt: skip


def test_a_reward_gets_its_picture_and_loses_it(caller):
    project = make_project(creator=caller.owner)
    reward = project.rewards.create(title="Mug", threshold_minor=500)
    path = f"my/projects/{project.slug}/rewards/{reward.pk}/picture"
    fields = {"picture": SimpleUploadedFile("a.png", picture()), "alt": "A mug."}
    told = send(caller, "PUT", path, fields).json()
    image = RewardImage.objects.get()
    assert told == {
        "url": f"http://127.0.0.1:8000/projects/{project.slug}/rewards/{reward.pk}/{image.sha256}.webp",
        "alt": "A mug.", "width": 40, "height": 30,
    }  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        (row,) = caller.get(f"projects/{project.slug}/rewards").json()["items"]
    assert row["picture"] == told
    # The list says where pictures are, and reads none of them.
    assert not [one["sql"] for one in asked if '"content"' in one["sql"]]
    assert caller.ask("DELETE", path).json() == {"is_removed": True}
    assert caller.get(f"projects/{project.slug}/rewards").json()["items"][0]["picture"] is None


@pytest.mark.parametrize(
    ("content", "alt", "status"),
    [(b"<svg onload=alert(1)>", "x", 409), (b"", "x", 400), (None, "", 400), (b"x" * (MOST_BYTES + 9), "x", 409)],
)
def test_what_is_no_picture_is_refused(caller, content, alt, status):
    reward = make_project(creator=caller.owner).rewards.create(title="Mug", threshold_minor=500)
    path = f"my/projects/{reward.project.slug}/rewards/{reward.pk}/picture"
    file = SimpleUploadedFile("a.png", picture() if content is None else content)
    assert send(caller, "PUT", path, {"picture": file, "alt": alt}).status_code == status
    assert not RewardImage.objects.exists()


def test_a_form_is_read_only_where_there_is_a_file(caller):
    answer = send(caller, "POST", "my/projects", {"title": "x"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_rewards_share_stock(caller):
    project = make_project(creator=caller.owner)
    reward = project.rewards.create(title="Book", threshold_minor=500)
    path = f"my/projects/{project.slug}/pools"
    pool = caller.post(path, {"name": "Books", "limit": 20}).json()
    assert (pool["name"], pool["limit"], pool["claimed"]) == ("Books", 20, 0)
    assert caller.post(path, {"name": "Books", "limit": 20}).json()["detail"] == "There is a shared stock of this name."
    assert caller.get(path).json()["items"] == [pool]
    one = f"my/projects/{project.slug}/rewards/{reward.pk}"
    changed = caller.ask("PATCH", one, {"version": caller.get(one).json()["version"], "pool": pool["id"]})
    assert changed.json()["pool"] == pool["id"]


def test_a_milestone_is_shown_to_be_reached(caller):

    project = make_project(creator=caller.owner, state="delivering", launched_at=timezone.now())
    project.milestones.create(number=1, title="Data", evidence_wanted="A hash.", share_bp=10_000)
    path, said = f"my/projects/{project.slug}/milestones/1", {"text": "It is clean.", "url": "https://data.example/"}
    assert caller.get(path).json()["payout"] is None
    assert caller.post(path, said).status_code == 409
    PayoutRecipient.objects.create(user=caller.owner, account_id="acct_1", is_active=True)
    answer = caller.post(path, said)
    assert (answer.status_code, answer.json()["payout"]) == (201, "requested"), answer.json()
    assert [row["text"] for row in answer.json()["evidence"]] == ["It is clean."]
    assert caller.post(path, {"text": "x", "url": "javascript:alert(1)"}).json()["errors"][0]["field"] == "url"
    assert caller.post(path, said).status_code == 409
