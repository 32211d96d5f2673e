"""Celery's part of pages."""

from celery import shared_task

from clock.services import business_now
from pages.duty_mail import tell_backers_of_duties


@shared_task
def tell_of_duties() -> int:
    """Tell backers of hours that are to be rented, and how it ended."""
    return tell_backers_of_duties(now=business_now())
