"""Celery's part of pages."""

from celery import shared_task
from django.utils import timezone

from pages.note_mail import mail_notes


@shared_task
def mail_lab_notes() -> int:
    """Mail new lab notes to backers."""
    return mail_notes(now=timezone.now())
