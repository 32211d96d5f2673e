"""Where bytes are kept: the folder, the operator's S3 by presigned addresses, and uploads that go on after a cut."""

import hashlib
import io
import os

import pytest
import requests

from compute_pledges.services import s3, uploads
from compute_pledges.services.blobs import BlobRefused, blob_path, delete_blob, has_blob, open_blob, store_blob
from compute_pledges.services.runs import auditor_token
from tests.compute_pledges.loopback import S3, serving

PAYLOAD = b"theta" * 1000
SHA256 = hashlib.sha256(PAYLOAD).hexdigest()


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.BLOB_ROOT = tmp_path


@pytest.fixture
def bucket(settings):
    with serving(S3) as server:
        settings.S3_BUCKET, settings.S3_ENDPOINT = "training", server.address
        settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = "access", "secret"
        yield server


class Cut(io.BytesIO):
    """A connection that breaks after `whole` bytes."""

    def __init__(self, payload, whole):
        super().__init__(payload)
        self.whole = whole

    def read(self, size=-1):
        if self.tell() >= self.whole:
            raise ConnectionResetError
        return super().read(min(size, self.whole - self.tell()))


def test_with_a_bucket_bytes_are_hashed_here_and_kept_there(bucket, tmp_path):
    assert store_blob(sha256=SHA256, stream=io.BytesIO(PAYLOAD))
    assert not store_blob(sha256=SHA256, stream=io.BytesIO(PAYLOAD))
    assert bucket.objects == {f"/training/{s3.key_of(SHA256)}": PAYLOAD}
    assert not blob_path(SHA256).exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    with open_blob(SHA256) as stream:
        assert stream.read() == PAYLOAD
    delete_blob(SHA256)
    assert not has_blob(SHA256)


def test_a_presigned_address_needs_no_header_and_names_an_end(bucket):
    store_blob(sha256=SHA256, stream=io.BytesIO(PAYLOAD))
    address = s3.presigned_get(SHA256)
    assert requests.get(address, timeout=5).content == PAYLOAD
    assert bucket.requests[-1] == ("GET", f"/training/{s3.key_of(SHA256)}", False)
    assert "X-Amz-Expires=900" in address
    assert requests.get(address.split("?")[0], timeout=5).status_code == 403


def test_wrong_bytes_never_reach_the_bucket(bucket):
    with pytest.raises(BlobRefused, match="do not match"):
        store_blob(sha256=SHA256, stream=io.BytesIO(b"other"))
    assert bucket.objects == {}


def test_a_storage_that_is_away_is_said(settings):
    settings.S3_BUCKET, settings.S3_ENDPOINT = "training", "http://127.0.0.1:9"
    settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = "access", "secret"
    with pytest.raises(s3.StorageAway):
        has_blob(SHA256)


def test_an_upload_goes_on_where_the_connection_was_cut():
    size = len(PAYLOAD)
    with pytest.raises(ConnectionResetError):
        uploads.append(uploader="me", sha256=SHA256, size=size, offset=0, stream=Cut(PAYLOAD, 1234))
    reached = uploads.offset_of(uploader="me", sha256=SHA256, size=size)
    assert reached == 1234
    rest = io.BytesIO(PAYLOAD[reached:])
    assert uploads.append(uploader="me", sha256=SHA256, size=size, offset=reached, stream=rest) == size
    assert has_blob(SHA256)
    assert uploads.append(uploader="me", sha256=SHA256, size=size, offset=size, stream=io.BytesIO()) == size


def test_an_upload_at_another_offset_is_told_where_to_go_on():
    with pytest.raises(uploads.OffsetMismatch) as refused:
        uploads.append(uploader="me", sha256=SHA256, size=len(PAYLOAD), offset=7, stream=io.BytesIO(b"x"))
    assert refused.value.offset == 0


def test_an_upload_whose_bytes_differ_from_its_hash_is_thrown_away():
    wrong = b"x" * len(PAYLOAD)
    with pytest.raises(BlobRefused, match="do not match"):
        uploads.append(uploader="me", sha256=SHA256, size=len(wrong), offset=0, stream=io.BytesIO(wrong))
    assert uploads.offset_of(uploader="me", sha256=SHA256, size=len(wrong)) == 0


def test_nobody_goes_on_with_anothers_upload_and_few_are_open_at_once():
    uploads.append(uploader="a", sha256=SHA256, size=len(PAYLOAD), offset=0, stream=io.BytesIO(PAYLOAD[:10]))
    assert uploads.offset_of(uploader="b", sha256=SHA256, size=len(PAYLOAD)) == 0
    for n in range(3):
        name = hashlib.sha256(bytes([n])).hexdigest()
        uploads.append(uploader="a", sha256=name, size=99, offset=0, stream=io.BytesIO(b"x"))
    uploads.make_room(uploader="a", sha256=name, most=2)
    assert uploads.offset_of(uploader="a", sha256=name, size=99) == 1
    assert uploads.offset_of(uploader="a", sha256=SHA256, size=len(PAYLOAD)) == 0


@pytest.mark.parametrize(("sha256", "size"), [("../../etc/passwd", 9), ("a" * 64, 0)])
def test_names_and_sizes_that_cannot_be_are_refused(sha256, size):
    with pytest.raises(BlobRefused):
        uploads.offset_of(uploader="a", sha256=sha256, size=size)


def test_what_nobody_goes_on_with_is_forgotten_after_a_day(tmp_path):
    uploads.append(uploader="a", sha256=SHA256, size=len(PAYLOAD), offset=0, stream=io.BytesIO(b"x"))
    assert uploads.forget_stale() == 0
    for path in tmp_path.glob("uploads/*/*.part"):
        os.utime(path, (0, 0))
    assert uploads.forget_stale() == 1


@pytest.mark.django_db
def test_with_a_bucket_a_reducers_span_comes_from_there(client, bucket):
    store_blob(sha256=SHA256, stream=io.BytesIO(PAYLOAD))
    headers = {"Authorization": f"Bearer {auditor_token()}"}
    answer = client.get(f"/api/v1/blobs/{SHA256}?first=2&end=9", headers=headers)
    assert answer.status_code == 302
    assert s3.key_of(SHA256) in answer.headers["Location"]
    assert client.get(f"/api/v1/blobs/{'1' * 64}?first=2&end=9", headers=headers).status_code == 404
