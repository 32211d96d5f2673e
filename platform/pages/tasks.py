"""Celery's part of pages."""

from celery import shared_task
from django.utils import timezone

from clock.services import business_now
from pages.duty_mail import tell_backers_of_duties
from pages.kept.files import SECONDS, erase_old


@shared_task
def tell_of_duties() -> int:
    """Tell backers of hours that are to be rented, and how it ended."""
    return tell_backers_of_duties(now=business_now())


@shared_task
def erase_kept_files() -> int:
    """Erase files of forms that nobody sent again. By real time, as sessions end."""
    return erase_old(now=timezone.now(), seconds=SECONDS)
