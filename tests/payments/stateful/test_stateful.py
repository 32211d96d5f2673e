"""Fifteen thousand steps of pledges, charges, refunds, disputes, payouts and failures; the books agree at every end."""

import os

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test

from payments.provider import calls
from tests.payments.stateful.inprocess import attach
from tests.payments.stateful.machine import STEPS, Money

LEAST_STEPS = 15_000
# Without shrinking a breach is told at once, while a change is being made.
PHASES = [Phase.generate] if "STATEFUL_EXAMPLES" in os.environ else list(Phase)
EXAMPLES = int(os.environ.get("STATEFUL_EXAMPLES", "345"))


@pytest.mark.django_db
def test_the_books_agree_whatever_happens(monkeypatch, settings):
    attach(monkeypatch, settings)
    STEPS["taken"] = 0
    plan = hypothesis_settings(
        max_examples=EXAMPLES, stateful_step_count=50, deadline=None, print_blob=True, database=None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    try:
        run_state_machine_as_test(Money, settings=plan)
    finally:
        calls._client.cache_clear()
    print(f"{STEPS['taken']} steps")
    if "STATEFUL_EXAMPLES" not in os.environ:
        assert STEPS["taken"] >= LEAST_STEPS
