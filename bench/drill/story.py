"""The life of the drill: the first rush, then business time in steps, with people who act at each of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import requests
from django.conf import settings

from bench.drill import people
from bench.drill.orders import order
from bench.drill.patience import keep_trying
from bench.drill.people import Cast
from bench.drill.plan import Plan, PledgePlan
from bench.drill.seed import people_at_once
from bench.drill.unsettled import unsettled
from clock.services import business_now, move_clock
from payments import provider
from payments.errors import PaymentsError
from payments.models import CashPledge, Dispute, Payout
from payments.services import paying_out
from projects.models import Milestone, Project
from projects.states import change_state

State = CashPledge.State
# A share of the plan's pledges repairs at each step of the fix window; the last ones come too late.
REPAIR_STEPS = 3
# Longest waits: for collecting to end, which kills hold up; at a step of a run of 2,000 pledges, where smaller runs
# wait less.
FUNDING_SECONDS = 240.0
STEP_SECONDS, LEAST_SECONDS, FULL_RUN = 22.0, 2.0, 2000


class Story:
    """Acts on the plan. `say(text)` tells what happens; `failures` are the errors that stopped people."""

    def __init__(self, plan: Plan, cast: Cast, say: Callable[[str], None]) -> None:
        self.plan, self.cast, self.say = plan, cast, say
        self.failures: list[str] = []
        self.step_seconds = max(LEAST_SECONDS, STEP_SECONDS * len(plan.pledges) / FULL_RUN)

    def tell(self) -> None:
        """From the first pledge to the last month."""
        self.rush("before", "pledges before the deadline")
        self.move(2.9, "one project is canceled", self.cancel)
        self.move(3.05, "deadline: projects close, cards are charged")
        for number, days in enumerate((4.1, 6.1, 8.1, 9.1)):
            words = f"fix window, day {days - 3.05:.0f}"
            self.move(days, words, partial(self.repair, number), self.answer_disputes)
        self.move(10.2, "the fix window ends")
        self.wait_for_funding()
        self.rush("late", "late pledges")
        self.rush("monthly", "monthly supports")
        self.move(13.5, "refunds, disputes, evidence", self.give_back, self.dispute, self.answer_disputes)
        self.move(14.0, "a tranche is asked for and released", self.answer_disputes, self.pay_out)
        # A month after day 10 is between day 38 and day 42; its notice comes two days before.
        self.move(40.0, "the next month is announced", self.answer_disputes)
        self.move(43.0, "the next month is charged", self.pay_out)
        self.move(46.0, "the next month is tried again")
        self.move(65.0, "every bank has decided")

    def rush(self, when: str, words: str) -> None:
        """Everyone of one time pledges, a few of them by a double click."""
        items = self.plan.of(when)
        began = time.monotonic()
        clicks = [copy for item in items for copy in [item] * (2 if item.number % 25 == 7 else 1)]
        self.failures += people_at_once(lambda item: people.pledge(self.cast, item), clicks)
        self.say(f"{len(items)} {words} in {time.monotonic() - began:.0f} s")

    def move(self, days: float, words: str, *acts: Callable[[], None]) -> None:
        """Business time jumps, people act, then what is due gets some seconds; it need not be done by then."""
        offset = timedelta(days=days)
        keep_trying(lambda: move_clock(offset=offset))
        keep_trying(lambda: provider.follow_clock(int(offset.total_seconds())))
        began = time.monotonic()
        for act in acts:
            act()
        while time.monotonic() - began < self.step_seconds:
            time.sleep(0.7)
            if not (left := self.left()):
                break
        left = self.left()
        self.say(f"day {days:5.2f}: {words}; {sum(left.values())} open after {time.monotonic() - began:.0f} s")

    @staticmethod
    def left() -> dict[str, int]:
        """What is unsettled now."""
        return keep_trying(lambda: unsettled(business_now()))

    def by_item(self, **where: object) -> list[tuple[PledgePlan, CashPledge]]:
        """Planned pledges whose rows match."""
        rows = CashPledge.objects.filter(**where).select_related("project__creator", "backer")
        found = keep_trying(lambda: {row.client_token: row for row in rows})
        return [(item, found[item.token]) for item in self.plan.pledges if item.token in found]

    def wait_for_funding(self) -> None:
        """Late pledges are taken once collecting is over."""
        until = time.monotonic() + FUNDING_SECONDS
        while self.left().get("projects collecting") and time.monotonic() < until:
            time.sleep(0.5)

    def cancel(self) -> None:
        """An admin ends a project that has charged already."""
        for wanted, project in zip(self.plan.projects, self.cast.projects, strict=True):
            if wanted.ending == "canceled":
                self._end(project.pk)

    def _end(self, project_id: int) -> None:
        def end() -> None:
            project = Project.objects.get(pk=project_id)
            change_state(
                project=project, target=Project.State.CANCELED, actor=self.cast.admin, now=business_now(),
                reason="The creator stopped.",
            )  # fmt: skip

        keep_trying(end)

    def repair(self, step: int) -> None:
        """Some of those who were asked for help open their link."""
        asked = self.by_item(state__in=(State.NEEDS_ACTION, State.RETRYING))
        now = [pair for pair in asked if pair[0].number % REPAIR_STEPS == step % REPAIR_STEPS]
        self.failures += people_at_once(lambda pair: people.repair(*pair), now)

    def give_back(self) -> None:
        """Creators refund parts and wholes."""
        wanted = [pair for pair in self.by_item(state=State.COLLECTED) if pair[0].refund]
        self.failures += people_at_once(lambda pair: people.give_back(*pair, pair[1].project.creator), wanted)

    def dispute(self) -> None:
        """Holders go to the bank about charges of weeks ago, refunded in part or not."""
        for item, made in self.by_item(state=State.COLLECTED):
            if item.is_disputed:
                intent = keep_trying(partial(provider.retrieve_payment_intent, made.payment_intent_id))
                with contextlib.suppress(requests.HTTPError):  # Refunded in whole: there is nothing to dispute.
                    order(settings.STRIPE_API_BASE, dispute={"charge": intent["latest_charge"]["id"]})

    def answer_disputes(self) -> None:
        """Creators hand in what they have, good, bad or nothing."""
        items = {item.token: item for item in self.plan.pledges}
        rows = Dispute.objects.filter(state=Dispute.State.NEEDS_RESPONSE, evidence="").select_related(
            "pledge__project__creator"
        )
        asked = [(dispute, items.get(dispute.pledge.client_token)) for dispute in keep_trying(lambda: list(rows))]
        wanted = [(dispute, item.evidence) for dispute, item in asked if item and item.evidence]
        self.failures += people_at_once(
            lambda pair: people.answer_dispute(*pair, pair[0].pledge.project.creator), wanted
        )

    def pay_out(self) -> None:
        """Creators of funded projects ask for their next milestone; the admin releases it."""
        rows = Milestone.objects.filter(project__state=Project.State.FUNDED).exclude(payouts__state="paid")
        for milestone in keep_trying(lambda: list(rows.order_by("project_id", "number").distinct("project_id"))):
            with contextlib.suppress(PaymentsError):  # Nothing is settled yet, or it was asked for before.
                self._pay(milestone)

    def _pay(self, milestone: Milestone) -> None:
        creator = milestone.project.creator

        def ask() -> None:
            if not Payout.objects.filter(milestone=milestone).exists():
                paying_out.request_payout(
                    milestone_id=milestone.pk, by=creator, text="A checkpoint.", url="", now=business_now()
                )

        def release() -> None:
            for payout in Payout.objects.filter(milestone=milestone, state=Payout.State.REQUESTED):
                paying_out.release_payout(
                    payout_id=payout.pk, by=self.cast.admin, reason="The evidence holds.", now=business_now()
                )

        keep_trying(ask)
        keep_trying(release)
