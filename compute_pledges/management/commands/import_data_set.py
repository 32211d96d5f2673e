"""Add a data set of the operator's, for every project's runs: files of a folder, or objects of the S3 bucket.

Files are read in the order of their names, one after the other, and cut into hashed shards; they are not changed.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from compute_pledges.errors import ComputeError
from compute_pledges.models import DataSet
from compute_pledges.services import s3
from compute_pledges.services.cutting import chunks_of
from compute_pledges.services.data_sets import MAX_OPERATOR_BYTES, add_data_set

RECORDS = {DataSet.Format.TEXT: 1, DataSet.Format.AUDIO: 2}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name, license, form, and where the bytes are."""
        parser.add_argument("name")
        parser.add_argument("--license", required=True, help="SPDX expression")
        parser.add_argument("--language", default="", help="BCP 47 tags, such as en or en,de; zxx for none")
        parser.add_argument("--format", required=True, choices=DataSet.Format.values)
        parser.add_argument("--record-bytes", type=int, help="bytes of one image: height x width x channels")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--folder", type=Path, help="every file below it, by name")
        source.add_argument("--s3", metavar="PREFIX", help="every object of S3_BUCKET whose key begins so")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, and say what came of it. Raises CommandError."""
        record = RECORDS.get(options["format"]) or options["record_bytes"]
        if not record:
            raise CommandError("Say with --record-bytes how many bytes one image has.")
        try:
            names, chunks = _of_folder(options["folder"]) if options["folder"] else _of_bucket(options["s3"])
            made = add_data_set(
                owner=None, name=options["name"], license_text=options["license"], data_format=options["format"],
                language=options["language"],
                chunks=chunks, record_bytes=record, source=DataSet.Source.OPERATOR, origin={"files": names[:1000]},
                max_bytes=MAX_OPERATOR_BYTES, now=timezone.now(),
            )  # fmt: skip
        except (ComputeError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made.pk}: {len(names)} files, {made.size:,} bytes in {len(made.shards)} shards.")


def _of_folder(folder: Path) -> tuple[list[str], Iterator[bytes]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise CommandError(f"There is no file in {folder}.")
    return [str(path.relative_to(folder)) for path in files], (chunk for path in files for chunk in _read(path))


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from chunks_of(stream)


def _of_bucket(prefix: str) -> tuple[list[str], Iterator[bytes]]:
    if not s3.is_configured():
        raise CommandError("No bucket is named: set S3_BUCKET.")
    keys = s3.keys_under(prefix)
    if not keys:
        raise CommandError(f"No object's key begins with {prefix}.")
    return keys, (chunk for key in keys for chunk in chunks_of(s3.open_key(key)))
