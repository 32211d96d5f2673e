"""Celery's part of the API. Rows are the queue."""

from celery import shared_task
from django.utils import timezone

from api.hooks import sending, services
from api.rest.idempotency import forget_answers


@shared_task
def send_hooks() -> int:
    """Send messages that are due."""
    return sending.send_due()


@shared_task
def forget_old() -> int:
    """Let keys and old messages go."""
    now = timezone.now()
    return forget_answers(now=now) + services.forget_messages(now=now)
