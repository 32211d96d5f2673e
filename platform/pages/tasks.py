"""Celery's part of pages."""

from celery import shared_task
from django.utils import timezone

from clock.services import business_now
from pages.duty_mail import tell_backers_of_duties
from pages.note_mail import mail_notes


@shared_task
def mail_lab_notes() -> int:
    """Mail new lab notes to backers."""
    return mail_notes(now=timezone.now())


@shared_task
def tell_of_duties() -> int:
    """Tell backers of hours that are to be rented, and how it ended."""
    return tell_backers_of_duties(now=business_now())
