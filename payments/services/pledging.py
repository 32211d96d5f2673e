"""A backer's pledge: started, changed, canceled. Cards are saved in `cards`; `applying` has the provider's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from accounts.models import User
from payments.errors import PledgeRefused
from payments.models import CashPledge, Hold, PledgeAddOn
from payments.services.mails import write_mail
from payments.states import change_amount, change_state
from projects.contributions import record_contribution
from projects.models import Project, Reward
from projects.rewards import claim_reward, release_reward
from projects.teammates import team_ids
from values.money import MAX_MINOR, Money

State = CashPledge.State
# What the provider charges at least; smaller pledges could never be collected.
MINIMUM = {"EUR": 50, "USD": 50, "GBP": 30, "JPY": 50}
START_LIFETIME = timedelta(hours=1)
LATE_STATES = (Project.State.FUNDED, Project.State.DELIVERING)
MOST_OF_AN_ADD_ON = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """What a backer chose. `amount` is the support; add-ons (reward to quantity) and the tip come on top."""

    amount: Money
    reward: Reward | None = None
    tip: Money | None = None
    add_ons: Mapping[Reward, int] = field(default_factory=dict)
    is_anonymous: bool = True
    is_monthly: bool = False
    origin: str = ""

    @property
    def amount_minor(self) -> int:
        """Support and add-ons: what the project gets."""
        return self.amount.minor + sum((reward.threshold_minor or 0) * n for reward, n in self.add_ons.items())

    @property
    def tip_minor(self) -> int:
        """What the platform gets."""
        return self.tip.minor if self.tip else 0


def takes_late(project: Project) -> bool:
    """Whether pledges are taken after the funding, charged at once."""
    return project.takes_late_pledges and project.state in LATE_STATES


def takes_monthly(project: Project) -> bool:
    """Whether monthly support is taken."""
    return project.takes_monthly_support and project.state in LATE_STATES


def is_open_for_pledges(project: Project, now: datetime) -> bool:
    """Whether a pledge can be made now, before the deadline or late."""
    is_live = project.state == Project.State.LIVE and project.deadline_at > now
    return is_live or takes_late(project) or takes_monthly(project)


def check_open(project: Project, now: datetime) -> None:
    """Raises PledgeRefused unless pledges to the project can be made or changed now, before its deadline."""
    if project.state != Project.State.LIVE or project.deadline_at <= now:
        raise PledgeRefused(gettext("This project no longer takes pledges. Nothing was charged."))


def check_choice(project: Project, choice: Choice) -> None:
    """Raises PledgeRefused for a wrong currency, too little, too much, or a reward that does not fit."""
    if choice.amount.currency != project.currency or (choice.tip and choice.tip.currency != project.currency):
        raise PledgeRefused(gettext("This project takes %(currency)s.") % {"currency": project.currency})
    least = Money(MINIMUM[project.currency], project.currency)
    if choice.amount < least:
        raise PledgeRefused(
            gettext("The smallest pledge is %(least)s: the payment provider charges nothing smaller.")
            % {"least": least}
        )
    if choice.amount_minor + choice.tip_minor > MAX_MINOR:
        raise PledgeRefused(
            gettext("Together with add-ons and tip the largest charge is %(largest)s.")
            % {"largest": Money(MAX_MINOR, project.currency)}
        )
    for add_on, quantity in choice.add_ons.items():
        if not add_on.is_add_on or add_on.project_id != project.pk or not 0 < quantity <= MOST_OF_AN_ADD_ON:
            raise PledgeRefused(gettext("One of the add-ons is not offered by this project in that number."))
    _check_reward(project, choice)


def _check_reward(project: Project, choice: Choice) -> None:
    reward = choice.reward
    if reward is None:
        return
    if choice.is_monthly:
        raise PledgeRefused(gettext("Monthly support comes without a reward."))
    if reward.project_id != project.pk or reward.threshold_minor is None or reward.is_add_on:
        raise PledgeRefused(gettext("This reward is not given for money on this project."))
    if choice.amount.minor < reward.threshold_minor:
        raise PledgeRefused(
            gettext("This reward needs at least %(threshold_minor)s.")
            % {"threshold_minor": Money(reward.threshold_minor, project.currency)}
        )


def check_backer(backer: User) -> None:
    """Raises PledgeRefused while staff holds the account."""
    if Hold.objects.filter(user=backer, lifted_at=None).exists():
        raise PledgeRefused(
            gettext("Your account is on hold, so you cannot pledge now. Write to us; nothing was charged.")
        )


def start_pledge(*, project: Project, backer: User, choice: Choice, client_token: UUID, now: datetime) -> CashPledge:
    """A pledge without a card yet; its rewards are held for an hour. The same token again is the same pledge.

    Raises PledgeRefused, RewardSoldOut.
    """
    known = CashPledge.objects.filter(client_token=client_token, backer=backer).first()
    if known is not None:
        return known
    is_late = takes_late(project)
    if not is_late:
        check_open(project, now)
    check_choice(project, choice)
    check_backer(backer)
    try:
        return create_pledge(
            project=project, backer=backer, choice=choice, now=now, client_token=client_token, is_late=is_late,
            is_charged_at_once=is_late or not project.is_all_or_nothing,
        )  # fmt: skip
    except IntegrityError:
        return CashPledge.objects.get(client_token=client_token, backer=backer)


@transaction.atomic
def create_pledge(*, project: Project, backer: User, choice: Choice, now: datetime, **fields: object) -> CashPledge:
    """The row with its add-ons; stock is claimed. Raises RewardSoldOut, IntegrityError for a known token."""
    if choice.reward is not None:
        claim_reward(reward_id=choice.reward.pk, now=now)
    for add_on, quantity in choice.add_ons.items():
        claim_reward(reward_id=add_on.pk, quantity=quantity, now=now)
    pledge = CashPledge.objects.create(
        project=project, backer=backer, reward=choice.reward, amount_minor=choice.amount_minor,
        tip_minor=choice.tip_minor, currency=project.currency, is_anonymous=choice.is_anonymous,
        origin=choice.origin, created_at=now, **fields,
    )  # fmt: skip
    _write_add_ons(pledge, choice)
    return pledge


def _write_add_ons(pledge: CashPledge, choice: Choice) -> None:
    if choice.add_ons:
        PledgeAddOn.objects.bulk_create(
            PledgeAddOn(pledge=pledge, reward=reward, quantity=quantity, price_minor=reward.threshold_minor or 0)
            for reward, quantity in choice.add_ons.items()
        )


def free_rewards(pledge: CashPledge) -> None:
    """Put the stock of the pledge's reward and add-ons back. The rows stay, as what was once chosen."""
    if pledge.reward_id:
        release_reward(reward_id=pledge.reward_id)
    for reward_id, quantity in pledge.add_ons.values_list("reward_id", "quantity"):
        release_reward(reward_id=reward_id, quantity=quantity)


@transaction.atomic
def change_pledge(*, pledge_id: UUID, choice: Choice, now: datetime) -> CashPledge:
    """Another amount, reward, tip or name before the deadline. Raises PledgeRefused, RewardSoldOut."""
    pledge = CashPledge.objects.select_for_update(of=("self",)).select_related("project").get(pk=pledge_id)
    check_open(_locked_project(pledge), now)
    if pledge.state != State.ACTIVE:
        raise PledgeRefused(gettext("This pledge can no longer be changed."))
    check_choice(pledge.project, choice)
    _exchange_rewards(pledge, choice, now)
    difference = choice.amount_minor - pledge.amount_minor
    fields = {"reward": choice.reward, "tip_minor": choice.tip_minor, "is_anonymous": choice.is_anonymous}
    if difference:
        change_amount(
            pledge=pledge, amount=choice.amount_minor, now=now, changes=pledge.changes + 1, **fields
        )  # fmt: skip
        count(pledge, f"changed:{pledge.changes}", difference, now)
    else:
        CashPledge.objects.filter(pk=pledge.pk).update(**fields)
        pledge.refresh_from_db()
    return pledge


def _exchange_rewards(pledge: CashPledge, choice: Choice, now: datetime) -> None:
    """Claims before it frees: a reward that ran out meanwhile leaves everything as it was."""
    if (choice.reward.pk if choice.reward else None) != pledge.reward_id:
        if choice.reward is not None:
            claim_reward(reward_id=choice.reward.pk, now=now)
        if pledge.reward_id:
            release_reward(reward_id=pledge.reward_id)
    had = dict(pledge.add_ons.values_list("reward_id", "quantity"))
    wanted = {reward.pk: quantity for reward, quantity in choice.add_ons.items()}
    for reward_id in had | wanted:
        more = wanted.get(reward_id, 0) - had.get(reward_id, 0)
        if more > 0:
            claim_reward(reward_id=reward_id, quantity=more, now=now)
        elif more:
            release_reward(reward_id=reward_id, quantity=-more)
    pledge.add_ons.all().delete()
    _write_add_ons(pledge, choice)


def _locked_project(pledge: CashPledge) -> Project:
    """The closing decides under the same lock, so a change comes wholly before or wholly after it.

    It leaves the key free: a new pledge holds its reward's row and asks for the project's key at its commit, while a
    change holds the project and asks for the reward.
    """
    return Project.objects.select_for_update(no_key=True).get(pk=pledge.project_id)


def count(pledge: CashPledge, event: str, amount: int, now: datetime, stage: str = "pledged") -> None:
    """Record what counts towards the goal. Pledges of the project's own team never count."""
    if not amount or pledge.backer_id in team_ids(pledge.project):
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
        raise PledgeRefused(gettext("This pledge can no longer be canceled here."))
    was_active = pledge.state == State.ACTIVE
    if was_active:
        check_open(_locked_project(pledge), now)
    change_state(pledge=pledge, target=State.CANCELED, now=now, reason=gettext("Canceled by the backer."))
    if was_active:
        count(pledge, "canceled", -pledge.amount_minor, now)
        write_mail(pledge=pledge, kind="canceled", now=now)
    free_rewards(pledge)
    return pledge


def stale_pledges(now: datetime) -> QuerySet[CashPledge]:
    """Pledges whose card was not saved within the hour, as far as we know."""
    return CashPledge.objects.filter(state=State.STARTED, created_at__lte=now - START_LIFETIME)


@transaction.atomic
def expire_pledge(*, pledge_id: UUID, now: datetime) -> bool:
    """End a pledge whose card was never saved; its rewards are free again."""
    pledge = CashPledge.objects.select_for_update(skip_locked=True).filter(pk=pledge_id, state=State.STARTED).first()
    if pledge is None:
        return False
    change_state(pledge=pledge, target=State.CANCELED, now=now, reason=gettext("No card was saved within the hour."))
    free_rewards(pledge)
    return True
