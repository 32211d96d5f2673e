"""The world of the stateful model: two projects, a clock, and every sweep of the platform to be run at will."""

from datetime import timedelta

from django.utils import timezone

from payments import provider
from payments.models import CashPledge, PayoutRecipient, WebhookEvent
from payments.services import (
    collecting,
    disputing,
    endings,
    paying_out,
    reconciling,
    refunding,
    settling,
    supporting,
    webhooks,
)
from payments.services.auditing import audit
from payments.services.ledger import balances
from payments.stripe_standin import accounts
from projects.closing import close_project
from projects.models import Milestone
from tests.factories.people import make_project, make_user

PROVIDER_ACCOUNTS = ("provider_pending", "provider_available")


class World:
    """Business time is real time plus `offset`; the stand-in follows."""

    def __init__(self, books):
        self.books, self.offset, self.delivered = books, timedelta(), 0
        self.admin = make_user(is_staff=True)
        deadline = timezone.now() + timedelta(days=5)
        common = {"deadline_at": deadline, "compute_ends_at": deadline}
        self.hopeful = make_project(funding_minimum=50_00, **common)
        self.funded = make_project(state="funded", takes_late_pledges=True, currency="GBP", **common)
        for number, share in ((1, 4_000), (2, 6_000)):
            Milestone.objects.create(
                project=self.funded, number=number, title="Step", evidence_wanted="It.", share_bp=share
            )
        made = provider.create_recipient(email="c@test.example", name="C", user_id=self.funded.creator_id)
        with books.store.transaction():
            accounts.set_transfers(books.store, made["id"], "active")
        PayoutRecipient.objects.create(user=self.funded.creator, account_id=made["id"], is_active=True)

    @property
    def now(self):
        return timezone.now() + self.offset

    def advance(self, **delta):
        self.offset += timedelta(**delta)
        self.books.order(clock_offset=int(self.offset.total_seconds()))

    def close(self):
        close_project(project_id=self.hopeful.pk, now=self.now)

    def deliver(self, order):
        """Take in the events since the last delivery, in the order of `order`'s shuffle, some of them twice."""
        events = list(reversed(self.books.newest("event")))[self.delivered :]
        self.delivered += len(events)
        order.shuffle(events)
        for event in events:
            for _ in range(order.choice((0, 1, 1, 2))):
                webhooks._store(event, timezone.now())
        webhooks.process_inbox(received_before=timezone.now(), now=self.now)

    def sweep(self):
        """What Celery's beat would do, once."""
        now = self.now
        supporting.plan_months(now=now)
        collecting.freeze_projects(now=now)
        collecting.resolve_unknown(now=now)
        collecting.collect_due(now=now)
        endings.remind(now=now)
        endings.release_failed(now=now)
        endings.drop_expired(now=now)
        endings.finish_collecting(now=now)
        endings.refund_due(now=now)
        endings.let_cards_go(now=now)
        endings.expire_started(now=now)
        refunding.send_refunds(now=now)
        paying_out.send_payouts(now=now)
        disputing.refresh_open(now=now)
        settling.settle_available(now=now)

    def come_to_rest(self):
        """No more faults; time passes until everything that can happen has happened."""
        self.books.order(faults=[])
        self.close()
        for _ in range(2):
            self.sweep()
        for hours in (2, 30, 30, 60, 60, 60, 24 * 20):
            self.advance(hours=hours)
            self.close()
            self.sweep()
        webhooks.sweep_undelivered(now=timezone.now())
        webhooks.process_inbox(received_before=timezone.now(), now=self.now)
        self.sweep()

    def provider_side(self):
        """What our ledger says that the provider holds for us, by currency."""
        sums = {}
        for (account, currency), amount in balances().items():
            if account in PROVIDER_ACCOUNTS:
                sums[currency] = sums.get(currency, 0) + amount
        return {code: n for code, n in sums.items() if n}

    def problems(self):
        """Names of broken invariants."""
        return {finding.invariant.name: finding.samples for finding in audit() if not finding.holds}

    def differences(self):
        """What reconciliation finds once everything is listed."""
        found = reconciling.reconcile(now=self.now + timedelta(hours=1), listed_at=timezone.now(), whole=True)
        return [(row.reference, row.kind, row.detail) for row in found]

    def unprocessed(self):
        return list(WebhookEvent.objects.filter(processed_at=None).values_list("kind", "error"))

    def pledge(self, pk):
        return CashPledge.objects.get(pk=pk)
