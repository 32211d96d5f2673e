"""A backer's pledge: started, changed, canceled. Cards are saved in `cards`; `applying` has the provider's answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from payments.errors import PledgeRefused
from payments.models import CashPledge
from payments.services.mails import write_mail
from payments.states import change_many, change_state
from projects.contributions import record_contribution
from projects.models import Project, Reward
from projects.rewards import claim_reward, release_reward
from values.money import Money

State = CashPledge.State
# What the provider charges at least; smaller pledges could never be collected.
MINIMUM = {"EUR": 50, "USD": 50, "GBP": 50, "JPY": 50}
START_LIFETIME = timedelta(hours=1)
RETURNED = {State.COLLECTED, State.REFUNDED}


def check_open(project: Project, now: datetime) -> None:
    """Raises PledgeRefused unless the project takes pledges now."""
    if project.state != Project.State.LIVE or project.deadline_at <= now:
        raise PledgeRefused("This project no longer takes pledges. Nothing was charged.")


def check_amount(project: Project, amount: Money, reward: Reward | None) -> None:
    """Raises PledgeRefused for a wrong currency, too little, or too little for the reward."""
    if amount.currency != project.currency:
        raise PledgeRefused(f"This project takes {project.currency}.")
    least = Money(MINIMUM[amount.currency], amount.currency)
    if amount < least:
        raise PledgeRefused(f"The smallest pledge is {least}.")
    if reward is None:
        return
    if reward.project_id != project.pk or reward.threshold_minor is None:
        raise PledgeRefused("This reward is not given for money on this project.")
    if amount.minor < reward.threshold_minor:
        raise PledgeRefused(f"This reward needs at least {Money(reward.threshold_minor, amount.currency)}.")


def start_pledge(
    *, project: Project, backer: User, amount: Money, reward: Reward | None, client_token: UUID, now: datetime
) -> CashPledge:
    """A pledge without a card yet; its reward is held for an hour. The same token again is the same pledge.

    Raises PledgeRefused, RewardSoldOut.
    """
    known = CashPledge.objects.filter(client_token=client_token, backer=backer).first()
    if known is not None:
        return known
    check_open(project, now)
    check_amount(project, amount, reward)
    try:
        with transaction.atomic():
            if reward is not None:
                claim_reward(reward_id=reward.pk)
            return CashPledge.objects.create(
                project=project, backer=backer, reward=reward, amount_minor=amount.minor, currency=amount.currency,
                is_charged_at_once=not project.is_all_or_nothing, client_token=client_token, created_at=now,
            )  # fmt: skip
    except IntegrityError:
        return CashPledge.objects.get(client_token=client_token, backer=backer)


@transaction.atomic
def change_pledge(*, pledge_id: UUID, amount: Money, reward: Reward | None, now: datetime) -> CashPledge:
    """Another amount or reward before the deadline. Raises PledgeRefused, RewardSoldOut."""
    pledge = CashPledge.objects.select_for_update(of=("self",)).select_related("project").get(pk=pledge_id)
    check_open(_locked_project(pledge), now)
    if pledge.state != State.ACTIVE:
        raise PledgeRefused("This pledge can no longer be changed.")
    check_amount(pledge.project, amount, reward)
    if (reward.pk if reward else None) != pledge.reward_id:
        if reward is not None:
            claim_reward(reward_id=reward.pk)
        if pledge.reward_id:
            release_reward(reward_id=pledge.reward_id)
    difference = amount.minor - pledge.amount_minor
    pledge.amount_minor, pledge.reward, pledge.changes = amount.minor, reward, pledge.changes + 1
    pledge.save(update_fields=["amount_minor", "reward", "changes"])
    if difference:
        count(pledge, f"changed:{pledge.changes}", difference, now)
    return pledge


def _locked_project(pledge: CashPledge) -> Project:
    """The closing decides under the same lock, so a change comes wholly before or wholly after it."""
    return Project.objects.select_for_update().get(pk=pledge.project_id)


def count(pledge: CashPledge, event: str, amount: int, now: datetime, stage: str = "pledged") -> None:
    """Record what counts towards the goal. Pledges of the project's own creator never count."""
    if pledge.project.creator_id == pledge.backer_id:
        return
    record_contribution(
        project=pledge.project, source=pledge.source, stage=stage, event=event, kind="money", amount=amount, now=now
    )


@transaction.atomic
def cancel_pledge(*, pledge_id: UUID, now: datetime) -> CashPledge:
    """The backer withdraws before the deadline; the card is let go afterwards. Raises PledgeRefused."""
    pledge = CashPledge.objects.select_for_update(of=("self",)).select_related("project").get(pk=pledge_id)
    if pledge.state == State.CANCELED:
        return pledge
    if not pledge.is_changeable:
        raise PledgeRefused("This pledge can no longer be canceled here.")
    if pledge.state == State.ACTIVE:
        check_open(_locked_project(pledge), now)
        count(pledge, "canceled", -pledge.amount_minor, now)
        write_mail(pledge=pledge, kind="canceled", now=now)
    change_state(pledge=pledge, target=State.CANCELED, now=now, reason="Canceled by the backer.")
    if pledge.reward_id:
        release_reward(reward_id=pledge.reward_id)
    return pledge


def expire_started(*, now: datetime, limit: int = 500) -> int:
    """Pledges whose card was never saved give their reward back. Returns how many."""
    stale = CashPledge.objects.filter(state=State.STARTED, created_at__lte=now - START_LIFETIME)
    rows = list(stale.values_list("pk", "reward_id")[:limit])
    ended = 0
    for pk, reward_id in rows:
        with transaction.atomic():
            if change_many(ids=[pk], source=State.STARTED, target=State.CANCELED, now=now):
                ended += 1
                if reward_id:
                    release_reward(reward_id=reward_id)
    return ended
