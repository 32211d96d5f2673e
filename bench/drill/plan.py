"""What the drill will do, from the seed alone: projects, pledges with their cards, and how people behave afterwards."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from uuid import UUID

UNREACHABLE = 90_000_000_00
FUNDING_DAYS = 3


@dataclass(slots=True)
class ProjectPlan:
    """A project. `ending` is how it should end; the drill does not depend on it, the verdict counts what happened."""

    name: str
    currency: str
    share: float
    ending: str = "funded"
    model: str = "all_or_nothing"
    shortfall: str = "stay_funded"
    takes_late: bool = False
    takes_monthly: bool = False
    minimum: int = 1_00


@dataclass(frozen=True, slots=True)
class PledgePlan:
    """A pledge. `when` is before, late or monthly; amounts are minor units.

    `repair` is what its backer does when the charge fails: card, same, fail (the bank's question), or nothing.
    `refund` is the part of it that the creator gives back (0 is none); `returns` says whether the browser comes back
    after the card was confirmed, or closes and leaves the news to the webhook; `is_disputed` that the holder goes to
    the bank long after.
    """

    number: int
    token: UUID
    project: int
    backer: int
    amount: int
    tip: int
    add_ons: int
    with_reward: bool
    card: str
    when: str
    repair: str
    refund: float
    evidence: str
    change: str
    returns: bool
    is_disputed: bool


@dataclass(slots=True)
class Plan:
    """Everything, in order."""

    seed: int
    projects: list[ProjectPlan]
    pledges: list[PledgePlan] = field(default_factory=list)
    backers: int = 0

    def of(self, when: str) -> list[PledgePlan]:
        """The pledges of one time."""
        return [pledge for pledge in self.pledges if pledge.when == when]


def projects() -> list[ProjectPlan]:
    """Several currencies, both funding models, and every way to end."""
    return [
        ProjectPlan("Open Weather Small", "EUR", 0.24, takes_late=True),
        ProjectPlan("Sign Language Base", "USD", 0.20, takes_late=True, takes_monthly=True),
        ProjectPlan("Proteins for All", "GBP", 0.10, ending="failed", minimum=UNREACHABLE),
        ProjectPlan("Haiku Model", "JPY", 0.12),
        ProjectPlan("Bird Song Audio", "EUR", 0.10, ending="falls short", shortfall="fail_and_refund"),
        ProjectPlan("Chess Commentary", "USD", 0.14, model="keep_what_you_raise", takes_late=True),
        ProjectPlan("Old Maps Vision", "GBP", 0.10, ending="canceled", model="keep_what_you_raise"),
    ]


# (shared test card, weight): what the bank does with it is in the stand-in's `cards`.
CARDS = (
    ("pm_card_visa", 52),
    ("pm_card_mastercard", 10),
    ("pm_card_chargeCustomerFail", 7),
    ("pm_card_authenticationRequired", 6),
    ("pm_card_authenticationRequiredOnSetup", 4),
    ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", 3),
    ("pm_card_createDispute", 4),
    ("pm_card_createDisputeProductNotReceived", 1),
    ("pm_card_visa_chargeDeclined", 2),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", 2),
    ("pm_card_chargeDeclinedExpiredCard", 2),
    ("pm_card_pendingRefund", 3),
    ("pm_card_refundFail", 2),
    ("pm_card_bypassPending", 2),
)
REFUSED_AT_ONCE = {
    "pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds",
    "pm_card_chargeDeclinedExpiredCard",
}  # fmt: skip
ADD_ON_PRICE = 300
REPAIRS = (("card", 50), ("same", 20), ("fail", 10), ("nothing", 20))
REFUNDS = ((0.0, 90), (0.3, 4), (0.5, 2), (1.0, 4))
EVIDENCE = (("winning_evidence", 40), ("losing_evidence", 40), ("", 20))
CHANGES = (("", 91), ("amount", 3), ("cancel", 3), ("card", 2), ("leave", 1))
LATE, MONTHLY = 0.05, 0.01


def make_plan(seed: int, pledges: int) -> Plan:
    """The same seed and number give the same plan."""
    dice = random.Random(f"plan:{seed}")  # noqa: S311  # reason: replay
    plan = Plan(seed, projects(), backers=max(10, pledges // 3))
    monthly, late = max(1, round(pledges * MONTHLY)), max(1, round(pledges * LATE))
    for number in range(pledges):
        when = "monthly" if number < monthly else "late" if number < monthly + late else "before"
        plan.pledges.append(_pledge(dice, plan, number, when))
    _set_minimums(plan)
    return plan


def _pick(dice: random.Random, weighted: tuple[tuple[object, int], ...]) -> object:
    return dice.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


def _project(dice: random.Random, plan: Plan, when: str) -> int:
    def takes(project: ProjectPlan) -> bool:
        return {"late": project.takes_late, "monthly": project.takes_monthly}.get(when, True)

    able = [index for index, project in enumerate(plan.projects) if takes(project)]
    return dice.choices(able, [plan.projects[index].share for index in able])[0]


def _pledge(dice: random.Random, plan: Plan, number: int, when: str) -> PledgePlan:
    project = _project(dice, plan, when)
    amount = dice.choice((500, 1000, 1500, 2500, 5000, 10_000, dice.randrange(600, 20_000)))
    return PledgePlan(
        number=number,
        token=UUID(int=dice.getrandbits(128), version=4),
        project=project,
        # Each month has a backer of its own: nobody supports a project twice.
        backer=number if when == "monthly" else dice.randrange(plan.backers),
        amount=amount,
        tip=dice.choice((0, 0, 0, 100, 250)),
        add_ons=dice.choice((0, 0, 0, 0, 1, 2)) if when != "monthly" else 0,
        with_reward=when != "monthly" and amount >= 1000 and dice.random() < 0.5,
        card=str(_pick(dice, CARDS)) if when != "monthly" else "pm_card_visa",
        when=when,
        repair=str(_pick(dice, REPAIRS)),
        refund=float(str(_pick(dice, REFUNDS))),
        evidence=str(_pick(dice, EVIDENCE)),
        change=str(_pick(dice, CHANGES)) if when == "before" else "",
        returns=dice.random() < 0.7,
        is_disputed=dice.random() < 0.015,
    )


def _set_minimums(plan: Plan) -> None:
    """The project that is to fall short is funded at its deadline and loses its minimum to the first dropped card."""
    for index, project in enumerate(plan.projects):
        if project.ending != "falls short":
            continue
        stays = [pledge for pledge in plan.of("before") if pledge.project == index and _is_saved(pledge)]
        saved = sum(pledge.amount + ADD_ON_PRICE * pledge.add_ons for pledge in stays)
        project.minimum = max(1_00, saved * 98 // 100)


def _is_saved(pledge: PledgePlan) -> bool:
    """Whether it counts at the deadline: the card was taken at once, or its backer had another one."""
    leaves = pledge.card in REFUSED_AT_ONCE and pledge.repair == "nothing"
    return pledge.change not in ("cancel", "leave") and not leaves
