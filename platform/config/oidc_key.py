"""The signing key of the device grant for demo and tests, made once and kept in the state folder."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def demo_oidc_key(state_dir: Path) -> str:
    """PEM of a key that belongs to this state folder alone; another process may have made it first."""
    path = state_dir / "oidc-key.pem"
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        candidate = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pem)
        try:
            os.link(candidate, path)  # Atomic: the first process wins, the others read its key.
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text()
