"""Celery's part of notices."""

from celery import shared_task

from clock.services import business_now
from notices.sweep import send_due


@shared_task
def send_notices() -> int:
    """Mail what people are to be told."""
    return send_due(now=business_now())
