"""Adding training data: cut into shards, hashed, with its SPDX license; one part is held out and never trained on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.models import DataSet
from compute_pledges.services.cutting import DataRefused, cut
from projects.licenses import LicenseError, parse_license
from projects.models import Project
from projects.teammates import team_ids
from values.languages import LanguageError, parse_languages

MAX_BYTES, MAX_OPERATOR_BYTES = 512 * 2**20, 32 * 2**30
MOST_OF_AN_OWNER, MOST_A_DAY = 100, 20


def add_data_set(
    *,
    owner: User | None,
    name: str,
    license_text: str,
    language: str = "",
    data_format: str,
    chunks: Iterable[bytes],
    now: datetime,
    record_bytes: int = 1,
    source: str = DataSet.Source.UPLOAD,
    origin: dict[str, Any] | None = None,
    max_bytes: int = MAX_BYTES,
) -> DataSet:
    """Store a data set whose records have `record_bytes` (1 for text). Raises DataRefused."""
    check_room(owner, now)
    expression, languages = checked_license(license_text), checked_language(language)
    shards, held_out = cut(chunks, data_format=data_format, record_bytes=record_bytes, max_bytes=max_bytes)
    return DataSet.objects.create(
        owner=owner, name=name.strip()[:120] or gettext("Data set"), license=expression, format=data_format,
        source=source,
        language=languages, origin={**(origin or {}), "record_bytes": record_bytes}, shards=shards, held_out=held_out,
        state=DataSet.State.READY, created_at=now,
    )  # fmt: skip


def check_room(owner: User | None, now: datetime) -> None:
    """Raises DataRefused when a person has added as many as there is room for; the operator may add more."""
    if owner is None:
        return
    own = DataSet.objects.filter(owner=owner)
    if own.filter(created_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise DataRefused(
            gettext("You added %(most_a_day)s data sets within a day. Go on tomorrow.") % {"most_a_day": MOST_A_DAY}
        )
    if own.count() >= MOST_OF_AN_OWNER:
        raise DataRefused(
            gettext("You have %(most_of_an_owner)s data sets. Ask the platform's operator for more room.")
            % {"most_of_an_owner": MOST_OF_AN_OWNER}
        )


def checked_license(text: str) -> str:
    """The SPDX expression. Raises DataRefused."""
    try:
        return parse_license(text)
    except LicenseError as error:
        raise DataRefused(str(error)) from error


def checked_language(text: str) -> str:
    """BCP 47 tags, or none. Raises DataRefused."""
    try:
        return parse_languages(text)
    except LanguageError as error:
        raise DataRefused(str(error)) from error


def data_for(project: Project) -> QuerySet[DataSet]:
    """What a project's runs may train on: its team's data sets and the operator's, newest first."""
    return DataSet.objects.filter(Q(owner=None) | Q(owner__in=team_ids(project))).order_by("-created_at", "pk")
