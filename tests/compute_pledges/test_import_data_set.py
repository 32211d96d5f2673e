"""The operator adds data for every project, from a folder or from the bucket."""

from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command

from compute_pledges.models import DataSet
from compute_pledges.services import cutting
from compute_pledges.services.cutting import MAX_HELD_OUT_BYTES, even_parts, split
from tests.compute_pledges.loopback import S3, serving
from tests.compute_pledges.test_data_sets import LINES, bytes_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.BLOB_ROOT = tmp_path / "blobs"


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "data"
    (folder / "b").mkdir(parents=True)
    (folder / "a.txt").write_bytes(LINES[:50_000])
    (folder / "b" / "c.txt").write_bytes(LINES[50_000:])
    return folder


def run(*arguments, **options):
    call_command("import_data_set", *arguments, **options)


def test_a_folder_becomes_a_data_set_that_every_project_may_use(files, capsys):
    run("Lines", "--license=cc0-1.0", "--format=text", f"--folder={files}")
    made = DataSet.objects.get()
    assert (made.owner, made.source, made.license, made.origin["files"]) == (
        None, "operator", "CC0-1.0", ["a.txt", "b/c.txt"],
    )  # fmt: skip
    assert sum(len(part) for part in bytes_of((*made.shards, *made.held_out))) == len(LINES)
    assert "2 files" in capsys.readouterr().out


def test_objects_of_the_bucket_become_a_data_set(settings):
    with serving(S3) as server:
        settings.S3_BUCKET, settings.S3_ENDPOINT = "bucket", server.address
        settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = "key", "secret"
        server.objects |= {"/bucket/corpus/1.txt": LINES, "/bucket/corpus/0.txt": LINES[:100], "/bucket/other": b"x"}
        run("Corpus", "--license=MIT", "--format=text", "--s3=corpus/")
        made = DataSet.objects.get()
        assert made.origin["files"] == ["corpus/0.txt", "corpus/1.txt"]
        assert sum(shard["bytes"] for shard in (*made.shards, *made.held_out)) == len(LINES) + 100
        with pytest.raises(CommandError, match="No object"):
            run("None", "--license=MIT", "--format=text", "--s3=nothing/")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--license=mine", "--format=text"], "SPDX"),
        (["--license=MIT", "--format=images-u8"], "record-bytes"),
        (["--license=MIT", "--format=images-u8", "--record-bytes=77"], "no whole number"),
    ],
)
def test_what_cannot_be_imported_is_said(files, arguments, says):
    with pytest.raises(CommandError, match=says):
        run("Lines", *arguments, f"--folder={files}")
    assert not DataSet.objects.exists()


def test_without_files_or_a_bucket_nothing_is_imported(tmp_path):
    with pytest.raises(CommandError, match="no file"):
        run("Lines", "--license=MIT", "--format=text", f"--folder={tmp_path}")
    with pytest.raises(CommandError, match="S3_BUCKET"):
        run("Lines", "--license=MIT", "--format=text", "--s3=x")


@pytest.mark.parametrize(("size", "record"), [(2_048, 1), (99_999, 1), (76_800, 768), (40 * 2**30, 1), (2**31, 256)])
def test_every_byte_is_in_one_shard_whatever_the_size(size, record):
    train, held_out = split(size, record)
    edges = sorted((*train, *held_out))
    assert (edges[0][0], edges[-1][1]) == (0, size)
    assert all(left[1] == right[0] for left, right in pairwise(edges))
    kept = sum(end - start for start, end in held_out)
    assert 0 < kept <= min(MAX_HELD_OUT_BYTES, size // 10)
    parts = [sum(end - start for start, end in part) for part in even_parts(train, record)]
    assert sum(parts) == size - kept
    assert all(part % record == 0 for part in parts)
    assert min(parts) > 0.9 * max(parts)


def test_memory_holds_a_chunk_and_not_the_data(monkeypatch):
    asked = []

    def watched(*, sha256, stream):
        asked.append(max(len(chunk) for chunk in iter(lambda: stream.read(2**16), b"")))
        return True

    monkeypatch.setattr(cutting, "store_blob", watched)
    made = cutting.cut((b"x" * 2**20 for _ in range(9)), data_format="text", record_bytes=1, max_bytes=2**24)
    assert len(made[0]) == 2
    assert max(asked) <= 2**16
