"""The operator's S3 as content-addressed storage: an object is named by the SHA-256 of its bytes.

Machines fetch by presigned addresses, so theta and shards never pass through the platform. boto3 signs; nothing else of
it is used elsewhere.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils.translation import gettext

from compute_pledges.errors import ComputeError

PRESIGNED_SECONDS = 900
NOT_THERE = ("404", "NoSuchKey", "NotFound")


class StorageAway(ComputeError):
    code = "storage_away"


def is_configured() -> bool:
    """Whether the operator named a bucket."""
    return bool(settings.S3_BUCKET)


def key_of(sha256: str) -> str:
    """The object's name within the bucket."""
    return "/".join(part for part in (settings.S3_PREFIX, "blobs", sha256[:2], sha256) if part)


def has_object(sha256: str) -> bool:
    """Whether the object is there. Raises StorageAway."""
    try:
        _client().head_object(Bucket=settings.S3_BUCKET, Key=key_of(sha256))
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_THERE:
            return False
        raise StorageAway(gettext("The object storage refused to answer.")) from error
    except BotoCoreError as error:
        raise StorageAway(gettext("The object storage does not answer.")) from error
    return True


def put_file(sha256: str, path: Path) -> None:
    """Store a file whose hash was checked. Raises StorageAway."""
    try:
        with path.open("rb") as file:
            _client().put_object(Bucket=settings.S3_BUCKET, Key=key_of(sha256), Body=file)
    except (ClientError, BotoCoreError) as error:
        raise StorageAway(gettext("The object storage did not take the bytes.")) from error


def open_object(sha256: str) -> IO[bytes]:
    """A stream of the object. Raises StorageAway."""
    try:
        body: IO[bytes] = _client().get_object(Bucket=settings.S3_BUCKET, Key=key_of(sha256))["Body"]
    except (ClientError, BotoCoreError) as error:
        raise StorageAway(gettext("The object storage does not give the bytes.")) from error
    return body


def keys_under(prefix: str) -> list[str]:
    """Names of the bucket's objects that begin with `prefix`, in order. Raises StorageAway."""
    try:
        pages = _client().get_paginator("list_objects_v2").paginate(Bucket=settings.S3_BUCKET, Prefix=prefix)
        return sorted(str(item["Key"]) for page in pages for item in page.get("Contents", []) if item["Size"])
    except (ClientError, BotoCoreError) as error:
        raise StorageAway(gettext("The object storage does not list its objects.")) from error


def open_key(key: str) -> IO[bytes]:
    """A stream of any object of the bucket. Raises StorageAway."""
    try:
        body: IO[bytes] = _client().get_object(Bucket=settings.S3_BUCKET, Key=key)["Body"]
    except (ClientError, BotoCoreError) as error:
        raise StorageAway(gettext("The object storage does not give %(key)s.") % {"key": key}) from error
    return body


def delete_object(sha256: str) -> None:
    """Forget the object; one that is gone is gone. Raises StorageAway."""
    try:
        _client().delete_object(Bucket=settings.S3_BUCKET, Key=key_of(sha256))
    except (ClientError, BotoCoreError) as error:
        raise StorageAway(gettext("The object storage does not answer.")) from error


def presigned_get(sha256: str) -> str:
    """An address from which anyone can fetch the object for 15 minutes; made without asking the storage."""
    address: str = _client().generate_presigned_url(
        "get_object", Params={"Bucket": settings.S3_BUCKET, "Key": key_of(sha256)}, ExpiresIn=PRESIGNED_SECONDS
    )
    return address


def _client() -> Any:
    return _client_of(settings.S3_ENDPOINT, settings.S3_REGION, settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY)


@lru_cache(maxsize=4)
def _client_of(endpoint: str, region: str, access_key: str, secret_key: str) -> Any:
    # Without keys boto3 looks for the machine's own role, which is how a cloud's operator would have it.
    keys = {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key} if access_key else {}
    style = {"addressing_style": "path" if endpoint else "auto"}
    timeouts = Config(
        s3=style, signature_version="s3v4", connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 3}
    )
    return boto3.client("s3", endpoint_url=endpoint or None, region_name=region, config=timeouts, **keys)
