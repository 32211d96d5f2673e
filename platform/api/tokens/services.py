"""Making, finding and revoking personal tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from api.errors import TokenRefused
from api.models import PersonalToken
from api.scopes import SCOPES

PREFIX = "cwp_"
MOST_TOKENS = 20
# Its last use is written down at most so often, so that reading stays reading.
USE_NOTED_EVERY = timedelta(minutes=1)


def make_token(
    *, owner: User, name: str, scopes: Iterable[str], days: int | None, now: datetime
) -> tuple[PersonalToken, str]:
    """A token and its secret, which nobody can read again. Raises TokenRefused."""
    chosen = [scope for scope in SCOPES if scope in set(scopes)]
    if not chosen:
        raise TokenRefused(_("Choose at least one thing that the token may do."))
    if standing_tokens(owner).count() >= MOST_TOKENS:
        raise TokenRefused(_("You have many tokens already. Revoke one that is not used any more."))
    secret = PREFIX + secrets.token_urlsafe(32)
    token = PersonalToken.objects.create(
        owner=owner, name=name, secret_sha256=_hash(secret), ending=secret[-4:], scopes=chosen, created_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )  # fmt: skip
    return token, secret


def standing_tokens(owner: User) -> QuerySet[PersonalToken]:
    """Those that were not revoked, the newest first; expired ones among them."""
    return PersonalToken.objects.filter(owner=owner, revoked_at=None)


def find_token(*, secret: str, now: datetime) -> PersonalToken | None:
    """The token of a secret with its owner, when both stand. Its use is noted."""
    found = PersonalToken.objects.select_related("owner").filter(secret_sha256=_hash(secret), revoked_at=None).first()
    if found is None or not found.owner.is_active or (found.expires_at and found.expires_at <= now):
        return None
    if found.last_used_at is None or now - found.last_used_at > USE_NOTED_EVERY:
        PersonalToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def revoke_token(*, owner: User, token_id: UUID, now: datetime) -> bool:
    """It opens nothing from now on. False where the account has no such token."""
    return bool(PersonalToken.objects.filter(owner=owner, pk=token_id, revoked_at=None).update(revoked_at=now))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
