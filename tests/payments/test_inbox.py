"""Workers share the inbox of the provider's events."""

import pytest
from django.utils import timezone

from payments.models import WebhookEvent
from payments.services import webhooks
from tests.factories.payments import collected, funded_project
from tests.factories.people import NOW

pytestmark = pytest.mark.django_db


def test_an_event_that_another_worker_has_done_is_passed_over(standin, settings):
    pledge, now = collected(funded_project()), timezone.now()
    event = WebhookEvent.objects.create(
        event_id="evt_1",
        kind="payment_intent.succeeded",
        object_id=pledge.payment_intent_id,
        payload={},
        received_at=now,
    )
    assert webhooks.process_inbox(received_before=now, now=NOW) == 1
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    assert not webhooks._process(event, now, NOW)
    event.refresh_from_db()
    assert (event.attempts, event.error) == (0, "")
    assert event.processed_at == now
