"""Card pledges of the demo's people, once the payment stand-in and the workers are there. Refused in production."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pages.demo.backing import back_projects, lead_on, reach_deadlines


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("Demo data is made up; production refuses it.")
        now = timezone.now()
        made = back_projects(now=now)
        reach_deadlines(now=now)
        lead_on()
        self.stdout.write(f"{made} pledges made.")
