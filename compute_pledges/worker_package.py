"""The volunteers' agent as this platform serves it: a wheel, its SHA-256, and the operator's signature over it.

`make worker-package` makes the folder. A package whose hash or signature does not hold is served to nobody.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.utils.translation import gettext

logger = logging.getLogger(__name__)
SUMS, SIGNATURE, PUBLIC = "SHA256SUMS", "SHA256SUMS.sig", "release.pub.pem"
LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_.+-]{1,100}\.whl)")


class PackageBroken(ValueError):
    """What lies in the folder is not what its sums or its signature say."""


@dataclass(frozen=True, slots=True)
class WorkerPackage:
    """A wheel to install. `public_key` is PEM, empty where the operator signed nothing."""

    name: str
    sha256: str
    size: int
    public_key: str

    @property
    def version(self) -> str:
        """As the wheel's name says it."""
        return self.name.split("-")[1]

    @property
    def key_sha256(self) -> str:
        """A short name of the public key, to compare over the telephone."""
        return hashlib.sha256(self.public_key.encode()).hexdigest()

    @property
    def files(self) -> tuple[str, ...]:
        """Names that are served."""
        return (self.name, SUMS, *((SIGNATURE, PUBLIC) if self.public_key else ()))


def package_file(name: str) -> Path | None:
    """A file of the package, or None for any other name."""
    package = worker_package()
    return settings.WORKER_PACKAGES / name if package and name in package.files else None


def worker_package() -> WorkerPackage | None:
    """What is served now; None where no wheel was built, or what was built does not hold together."""
    folder: Path = settings.WORKER_PACKAGES
    try:
        stamps = tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in sorted(folder.iterdir()))
    except FileNotFoundError:
        return None
    return _read(folder, stamps)


# Hashing a wheel takes a moment: it is done once for each state of the folder.
@lru_cache(maxsize=4)
def _read(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> WorkerPackage | None:
    names = {name for name, *_ in stamps}
    if SUMS not in names:
        return None
    try:
        return _checked(folder, names)
    except (PackageBroken, OSError) as error:
        logger.warning("worker_package_refused folder=%s reason=%s", folder, error)
        return None


def _checked(folder: Path, names: set[str]) -> WorkerPackage:
    sums = (folder / SUMS).read_bytes()
    lines = sums.decode("ascii", "replace").splitlines()
    found = LINE.fullmatch(lines[0]) if len(lines) == 1 else None
    if found is None:
        raise PackageBroken(gettext("SHA256SUMS has not one line for one wheel."))
    sha256, name = found.groups()
    wheel = (folder / name).read_bytes()
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise PackageBroken(gettext("The wheel's hash is not the one in SHA256SUMS."))
    public = _public_key(folder, sums) if SIGNATURE in names else ""
    return WorkerPackage(name, sha256, len(wheel), public)


def _public_key(folder: Path, sums: bytes) -> str:
    """The PEM whose key signed the sums."""
    pem = (folder / PUBLIC).read_bytes()
    try:
        key = load_pem_public_key(pem)
        if not isinstance(key, Ed25519PublicKey):
            raise PackageBroken(gettext("The release key is no Ed25519 key."))
        key.verify((folder / SIGNATURE).read_bytes(), sums)
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise PackageBroken(gettext("The signature is not one of the release key over SHA256SUMS.")) from error
    return pem.decode("ascii")
