"""Hashes of the agent's packages, signed with Ed25519, so that who installs them can check where they come from.

The signature is over SHA256SUMS, raw, as `openssl pkeyutl -verify -rawin` reads it: volunteers need no tool of ours.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

SUMS, SIGNATURE, PUBLIC = "SHA256SUMS", "SHA256SUMS.sig", "release.pub.pem"


def write_sums(folder: Path) -> bytes:
    """A line of `sha256sum` for each wheel, kept in the folder. Raises FileNotFoundError when there is none."""
    wheels = sorted(folder.glob("*.whl"))
    if not wheels:
        raise FileNotFoundError(f"There is no wheel in {folder}.")
    lines = [f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n" for wheel in wheels]
    sums = "".join(lines).encode()
    (folder / SUMS).write_bytes(sums)
    return sums


def release_key(file: Path) -> Ed25519PrivateKey:
    """The operator's key, made on first use, its owner's alone. Raises TypeError, ValueError for another kind."""
    if not file.exists():
        key = Ed25519PrivateKey.generate()
        file.touch(mode=0o600)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return key
    loaded = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(loaded, Ed25519PrivateKey):
        raise TypeError(f"{file} is no Ed25519 key.")
    return loaded


def sign(folder: Path, key: Ed25519PrivateKey) -> None:
    """Signature and public key beside the sums."""
    (folder / SIGNATURE).write_bytes(key.sign((folder / SUMS).read_bytes()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / PUBLIC).write_bytes(public)


def main(arguments: list[str] | None = None) -> int:
    """Hash, and sign when a key is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", type=Path, help="the operator's Ed25519 key; made when the file is not there")
    chosen = parser.parse_args(arguments)
    try:
        print(write_sums(chosen.folder).decode(), end="")
        if chosen.key is None:
            print("Not signed: name the operator's key with SIGNING_KEY=file before giving these to anybody.")
            return 0
        sign(chosen.folder, release_key(chosen.key))
    except (OSError, TypeError, ValueError) as problem:
        print(problem)
        return 1
    print(f"Signed. Publish {PUBLIC} where volunteers can compare it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
