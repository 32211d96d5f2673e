"""What only the backer knows: answers to the team's questions and where to send. Asked after the funding, not before.

Addresses are read by those who deliver, each reading is kept with its reader, and they are erased some time after the
reward arrived.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record_action
from notices.kinds import Kind
from notices.services import tell
from projects.errors import RewardRefused
from projects.models import Delivery, DeliveryAddress, Project, RewardQuestion
from projects.roles import can

State = Delivery.State
MAY_SAY = (State.TODO, State.IN_WORK)
REMIND_AFTER = (timedelta(days=3), timedelta(days=7), timedelta(days=14))
GRACE = timedelta(days=30)
LONGEST_ANSWER = 500
BATCH = 200
log = logging.getLogger(__name__)


def pledge_of(source: str) -> str:
    """The pledge that a delivery's source names: its kind and its key, without the reward."""
    return ":".join(source.split(":")[:2])


def lacks(delivery: Delivery) -> list[str]:
    """What the backer has not said yet: "answers", "address". Queries for the reward's questions."""
    if delivery.state not in Delivery.OWED:
        return []
    missing = []
    if delivery.answered_at is None and delivery.reward.questions.exists():
        missing.append("answers")
    if delivery.reward.needs_address and not DeliveryAddress.objects.filter(delivery=delivery).exists():
        missing.append("address")
    return missing


@transaction.atomic
def answer(*, delivery: Delivery, by: User, answers: Mapping[str, str], now: datetime) -> None:
    """Keep the answers, by the question's key; they may change until the reward is sent. Raises RewardRefused."""
    locked = _own(delivery, by)
    said: dict[str, str] = {}
    for question in locked.reward.questions.all():
        text = answers.get(str(question.pk), "").strip()[:LONGEST_ANSWER]
        if question.is_required and not text:
            raise RewardRefused(_("“%(question)s” needs an answer.") % {"question": question.text})
        if text and question.kind == RewardQuestion.Kind.CHOICE and text not in question.choices:
            raise RewardRefused(_("Choose one of the answers to “%(question)s”.") % {"question": question.text})
        said[str(question.pk)] = text
    Delivery.objects.filter(pk=locked.pk).update(answers=said, answered_at=now)
    _calm(locked)


@transaction.atomic
def give_address(*, delivery: Delivery, by: User, address: Mapping[str, str], now: datetime) -> None:
    """Keep where to send; it may change until the reward is sent. Raises RewardRefused."""
    locked = _own(delivery, by)
    if not locked.reward.needs_address:
        raise RewardRefused(_("This reward needs no address, so none is kept."))
    DeliveryAddress.objects.update_or_create(delivery=locked, defaults={**address, "given_at": now})
    _calm(locked)


def _own(delivery: Delivery, by: User) -> Delivery:
    locked = Delivery.objects.select_for_update(of=("self",)).select_related("reward").get(pk=delivery.pk)
    if locked.person_id != by.pk:
        raise RewardRefused(_("Only whom it is for says that."))
    if locked.state not in MAY_SAY:
        raise RewardRefused(_("It is on its way, or was taken back: write to the team instead."))
    return locked


def _calm(delivery: Delivery) -> None:
    """No more reminders once everything is said."""
    delivery.refresh_from_db()
    if not lacks(delivery):
        Delivery.objects.filter(pk=delivery.pk).update(remind_at=None)


def read_address(*, delivery: Delivery, by: User, now: datetime) -> DeliveryAddress | None:
    """Where to send, for one who delivers; that they read it is kept. Raises RewardRefused."""
    if not can(by, delivery.project, "deliver"):
        raise RewardRefused(_("Only those who deliver see addresses."))
    address = DeliveryAddress.objects.filter(delivery=delivery).first()
    if address is not None:
        record_action(actor=by, action="read_address", subject=f"delivery:{delivery.pk}", reason="delivering", now=now)
    return address


def read_addresses(*, project: Project, by: User, now: datetime) -> list[DeliveryAddress]:
    """Every address that something still goes to, for one who delivers; that they read them is kept.

    Raises RewardRefused.
    """
    if not can(by, project, "deliver"):
        raise RewardRefused(_("Only those who deliver see addresses."))
    rows = DeliveryAddress.objects.filter(delivery__project=project, delivery__state__in=Delivery.OWED)
    found = list(rows.select_related("delivery__reward").order_by("delivery"))
    record_action(
        actor=by, action="read_addresses", subject=f"project:{project.pk}", reason="delivering", now=now,
        details={"deliveries": [address.delivery_id for address in found]},
    )  # fmt: skip
    return found


def remind_and_erase(*, now: datetime) -> int:
    """Remind whoever has not answered, and erase addresses whose time is over. Returns how many were reminded."""
    old = DeliveryAddress.objects.filter(delivery__state=State.DELIVERED, delivery__delivered_at__lt=now - GRACE)
    DeliveryAddress.objects.filter(pk__in=old.values("pk")).delete()
    DeliveryAddress.objects.filter(delivery__state=State.REVOKED).delete()
    reminded = 0
    due = Delivery.objects.filter(remind_at__lte=now).order_by("remind_at").values_list("pk", flat=True)
    for pk in list(due[:BATCH]):
        try:
            reminded += _remind(pk, now)
        except DatabaseError:
            log.exception("reminder_failed delivery=%s", pk)
    return reminded


@transaction.atomic
def _remind(delivery_id: int, now: datetime) -> bool:
    rows = Delivery.objects.select_for_update(of=("self",), skip_locked=True).select_related("reward", "project")
    delivery = rows.filter(pk=delivery_id, remind_at__lte=now).first()
    if delivery is None:
        return False
    number = delivery.reminders
    is_last = number >= len(REMIND_AFTER)
    remind_at = None if is_last or not lacks(delivery) else now + REMIND_AFTER[number]
    Delivery.objects.filter(pk=delivery.pk).update(remind_at=remind_at, reminders=number + 1)
    # The first moment is that of the question itself, which was told when it was asked.
    if number == 0 or not lacks(delivery):
        return False
    facts = {"reward": delivery.reward.title, "project": delivery.project.title}
    # One reminder for all that the pledge earned: their form is one.
    tell(
        kind=Kind.REWARD, people=[delivery.person_id], key=f"remind:{pledge_of(delivery.source)}:{number}:{now:%Y%m%d}",
        title=lambda: _("%(project)s still waits for your answers") % facts,
        body=lambda: _("Without them %(reward)s cannot be sent to you.") % facts,
        path=f"/my/rewards/{delivery.pk}/", now=now,
    )  # fmt: skip
    return True


def forget_addresses(*, person: User) -> None:
    """Addresses and answers of someone who is erased."""
    DeliveryAddress.objects.filter(delivery__person=person).delete()
    Delivery.objects.filter(person=person).update(answers={}, remind_at=None)
