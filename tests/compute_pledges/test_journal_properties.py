"""Whatever happens to blocks, in whatever order and however often: time moves, none is made and none is lost."""

from datetime import timedelta

from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from compute_pledges.models import GpuTimeEntry, WorkResult
from compute_pledges.services.journal import account_totals
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.reconcile import journal_differences
from compute_pledges.services.verification import quarantine, reject, settle_verified, verify
from projects.models import Contribution
from tests.factories.compute import SOON, Agent, make_run, open_round

STEPS = st.lists(
    st.tuples(st.sampled_from(["verify", "reject", "settle", "quarantine"]), st.integers(0, 2)), max_size=12
)


class JournalProperties(TestCase):
    @settings(deadline=None, max_examples=25)
    @given(steps=STEPS)
    def test_time_moves_between_accounts_and_stored_states_agree(self, steps):
        run = make_run()
        open_round(run)
        agents = [Agent() for _ in range(3)]
        reported = 0
        for agent in agents:
            lease = agent.lease(run, SOON - timedelta(seconds=8))
            receipt, signature = agent.receipt(lease)
            result = accept_receipt(
                device=agent.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=SOON
            )
            WorkResult.objects.filter(pk=result.pk).update(is_merged=True)
            reported += result.device_us
        for minute, (step, which) in enumerate(steps):
            now = SOON + timedelta(hours=minute)
            result = WorkResult.objects.select_related("lease__run__project").get(device=agents[which].device)
            if step == "verify":
                verify(result=result, now=now)
            elif step == "reject":
                reject(result=result, reason="test", now=now)
            elif step == "settle":
                settle_verified(now=now)
            else:
                quarantine(device_id=agents[which].device.pk, reason="test", now=now)
        totals = {account: amount["device_us"] for account, amount in account_totals().items()}
        assert sum(totals.values()) == 0
        assert sum(amount for account, amount in totals.items() if account != "promised") == reported
        assert min(amount for account, amount in totals.items() if account != "promised") >= 0
        assert journal_differences(since=SOON - timedelta(days=1)) == []
        good = sum(GpuTimeEntry.objects.filter(credit="verified").values_list("h100_us", flat=True)) - sum(
            GpuTimeEntry.objects.filter(credit="reversed").values_list("h100_us", flat=True)
        )
        assert (Contribution.objects.filter(stage="realized").aggregate(n=Sum("amount"))["n"] or 0) == good
