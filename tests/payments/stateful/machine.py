"""The model: what people, banks and a bad network do in any order, against an oracle that keeps its own books."""

import random
import tempfile
from pathlib import Path
from uuid import uuid4

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from payments import provider
from payments.errors import HoldRefused, PaymentsError, PayoutRefused, PledgeRefused, RefundRefused
from payments.models import CashPledge, Dispute, Payout, Refund
from payments.services import cards, disputing, holding, paying_out, pledging, refunding
from payments.services.applying import refresh
from projects.states import change_state
from tests.factories.payments import chosen
from tests.factories.people import make_user
from tests.payments.stateful.inprocess import Books, InProcess
from tests.payments.stateful.world import World

GOOD, LATER_REFUSED = "pm_card_visa", "pm_card_chargeCustomerFail"
CARDS = st.sampled_from([GOOD, GOOD, GOOD, "pm_card_mastercard", LATER_REFUSED, "pm_card_pendingRefund"])
AMOUNTS = st.integers(50, 200_00)
FAULTS = st.sampled_from(["500", "429", "lock_timeout", "lost_after", "cut_before", "500_after", "503"])
PATHS = st.sampled_from(["/confirm", "/payment_intents", "/refunds", "/transfers", "/cancel", "/"])
CHARGED = set(CashPledge.CHARGED)
STEPS = {"taken": 0}
# The stand-in keeps its books in a file; in memory where the machine offers that.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


class Money(RuleBasedStateMachine):
    """`oracle` maps a pledge to what it promised: amount, tip, card, and whether its backer took it back."""

    pledges = Bundle("pledges")

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.books = InProcess.current = Books(Path(self.folder.name))
        self.world, self.oracle = World(self.books), {}
        STEPS["taken"] += 1

    # People.

    @rule(target=pledges, amount=AMOUNTS, tip=st.sampled_from([0, 0, 1, 5_00]), card=CARDS, late=st.booleans())
    def pledge(self, amount, tip, card, late):
        project = self.world.funded if late else self.world.hopeful
        project.refresh_from_db()
        try:
            made = pledging.start_pledge(
                project=project, backer=make_user(), choice=chosen(project, amount, tip=tip), client_token=uuid4(),
                now=self.world.now,
            )  # fmt: skip
        except PledgeRefused:
            return None
        self.oracle[made.pk] = {"amount": amount, "tip": tip, "card": card, "canceled": False, "saved": False}
        self._use_card(made, card)
        return made.pk

    def _use_card(self, made, card):
        """The browser's part; its page may close before anything comes back."""
        try:
            facts = cards.browser_facts(made)
            client = provider.client().v1
            intents = client.setup_intents if facts["kind"] == "setup" else client.payment_intents
            intents.confirm(facts["client_secret"].split("_secret_")[0], {"payment_method": card})
            refresh(pledge_id=made.pk, now=self.world.now)
        except (PaymentsError, provider_errors()):
            return

    @rule(pk=pledges, amount=AMOUNTS)
    def change(self, pk, amount):
        if pk is None:
            return
        try:
            project = self.world.pledge(pk).project
            pledging.change_pledge(pledge_id=pk, choice=chosen(project, amount), now=self.world.now)
        except PledgeRefused:
            return
        self.oracle[pk] |= {"amount": amount, "tip": 0}

    @rule(pk=pledges)
    def cancel(self, pk):
        if pk is None:
            return
        try:
            pledging.cancel_pledge(pledge_id=pk, now=self.world.now)
        except PledgeRefused:
            return
        self.oracle[pk]["canceled"] = True

    @rule(pk=pledges, part=st.integers(1, 250_00) | st.none())
    def ask_back(self, pk, part):
        if pk is None:
            return
        before = self.world.pledge(pk)
        try:
            made = refunding.request_refund(pledge_id=pk, amount=part, cause="creator", now=self.world.now)
        except RefundRefused:
            assert (
                before.state != "collected"
                or part is None
                or part > before.total_minor - before.refunded_minor
                or (before.refunded_minor == before.total_minor)
            )
            return
        assert made.amount_minor <= before.total_minor - before.refunded_minor

    @rule(pk=pledges)
    def dispute(self, pk):
        if pk is None or self.world.pledge(pk).state != "collected":
            return
        intent = self._intent(self.world.pledge(pk).payment_intent_id)
        charge = self.books.store
        with charge.transaction():
            found = charge.get(intent["latest_charge"])
        if found["disputed"] or found["refunded"]:
            return
        self.books.order(dispute={"charge": found["id"]})

    @rule(words=st.sampled_from(["winning_evidence", "losing_evidence"]))
    def answer_disputes(self, words):
        for dispute in Dispute.objects.filter(state="needs_response"):
            try:
                disputing.submit_evidence(dispute_id=dispute.pk, text=words, by=self.world.admin, now=self.world.now)
            except PaymentsError:
                continue

    @rule(number=st.sampled_from([1, 2]))
    def ask_for_tranche(self, number):
        milestone = self.world.funded.milestones.get(number=number)
        try:
            paying_out.request_payout(
                milestone_id=milestone.pk, by=self.world.funded.creator, text="It.", url="", now=self.world.now
            )
        except PayoutRefused:
            return

    @rule()
    def release_tranches(self):
        for payout in Payout.objects.filter(state="requested"):
            try:
                paying_out.release_payout(payout_id=payout.pk, by=self.world.admin, reason="Seen.", now=self.world.now)
            except PayoutRefused:
                continue

    @rule(pk=pledges, lift=st.booleans())
    def hold(self, pk, lift):
        if pk is None:
            return
        pledge = self.world.pledge(pk)
        standing = pledge.holds.filter(lifted_at=None).first()
        try:
            if standing and lift:
                holding.lift_hold(hold_id=standing.pk, by=self.world.admin, reason="Fine.", now=self.world.now)
            elif not standing:
                holding.set_hold(target={"pledge": pledge}, by=self.world.admin, reason="Odd.", now=self.world.now)
        except HoldRefused:
            return

    @precondition(lambda self: len(self.oracle) > 4)
    @rule(which=st.sampled_from(["hopeful", "funded"]), sure=st.integers(0, 7))
    def end_project(self, which, sure):
        project = getattr(self.world, which)
        project.refresh_from_db()
        if sure or project.state not in ("live", "funded", "collecting", "suspended"):
            return
        for state in ("suspended", "canceled"):
            change_state(project=project, target=state, actor=None, now=self.world.now)

    # The network, the clock, the workers.

    @rule(kind=FAULTS, path=PATHS, count=st.integers(1, 3))
    def break_something(self, kind, path, count):
        self.books.order(faults=[{"kind": kind, "path": path, "count": count, "method": "POST"}])

    @rule(hours=st.sampled_from([1, 6, 26, 49, 24 * 6]))
    def time_passes(self, hours):
        self.world.advance(hours=hours)

    @rule()
    def the_deadline_is_looked_at(self):
        self.world.close()

    @rule()
    def workers_work(self):
        self.world.sweep()

    @rule(seed=st.integers(0, 2**16))
    def events_arrive(self, seed):
        self.world.deliver(random.Random(seed))  # reason: replayable

    # What must hold.

    def _intent(self, intent_id):
        with self.books.store.transaction():
            return self.books.store.get(intent_id)

    @invariant()
    def no_card_is_charged_twice_or_otherwise_than_promised(self):
        STEPS["taken"] += 1
        charges = {}
        for charge in self.books.newest("charge"):
            if charge["status"] == "succeeded":
                charges.setdefault(charge["payment_intent"], []).append(charge["amount"])
        assert all(len(found) == 1 for found in charges.values())
        known = dict(CashPledge.objects.exclude(payment_intent_id="").values_list("payment_intent_id", "pk"))
        for intent, (amount,) in charges.items():
            promise = self.oracle[known[intent]]
            assert amount == promise["amount"] + promise["tip"]

    @invariant()
    def refunds_never_pass_charges(self):
        for charge in self.books.newest("charge"):
            assert charge["amount_refunded"] <= charge["amount_captured"]

    def teardown(self):
        try:
            self.world.come_to_rest()
            self._check_the_end()
        finally:
            self.books.close()
            self.folder.cleanup()
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def _check_the_end(self):
        for found, wanted in (
            (self.world.problems(), {}),
            (self.world.differences(), []),
            (self.world.unprocessed(), []),
            (self.world.provider_side(), self.books.balance_by_currency()),
        ):
            assert found == wanted, f"{found} instead of {wanted}"
        assert not Refund.objects.filter(state="pending").exists()
        for pk, promise in self.oracle.items():
            self._check_pledge(self.world.pledge(pk), promise)

    def _check_pledge(self, pledge, promise):
        intent = self._intent(pledge.payment_intent_id) if pledge.payment_intent_id else None
        received = intent["amount_received"] if intent else 0
        assert (pledge.state in CHARGED) == bool(received)
        if promise["canceled"] and received:
            assert pledge.state in ("refunded", "lost") or pledge.holds.exists()
        if promise["card"] == LATER_REFUSED:
            assert not received
        if pledge.state == "refunded":
            sent = [r["amount"] for r in self.books.newest("refund") if r["payment_intent"] == pledge.payment_intent_id
                    and r["status"] != "failed"]  # fmt: skip
            assert sum(sent) == pledge.total_minor


def provider_errors():
    """Errors of the library in the browser's part."""
    import stripe

    return stripe.StripeError
