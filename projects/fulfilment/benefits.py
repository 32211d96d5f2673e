"""What is granted by itself: early weights, a token for inference, a name on the model card, a thank-you note.

A token is shown once and kept as a digest. Its quota is counted by whoever serves inference, at the API, under the
row's lock in one statement: two calls at one moment cannot use the same part of it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from notices.kinds import Kind
from notices.services import tell
from projects.errors import RewardRefused
from projects.models import Benefit, Delivery, Project, Reward

PREFIX = "cwi_"
Kinds = Reward.Benefit


def grant_benefits(*, delivery: Delivery, now: datetime) -> int:
    """Everything that the reward gives by itself, once; in the caller's transaction. Returns how many are new."""
    reward = delivery.reward
    made = [
        Benefit.objects.get_or_create(
            delivery=delivery, kind=kind,
            defaults={
                "granted_at": now,
                "quota": reward.inference_quota * delivery.quantity if kind == Kinds.INFERENCE else 0,
            },
        )[1]
        for kind in reward.benefits
    ]  # fmt: skip
    if Kinds.THANKS in reward.benefits:
        tell(
            kind=Kind.REWARD, people=[delivery.person_id], key=f"thanks:{delivery.pk}",
            title=lambda: _("A thank-you note from %(project)s") % {"project": reward.project.title},
            body=thanks_for(delivery), path=f"/my/rewards/{delivery.pk}/thanks/", now=now,
        )  # fmt: skip
    return sum(made)


def revoke_benefits(*, delivery: Delivery) -> None:
    """A token stops at once; a name leaves cards that are written later."""
    Benefit.objects.filter(delivery=delivery).delete()


def thanks_for(delivery: Delivery) -> str:
    """The note, with the backer's name where its text has `{name}`."""
    return delivery.reward.thanks_text.replace("{name}", delivery.person.public_name)


@transaction.atomic
def show_token(*, delivery: Delivery, by: User) -> str:
    """A token for the backer, shown this once: a new one ends the one before and keeps what of the quota is used.

    Raises RewardRefused.
    """
    benefit = Benefit.objects.select_for_update().filter(delivery=delivery, kind=Kinds.INFERENCE).first()
    if benefit is None or delivery.person_id != by.pk:
        raise RewardRefused(_("There is no token with this reward."))
    token = PREFIX + secrets.token_urlsafe(32)
    benefit.digest = _digest(token)
    benefit.save(update_fields=["digest"])
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may be served, and what is left afterwards."""

    is_valid: bool
    remaining: int = 0


def use_token(*, token: str, project: Project, units: int) -> Verdict:
    """Count `units` of the token's quota, or none where less is left. `units` 0 only asks."""
    rows = Benefit.objects.filter(digest=_digest(token), kind=Kinds.INFERENCE, delivery__project=project)
    pks = list(rows.values_list("pk", flat=True))
    is_counted = Benefit.objects.filter(pk__in=pks, quota__gte=F("used") + units).update(used=F("used") + units)
    benefit = rows.first()
    if benefit is None:
        return Verdict(is_valid=False)
    return Verdict(is_valid=bool(is_counted), remaining=benefit.quota - benefit.used)


def has_benefit(*, user: object, project: Project, kind: str) -> bool:
    """Whether the account earned this of the project."""
    if not isinstance(user, User):
        return False
    return Benefit.objects.filter(delivery__person=user, delivery__project=project, kind=kind).exists()


def names_for_card(project: Project) -> list[str]:
    """Public names that are to stand on the model card, in the order in which they were earned."""
    rows = Benefit.objects.filter(delivery__project=project, kind=Kinds.CARD_NAME, delivery__person__is_active=True)
    names = rows.exclude(delivery__person__name="").order_by("granted_at", "pk")
    return list(dict.fromkeys(names.values_list("delivery__person__name", flat=True)))
