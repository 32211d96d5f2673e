"""Card pledges of the demo, made at the payment stand-in as a browser would, and the projects' way after them.

Runs once the pages are there: cards need the stand-in, and the collecting after a deadline is the workers' own. What
was begun and cut short goes on at the next start.
"""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from pages.demo.living import collect, complain, deliver, follow_all, offer_hours, suspend
from pages.demo.paying import pay
from pages.demo.reading import DemoProject, demo_projects
from pages.demo.recorded import record_run
from pages.demo.releasing import release_outputs
from payments import provider
from payments.models import CashPledge
from payments.services import cards
from payments.services.applying import refresh
from payments.services.fulfilling import open_rewards
from payments.services.pledging import Choice, start_pledge
from projects.closing import close_project
from projects.community.comments import Place, write_comment
from projects.errors import TransitionRefused
from projects.models import Comment, Project, Reward
from projects.states import change_state
from values.money import Money

S = Project.State
SEED = 20
BACKERS = 26
# Money that is to be paid out must have settled; the second card's does at once.
CARD, SETTLED_CARD = "pm_card_visa", "pm_card_bypassPending"
PATIENCE = 240.0
NAMES = (
    "Ada Lind", "Bao Tran", "Carmen Ruiz", "Dries Maes", "Elif Kaya", "Femi Ade", "Greta Holm", "Hugo Blanc", "Ines Sa",
    "Jun Mori", "Kaia Berg", "Luca Conti", "Mila Novak", "Nils Falk", "Olga Petrova", "Pia Weber", "Quinn Hall",
    "Rosa Vidal", "Sami Laine", "Tuva Dahl", "Umut Demir", "Vera Kos", "Wim Bakker", "Xenia Roth", "Yara Haddad",
    "Zeno Fischer",
)  # fmt: skip
# What follows the collecting, in order.
AFTERWARDS = {
    S.FUNDED: (),
    S.DELIVERING: (S.DELIVERING,),
    S.COMPLETED: (S.DELIVERING, S.COMPLETED),
    S.ABANDONED: (S.DELIVERING, S.ABANDONED),
}


def backers() -> list[User]:
    """The demo's further people. Nobody signs in as them: they have no password."""
    for number, name in enumerate(NAMES[:BACKERS], 1):
        email = f"backer{number:02}@demo.example"
        if not User.objects.filter(email=email).exists():
            User.objects.create_user(email, None, name=name)
    return list(User.objects.filter(email__startswith="backer", email__endswith="@demo.example").order_by("email")[1:])


def back_projects(*, now: datetime) -> int:
    """Every pledge that is missing. Returns how many were made. Raises ProviderAway."""
    people, made = backers(), 0
    for demo in demo_projects():
        project = Project.objects.get(slug=demo.slug)
        if project.state == S.LIVE and demo.backers:
            made += _back(project, demo, people, now)
            _discuss(project, demo, people, now)
            offer_hours(project, demo, people, now=now)
    collect(now=now)
    complain(now=now)
    follow_all(people, now=now)
    return made


def _discuss(project: Project, demo: DemoProject, people: list[User], now: datetime) -> None:
    """What is said below the project, once; 0 is its creator, other numbers are backers."""
    if project.comments.exists():
        return
    written: list[Comment] = []
    for place, said in enumerate(demo.more.get("comments", [])):
        author = people[said["by"]] if said["by"] else project.creator
        thread = written[said["answers"]] if "answers" in said else None
        at = now - timedelta(hours=30 - place)
        written.append(write_comment(place=Place(project, thread=thread), author=author, body=said["text"], now=at))


def _back(project: Project, demo: DemoProject, people: list[User], now: datetime) -> int:
    """The same pledges for the same project at every start: drawn from its address, told apart by their tokens."""
    chance = random.Random(f"{SEED} {demo.slug}")  # noqa: S311  # reason: demo data, to be the same again
    rewards = list(project.rewards.filter(threshold_minor__isnull=False, is_add_on=False).order_by("-threshold_minor"))
    made = 0
    for number, backer in enumerate(chance.sample(people, min(demo.backers, len(people)))):
        amount, share = chance.choice(demo.amounts), chance.betavariate(1.1, 1.4)
        wants_reward, is_anonymous = chance.random() < 0.8, chance.random() < 0.4
        token = uuid5(NAMESPACE_URL, f"{demo.slug}/{number}")
        if CashPledge.objects.filter(client_token=token, backer=backer).exclude(state="started").exists():
            continue
        days = min(-demo.launched, demo.deadline - demo.launched)
        at = now + timedelta(days=demo.launched + days * share, seconds=-60)
        reward = _reward_for(rewards, amount) if wants_reward else None
        choice = Choice(Money(amount, project.currency), reward, is_anonymous=is_anonymous)
        _pledge(project, backer, choice, token, at, card=SETTLED_CARD if "evidence" in demo.more else CARD)
        made += 1
    return made


def _reward_for(rewards: list[Reward], amount: int) -> Reward | None:
    fitting = (one for one in rewards if (one.threshold_minor or 0) <= amount and not one.is_sold_out)
    return next(fitting, None)


def _pledge(project: Project, backer: User, choice: Choice, token: UUID, at: datetime, *, card: str) -> None:
    pledge = start_pledge(project=project, backer=backer, choice=choice, client_token=token, now=at)
    facts = cards.browser_facts(pledge)
    client = provider.client().v1
    intents = client.setup_intents if facts["kind"] == "setup" else client.payment_intents
    intents.confirm(facts["client_secret"].split("_secret_")[0], {"payment_method": card})
    refresh(pledge_id=pledge.pk, now=at)


def reach_deadlines(*, now: datetime) -> None:
    """Projects that are not to stay live: paused, canceled, suspended, or closed at the deadline of their story.

    Once: what somebody resumed or reinstated since goes on.
    """
    for demo in demo_projects():
        project = Project.objects.get(slug=demo.slug)
        if project.state != S.LIVE or project.transitions.filter(source=S.LIVE, target=demo.state).exists():
            continue
        if demo.state in (S.PAUSED, S.CANCELED):
            reason = demo.more.get("pause_reason", "")
            change_state(project=project, target=demo.state, actor=project.creator, now=now, reason=reason)
        elif demo.state == S.SUSPENDED:
            suspend(project, demo, now=now)
        elif demo.deadline <= 0:
            _reach_deadline(project, demo, now)


def lead_on() -> None:
    """From collected to delivering, completed or abandoned. Raises TransitionRefused after PATIENCE."""
    for demo in demo_projects():
        if Project.objects.filter(slug=demo.slug, state=demo.state).exists():
            continue
        for state in AFTERWARDS.get(S(demo.state), ()):
            _go_to(demo.slug, state)
            if state == S.DELIVERING:
                project = Project.objects.get(slug=demo.slug)
                pay(project, demo, now=timezone.now())
                release_outputs(project, demo, now=timezone.now())
                record_run(slug=demo.slug, now=timezone.now())
                open_rewards(now=timezone.now())
                deliver(project, demo, now=timezone.now())


@transaction.atomic
def _reach_deadline(project: Project, demo: DemoProject, now: datetime) -> None:
    """The deadline is put where the story has it, and the closing decides as it does for everyone."""
    reached = now + timedelta(days=demo.deadline, minutes=-10)
    Project.objects.filter(pk=project.pk).update(
        deadline_at=reached, compute_ends_at=reached + timedelta(days=60)
    )  # fmt: skip
    close_project(project_id=project.pk, now=now)


def _go_to(slug: str, state: str) -> None:
    """Once the money is collected, at that moment. Raises TransitionRefused after PATIENCE."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        project = Project.objects.get(slug=slug)
        if project.state != S.COLLECTING:
            change_state(project=project, target=state, actor=project.creator, now=timezone.now())
            return
        time.sleep(0.5)
    raise TransitionRefused(f"{slug} is still collecting after {PATIENCE:.0f} seconds.")
