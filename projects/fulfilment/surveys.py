"""One form for everything that one pledge earned: its rewards ask together and are sent to one address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from projects.conflicts import only_over
from projects.errors import RewardRefused
from projects.fulfilment.asking import MAY_SAY, answer, give_address, pledge_of
from projects.models import Delivery, DeliveryAddress

ADDRESS = ("name", "lines", "postcode", "city", "country")


def of_one_pledge(delivery: Delivery) -> QuerySet[Delivery]:
    """The delivery and whatever else the same pledge earned, in the order in which it was opened."""
    pledge = pledge_of(delivery.source)
    rows = Delivery.objects.filter(person=delivery.person_id, project=delivery.project_id)
    rows = rows.filter(Q(source=pledge) | Q(source__startswith=f"{pledge}:"))
    return rows.select_related("reward", "project").prefetch_related("reward__questions")


def still_open(delivery: Delivery) -> list[Delivery]:
    """Of these, what the backer may still say something about."""
    return list(of_one_pledge(delivery).filter(state__in=MAY_SAY))


def known_address(delivery: Delivery) -> DeliveryAddress | None:
    """Where things of this pledge are sent, if the backer said so."""
    return DeliveryAddress.objects.filter(delivery__in=of_one_pledge(delivery)).order_by("-given_at").first()


def typed_answers(delivery: Delivery) -> dict[str, str]:
    """What the backer said to the questions that are still open, by the names of their fields."""
    return {
        f"q{question.pk}": one.answers.get(str(question.pk), "")
        for one in still_open(delivery)
        for question in one.reward.questions.all()
    }


def typed_address(delivery: Delivery) -> dict[str, str]:
    """Where things of this pledge are sent, as its form shows it; empty before the backer said so."""
    address = known_address(delivery)
    return {name: getattr(address, name) for name in ADDRESS} if address else {}


@transaction.atomic
def answer_together(
    *, delivery: Delivery, by: User, answers: Mapping[str, str], address: Mapping[str, str] | None, now: datetime,
    version: str | None = None,
) -> None:  # fmt: skip
    """Keep the answers of every reward of the pledge, and one address for those that need it.

    Raises RewardRefused, ChangedElsewhere.
    """
    list(of_one_pledge(delivery).order_by("pk").select_for_update(of=("self",)))
    asked = still_open(delivery)
    if not asked:
        raise RewardRefused(_("It is on its way, or was taken back: write to the team instead."))
    with only_over(version, lambda: (typed_answers(delivery), typed_address(delivery))):
        for one in asked:
            if one.reward.questions.all():
                answer(delivery=one, by=by, answers=answers, now=now)
            if address is not None and one.reward.needs_address:
                give_address(delivery=one, by=by, address=address, now=now)
