"""The drill's people and projects, and the first rush of pledges."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import requests
from django.db import connections

from accounts.models import User
from bench.drill.patience import keep_trying
from bench.drill.people import Cast
from bench.drill.plan import ADD_ON_PRICE, FUNDING_DAYS, Plan, ProjectPlan
from clock.services import business_now
from payments.models import PayoutRecipient
from payments.services import recipients
from projects.launch import launch
from projects.models import Milestone, Project, Reward

T = TypeVar("T")
THREADS = 8
STEPS = (("Half of it", "A checkpoint.", 5000), ("The rest", "Weights and report.", 5000))


def people_at_once(work: Callable[[T], None], items: Iterable[T]) -> list[str]:
    """`work` for each item on several threads; returns the errors of those that failed, each told on stderr."""

    def one(item: T) -> str:
        try:
            work(item)
        except Exception as error:  # noqa: BLE001  # reason: one person's trouble must not end the drill; it is counted
            traceback.print_exc()
            return f"{type(error).__name__}: {error}"
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(THREADS) as pool:
        return [error for error in pool.map(one, items) if error]


def make_cast(plan: Plan) -> Cast:
    """Accounts in bulk; projects launched by the real service, their creators onboarded at the provider."""
    admin = _user("admin", is_staff=True)
    User.objects.bulk_create(
        User(email=f"backer{number}@drill.example", name=f"Backer {number}", password="!")  # noqa: S106  # reason: unusable
        for number in range(plan.backers)
    )
    backers = list(User.objects.filter(email__startswith="backer").order_by("pk"))
    cast = Cast([], [], [], backers, admin)
    for number, wanted in enumerate(plan.projects):
        _add_project(cast, wanted, number)
    return cast


def _user(name: str, **fields: object) -> User:
    return User.objects.create(email=f"{name}@drill.example", name=name.title(), password="!", **fields)  # noqa: S106  # reason: unusable


def _add_project(cast: Cast, wanted: ProjectPlan, number: int) -> None:
    now = business_now()
    creator = _user(f"creator{number}")
    _onboard(creator)
    project = Project.objects.create(
        creator=creator, slug=f"drill-{number}", title=wanted.name, promise="A small open model.", story="Text.",
        model_kind="language", weights_license="Apache-2.0", data_license="CC-BY-4.0", code_license="Apache-2.0",
        currency=wanted.currency, funding_minimum=wanted.minimum, funding_model=wanted.model, state="approved",
        shortfall_rule=wanted.shortfall, deadline_at=now + timedelta(days=FUNDING_DAYS),
        compute_ends_at=now + timedelta(days=90), takes_late_pledges=wanted.takes_late,
        takes_monthly_support=wanted.takes_monthly,
    )  # fmt: skip
    Milestone.objects.bulk_create(
        Milestone(project=project, number=place, title=title, evidence_wanted=evidence, share_bp=share)
        for place, (title, evidence, share) in enumerate(STEPS, 1)
    )
    cast.rewards.append(Reward.objects.create(project=project, title="Your name in the card", threshold_minor=1000))
    cast.add_ons.append(
        Reward.objects.create(project=project, title="Sticker", threshold_minor=ADD_ON_PRICE, is_add_on=True)
    )
    launch(project=project, actor=creator, now=now)
    cast.projects.append(project)


def _onboard(creator: User) -> None:
    link = keep_trying(lambda: recipients.begin_onboarding(user=creator, return_url="https://drill.example/"))
    keep_trying(lambda: requests.post(link, timeout=20, allow_redirects=False).raise_for_status())
    assert keep_trying(lambda: recipients.refresh_recipient(user=creator, now=business_now()))
    assert PayoutRecipient.objects.filter(user=creator, is_active=True).exists()
