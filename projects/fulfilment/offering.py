"""What a reward is beside its threshold, set by the team until somebody relies on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from projects.conflicts import only_over
from projects.errors import RewardRefused
from projects.fulfilment.images import NotShown, read_picture
from projects.models import Project, Reward, RewardImage, RewardQuestion, StockPool
from projects.roles import can

MOST_QUESTIONS = 10
MOST_POOLS = 20


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was typed; without choices it asks for a text."""

    text: str
    choices: list[str]
    is_required: bool = True
    pk: int | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """Everything that the page of a reward sets."""

    available_until: datetime | None
    delivers_on: date | None
    needs_address: bool
    benefits: list[str]
    inference_quota: int
    thanks_text: str
    pool_id: int | None = None


def _locked(reward_id: int, by: User) -> Reward:
    reward = Reward.objects.select_for_update(of=("self",)).select_related("project").get(pk=reward_id)
    if not can(by, reward.project, "edit"):
        raise RewardRefused(_("Only the project's team changes its rewards."))
    return reward


def typed_details(reward: Reward) -> dict[str, Any]:
    """A reward as its form shows it."""
    zone = ZoneInfo(reward.project.time_zone)
    until = reward.available_until.astimezone(zone).replace(tzinfo=None) if reward.available_until else None
    return {
        "available_until": until, "pool": reward.pool_id, "needs_address": reward.needs_address,
        "delivers_on": f"{reward.delivers_on:%Y-%m}" if reward.delivers_on else "", "benefits": reward.benefits,
        "inference_quota": reward.inference_quota or None, "thanks_text": reward.thanks_text,
    }  # fmt: skip


@transaction.atomic
def describe_reward(*, reward_id: int, by: User, details: Details, version: str | None = None) -> Reward:
    """Keep the details. What backers relied on stays: a promised month only moves by saying so in public.

    Raises RewardRefused, ChangedElsewhere.
    """
    reward = _locked(reward_id, by)
    _check(reward, details)
    values = {
        "available_until": details.available_until, "delivers_on": details.delivers_on,
        "needs_address": details.needs_address, "benefits": details.benefits,
        "inference_quota": details.inference_quota, "thanks_text": details.thanks_text, "pool_id": details.pool_id,
    }  # fmt: skip
    with only_over(version, lambda: typed_details(reward)):
        Reward.objects.filter(pk=reward.pk).update(**values)
        reward.refresh_from_db()
    return reward


def _check(reward: Reward, details: Details) -> None:
    """Raises RewardRefused."""
    if reward.claimed and (reward.pool_id or None) != details.pool_id:
        raise RewardRefused(_("Somebody has this reward: which stock it shares stays as it is."))
    if reward.claimed and set(reward.benefits) - set(details.benefits):
        raise RewardRefused(_("Somebody has this reward: what it gives by itself can only grow."))
    if reward.claimed and details.needs_address and not reward.needs_address:
        raise RewardRefused(_("Somebody has this reward and was not told that it needs an address."))
    if "inference" in details.benefits and not details.inference_quota:
        raise RewardRefused(_("Say how large the quota of the token is."))
    if "thanks" in details.benefits and not details.thanks_text.strip():
        raise RewardRefused(_("Write the thank-you note."))


def typed_questions(reward: Reward) -> list[dict[str, Any]]:
    """A reward's questions as their rows show them."""
    return [
        {"pk": row.pk, "text": row.text, "choices": "\n".join(row.choices), "is_optional": not row.is_required}
        for row in reward.questions.all()
    ]


@transaction.atomic
def ask_questions(*, reward_id: int, by: User, questions: list[Question], version: str | None = None) -> None:
    """Keep the questions in their order. Those that were asked already stay. Raises RewardRefused, ChangedElsewhere."""
    reward = _locked(reward_id, by)
    if len(questions) > MOST_QUESTIONS:
        raise RewardRefused(_("At most %(most)s questions.") % {"most": MOST_QUESTIONS})
    with only_over(version, lambda: typed_questions(reward)):
        _write_questions(reward, questions)


def _write_questions(reward: Reward, questions: list[Question]) -> None:
    """Raises RewardRefused."""
    known = {question.pk: question for question in reward.questions.all()}
    kept = {question.pk for question in questions if question.pk in known}
    gone = set(known) - kept
    if gone and reward.deliveries.exclude(answered_at=None).exists():
        raise RewardRefused(_("Backers have answered already: their questions stay. You can add others."))
    reward.questions.filter(pk__in=gone).delete()
    for position, question in enumerate(questions):
        row = known.get(question.pk) if question.pk else None
        row = row or RewardQuestion(reward=reward)
        kind = RewardQuestion.Kind.CHOICE if question.choices else RewardQuestion.Kind.TEXT
        row.text, row.kind, row.choices = question.text, kind, question.choices
        row.is_required, row.position = question.is_required, position
        row.save()


@transaction.atomic
def picture_reward(*, reward_id: int, by: User, content: bytes, alt: str) -> RewardImage:
    """Keep the picture, decoded and written anew. Raises RewardRefused."""
    reward = _locked(reward_id, by)
    if not alt.strip():
        raise RewardRefused(_("Say in words what the picture shows, for whoever cannot see it."))
    try:
        picture = read_picture(content)
    except NotShown as error:
        raise RewardRefused(str(error)) from error
    values: dict[str, Any] = {
        "content": picture.content, "sha256": picture.sha256, "width": picture.width, "height": picture.height,
        "alt": alt.strip()[:160],
    }  # fmt: skip
    return RewardImage.objects.update_or_create(reward=reward, defaults=values)[0]


@transaction.atomic
def remove_picture(*, reward_id: int, by: User) -> None:
    """Without a picture again. Raises RewardRefused."""
    RewardImage.objects.filter(reward=_locked(reward_id, by)).delete()


@transaction.atomic
def share_stock(*, project: Project, by: User, name: str, limit: int) -> StockPool:
    """Stock that several rewards share. Raises RewardRefused."""
    if not can(by, project, "edit"):
        raise RewardRefused(_("Only the project's team changes its rewards."))
    if project.stock_pools.count() >= MOST_POOLS:
        raise RewardRefused(_("At most %(most)s shared stocks.") % {"most": MOST_POOLS})
    try:
        with transaction.atomic():
            return StockPool.objects.create(project=project, name=name, limit=limit)
    except IntegrityError as error:
        raise RewardRefused(_("There is a shared stock of this name.")) from error
