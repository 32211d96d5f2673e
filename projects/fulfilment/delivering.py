"""Delivering: what the team says, what the backer says, and taking either back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from notices.kinds import Kind
from notices.services import tell
from projects.errors import RewardRefused
from projects.fulfilment.arriving import reach
from projects.fulfilment.opening import tell_team
from projects.models import Delivery, DeliveryStep, Project
from projects.roles import can

State = Delivery.State
# From any of these to any other: a team may have clicked wrongly.
SAID = (State.TODO, State.IN_WORK, State.SENT, State.DELIVERED)
LONGEST_NOTE, MOST_AT_ONCE = 300, 500


@dataclass(frozen=True, slots=True)
class Word:
    """What one of the team says of a delivery."""

    by: User
    target: str
    note: str
    now: datetime


def move_deliveries(
    *, project: Project, by: User, delivery_ids: Iterable[int], target: str, note: str, now: datetime
) -> int:
    """Bring each of these to `target` and tell its backer. Returns how many changed. Raises RewardRefused."""
    if not can(by, project, "deliver"):
        raise RewardRefused(_("Only the project's team says what is delivered."))
    if target not in SAID:
        raise RewardRefused(_("Choose what they are: to do, in work, sent or delivered."))
    ids = list(delivery_ids)[:MOST_AT_ONCE]
    word = Word(by, target, note.strip()[:LONGEST_NOTE], now)
    return sum(_move(project, pk, word) for pk in ids)


@transaction.atomic
def _move(project: Project, delivery_id: int, word: Word) -> bool:
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("reward", "project")
    delivery, target = rows.filter(pk=delivery_id, project=project).first(), word.target
    if delivery is None or delivery.state == State.REVOKED:
        return False
    if (delivery.state, delivery.note) == (target, word.note):
        return False
    _keep(delivery, target, word.by, word.note, word.now)
    is_taken_back = SAID.index(State(target)) < SAID.index(State(delivery.state))
    unsaid = {"word": "", "word_at": None} if is_taken_back else {}
    reach(delivery, now=word.now, state=target, note=word.note, **unsaid)
    _tell_backer(delivery, word)
    return True


def _keep(delivery: Delivery, target: str, by: User, note: str, now: datetime) -> None:
    DeliveryStep.objects.create(
        delivery=delivery, source=delivery.state, target=target, actor=by, note=note, happened_at=now
    )


def _tell_backer(delivery: Delivery, word: Word) -> None:
    if word.target not in (State.SENT, State.DELIVERED):
        return
    facts = {"reward": delivery.reward.title, "project": delivery.project.title}
    key = f"delivery:{delivery.pk}:{word.target}:{word.now:%Y%m%dT%H%M%S}"

    def title() -> str:
        sent, there = _("%(project)s sent %(reward)s to you"), _("%(project)s delivered %(reward)s")
        return (sent if word.target == State.SENT else there) % facts

    def body() -> str:
        return "\n\n".join(part for part in (word.note, _("Say on its page whether it is here.")) if part)

    path = f"/my/rewards/{delivery.pk}/"
    tell(kind=Kind.REWARD, people=[delivery.person_id], key=key, title=title, body=body, path=path, now=word.now)


@transaction.atomic
def say_arrived(*, delivery: Delivery, by: User, word: str, now: datetime) -> None:
    """The backer's word: here, not here, or neither again. The team hears of what is missing. Raises RewardRefused."""
    locked = Delivery.objects.select_for_update(of=("self",)).select_related("project", "reward").get(pk=delivery.pk)
    if locked.person_id != by.pk or word not in Delivery.Word.values:
        raise RewardRefused(_("Only whom it is for says whether it arrived."))
    if locked.state not in (State.SENT, State.DELIVERED):
        raise RewardRefused(_("It is not sent yet."))
    if locked.word == word:
        return
    _keep(locked, word or "undone", by, "", now)
    state = State.DELIVERED if word == Delivery.Word.GOT else locked.state
    reach(locked, now=now, state=state, word=word, word_at=now if word else None)
    if word == Delivery.Word.MISSING:
        facts = {"name": by.public_name, "reward": locked.reward.title}
        tell_team(
            project=locked.project, title=lambda: _("%(name)s says that %(reward)s has not arrived") % facts,
            key=f"missing:{locked.pk}:{now:%Y%m%dT%H%M%S}", now=now,
        )  # fmt: skip
