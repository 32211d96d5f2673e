"""Addresses in mail that work without signing in: each signed, for one person and one kind of mail."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import User
from notices.kinds import DIGESTS, Kind

# Without a moment in it: the link of an old mail works for good.
_SIGNER = signing.Signer(salt="notices.unsubscribe")


def unsubscribe_link(*, person_id: int, what: str) -> str:
    """Where mail of the kind (or digest) `what` is switched off for this person."""
    token = _SIGNER.sign_object([person_id, what])
    return settings.SITE_URL + reverse("notices:unsubscribe", args=[token])


def read_unsubscribe(token: str) -> tuple[User, str] | None:
    """Whom and what the token is for; None for one that we did not sign or whose person is gone."""
    try:
        person_id, what = _SIGNER.unsign_object(token)
    except signing.BadSignature:
        return None
    person = User.objects.filter(pk=person_id, is_active=True).first()
    is_known = what in Kind.values or what in DIGESTS
    return (person, what) if person is not None and is_known else None
