"""Owing a reward: opened once for each pledge that earned it, taken back with the pledge. Pledge apps call this."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from notices.kinds import Kind
from notices.services import Words, tell
from projects.fulfilment.arriving import reach
from projects.fulfilment.asking import pledge_of
from projects.fulfilment.benefits import grant_benefits, revoke_benefits
from projects.models import Delivery, DeliveryStep, Project, Reward
from projects.roles import people_who_can

State = Delivery.State


@transaction.atomic
def open_delivery(*, source: str, reward: Reward, person: User, quantity: int = 1, now: datetime) -> Delivery:
    """What the pledge `source` earned, once; earned anew after it was taken back, it is owed anew."""
    delivery, is_new = Delivery.objects.get_or_create(
        source=source,
        defaults={
            "project_id": reward.project_id, "reward": reward, "person": person, "quantity": quantity,
            "promised_on": reward.delivers_on, "opened_at": now,
        },
    )  # fmt: skip
    if not is_new:
        locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if locked.state != State.REVOKED:
            return locked
        delivery = locked
        _step(delivery, State.TODO, now, "")
    granted = grant_benefits(delivery=delivery, now=now)
    asks = reward.needs_address or reward.questions.exists()
    if asks:
        Delivery.objects.filter(pk=delivery.pk).update(remind_at=now)
    if granted and not asks and reward.law_class == Reward.LawClass.DIGITAL:
        _step(delivery, State.DELIVERED, now, _("granted by itself"))
    _tell(delivery, reward, now, asks=asks)
    return delivery


def _step(delivery: Delivery, target: str, now: datetime, note: str) -> None:
    DeliveryStep.objects.create(
        delivery=delivery, source=delivery.state, target=target, actor=None, note=note, happened_at=now
    )
    reach(delivery, now=now, state=target, word="", word_at=None)


def _tell(delivery: Delivery, reward: Reward, now: datetime, *, asks: bool) -> None:
    facts = {"reward": reward.title, "project": reward.project.title}
    # Each once for a pledge: a reward and its add-ons ask in one form, and stand on each other's pages.
    pledge = pledge_of(delivery.source)
    if asks:
        key = f"asks:{pledge}:{now:%Y%m%dT%H%M%S}"
        words = gettext_noop("%(project)s asks you about your reward")
        more = gettext_noop("To send you %(reward)s, the team needs some answers from you.")
    else:
        key = f"yours:{pledge}:{now:%Y%m%dT%H%M%S}"
        words = gettext_noop("Your reward from %(project)s: %(reward)s")
        more = gettext_noop("It is yours. Its page shows what comes when, and what is there already.")
    tell(
        kind=Kind.REWARD, people=[delivery.person_id], key=key, title=lambda: _(words) % facts,
        body=lambda: _(more) % facts, path=f"/my/rewards/{delivery.pk}/", now=now,
    )  # fmt: skip


@transaction.atomic
def revoke_delivery(*, source: str, reason: str, now: datetime) -> bool:
    """The pledge is taken back: what it earned is not owed any more, and what was granted ends."""
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("reward")
        .filter(source=source)
        .exclude(state=State.REVOKED)
        .first()
    )
    if delivery is None:
        return False
    _step(delivery, State.REVOKED, now, reason[:300])
    Delivery.objects.filter(pk=delivery.pk).update(remind_at=None)
    revoke_benefits(delivery=delivery)
    return True


def tell_team(*, project: Project, title: Words, key: str, now: datetime) -> None:
    """News for whoever delivers."""
    tell(
        kind=Kind.DELIVERY, people=people_who_can(project, "deliver"), key=key, title=title,
        path=f"/projects/{project.slug}/deliveries/", now=now,
    )  # fmt: skip
