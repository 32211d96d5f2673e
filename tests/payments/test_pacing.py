"""Sweeps keep the provider's pace, in every thread; web requests are not paced."""

import pytest

from payments import pacing
from payments.services import collecting


@pytest.fixture
def waits(monkeypatch):
    """Seconds that callers were told to wait, instead of waiting."""
    told = []
    monkeypatch.setattr(pacing.time, "sleep", told.append)
    return told


@pytest.mark.django_db
@pytest.mark.parametrize("threads", [1, 4])
def test_each_thread_of_a_sweep_waits_for_its_turn(settings, waits, threads):
    settings.PROVIDER_CALLS_A_SECOND, settings.COLLECTING_THREADS = 2.0, threads
    endpoint = f"sweep with {threads}"
    with pacing.paced():
        collecting._each(range(20), lambda _: pacing.keep_pace(endpoint) or True)
    assert len(waits) == 20
    # The burst goes at once; each call after it half a second later than the one before.
    assert max(waits) == pytest.approx((20 - pacing.BURST) / 2, abs=1)


def test_a_person_who_pays_never_waits(settings, waits):
    settings.PROVIDER_CALLS_A_SECOND = 1.0
    for _ in range(20):
        pacing.keep_pace("a person")
    assert waits == []


def test_without_redis_a_worker_keeps_a_part_of_the_pace(settings, waits):
    settings.PROVIDER_CALLS_A_SECOND, settings.REDIS_URL = 8.0, "redis://127.0.0.1:1/0"
    with pacing.paced():
        pacing.keep_pace("alone")
    assert waits == [pacing.ALONE / 8]
