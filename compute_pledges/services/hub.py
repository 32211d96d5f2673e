"""Fetching a data set of the Hugging Face Hub, where the operator allows it: files of one commit, by HTTPS, as bytes.

Nothing of the Hub runs here: no loading script, no pickle. The commit is pinned, so that everyone can fetch the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import requests
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.models import DataSet
from compute_pledges.services.cutting import CHUNK, DataRefused, cut
from compute_pledges.services.data_sets import MAX_BYTES, check_room, checked_language, checked_license
from compute_pledges.services.s3 import StorageAway
from values.languages import MOST_LANGUAGES

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}\Z")
FILE = re.compile(r"(?!.*\.\.)[\w][\w./-]{0,200}\.(txt|md|py|json|jsonl|csv|raw)\Z")
MAX_FILES = 50
# Longer than a fetch takes: who claimed it went away.
CLAIM_LIFETIME = timedelta(minutes=30)
TIMEOUT_SECONDS = 30
# The Hub writes licenses in lower case; SPDX has its own spelling.
SPDX_OF_HUB = {
    "apache-2.0": "Apache-2.0", "mit": "MIT", "cc0-1.0": "CC0-1.0", "cc-by-4.0": "CC-BY-4.0",
    "cc-by-sa-4.0": "CC-BY-SA-4.0", "cc-by-sa-3.0": "CC-BY-SA-3.0", "odbl": "ODbL-1.0", "bsd-3-clause": "BSD-3-Clause",
}  # fmt: skip


def request_hub_data(
    *, owner: User, repository: str, commit: str, files: list[str], data_format: str, record_bytes: int, now: datetime
) -> DataSet:
    """Record what is to be fetched; a worker fetches it. Raises DataRefused."""
    if not settings.HUB_DATA_ALLOWED:
        raise DataRefused(gettext("This platform's operator does not allow data sets of the Hugging Face Hub."))
    if not REPOSITORY.match(repository):
        raise DataRefused(gettext("Write the data set as owner/name."))
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise DataRefused(gettext("Name the commit by its 40 hexadecimal digits: a branch may change under the run."))
    if not 1 <= len(files) <= MAX_FILES or not all(FILE.match(name) for name in files):
        raise DataRefused(
            gettext("Name 1 to %(max_files)s files of text or raw records (txt, md, py, json, jsonl, csv, raw).")
            % {"max_files": MAX_FILES}
        )
    check_room(owner, now)
    origin = {"repository": repository, "commit": commit, "files": files, "record_bytes": record_bytes}
    return DataSet.objects.create(
        owner=owner, name=repository[:120], license="", format=data_format, source=DataSet.Source.HUB, origin=origin,
        state=DataSet.State.IMPORTING, created_at=now,
    )  # fmt: skip


def fetch_waiting(*, now: datetime) -> int:
    """Fetch every data set that waits; each by itself. Returns how many are ready."""
    free = Q(claimed_at=None) | Q(claimed_at__lte=now - CLAIM_LIFETIME)
    waiting = DataSet.objects.filter(free, state=DataSet.State.IMPORTING, source=DataSet.Source.HUB)
    found = list(waiting.order_by("created_at").values_list("pk", flat=True)[:10])
    # Compare and swap: two workers never fetch the same.
    return sum(fetch_hub_data(data_set_id=pk) for pk in found if waiting.filter(pk=pk).update(claimed_at=now))


def fetch_hub_data(*, data_set_id: UUID) -> bool:
    """Fetch one data set; what is wrong with it is written beside it. Returns whether it is ready."""
    data_set = DataSet.objects.get(pk=data_set_id)
    try:
        card = _card(data_set.origin)
        license_text = _license(card)
        chunks = (chunk for name in data_set.origin["files"] for chunk in _file(data_set.origin, name))
        shards, held_out = cut(
            chunks, data_format=data_set.format, record_bytes=data_set.origin["record_bytes"], max_bytes=MAX_BYTES
        )
    except StorageAway:
        # The data is not to blame: the next sweep tries again.
        DataSet.objects.filter(pk=data_set_id).update(claimed_at=None)
        return False
    except (DataRefused, requests.RequestException, ValueError) as error:
        reason = (
            str(error)
            if isinstance(error, DataRefused)
            else gettext("The Hub did not answer (%(type)s).") % {"type": type(error).__name__}
        )
        _reach(data_set, DataSet.State.FAILED, error=reason[:300])
        return False
    told = {"license": license_text, "language": _language(card)}
    return _reach(data_set, DataSet.State.READY, shards=shards, held_out=held_out, **told)


def _reach(data_set: DataSet, state: str, **fields: Any) -> bool:
    """Compare and swap: another worker may have been first."""
    waiting = DataSet.objects.filter(pk=data_set.pk, state=DataSet.State.IMPORTING)
    return bool(waiting.update(state=state, **fields))


def _card(origin: dict[str, Any]) -> dict[str, Any]:
    """What the data set says of itself."""
    address = f"{settings.HUB_ENDPOINT}/api/datasets/{origin['repository']}/revision/{origin['commit']}"
    answer = requests.get(address, timeout=TIMEOUT_SECONDS)
    if answer.status_code != requests.codes.ok:
        raise DataRefused(
            gettext("The Hub has no public data set of this name and commit (status %(status_code)s).")
            % {"status_code": answer.status_code}
        )
    card: dict[str, Any] = answer.json().get("cardData") or {}
    return card


def _license(card: dict[str, Any]) -> str:
    found = card.get("license")
    text = found[0] if isinstance(found, list) and found else found
    if not isinstance(text, str):
        raise DataRefused(gettext("The data set names no license; without one nobody may train on it."))
    return checked_license(SPDX_OF_HUB.get(text.lower(), text))


def _language(card: dict[str, Any]) -> str:
    """The card's languages; none where it names none that is known, for only the license is a condition."""
    found = card.get("language")
    listed = found if isinstance(found, list) else [found]
    tags = [tag for tag in listed if isinstance(tag, str)]
    try:
        return checked_language(",".join(tags[:MOST_LANGUAGES]))
    except DataRefused:
        return ""


def _file(origin: dict[str, Any], name: str) -> Iterator[bytes]:
    """The bytes of a file, a chunk at a time. Redirects lead to the Hub's own storage."""
    address = f"{settings.HUB_ENDPOINT}/datasets/{origin['repository']}/resolve/{origin['commit']}/{name}"
    with requests.get(address, timeout=TIMEOUT_SECONDS, stream=True) as answer:
        if answer.status_code != requests.codes.ok:
            raise DataRefused(
                gettext("%(name)s could not be fetched (status %(status_code)s).")
                % {"name": name, "status_code": answer.status_code}
            )
        yield from answer.iter_content(CHUNK)
