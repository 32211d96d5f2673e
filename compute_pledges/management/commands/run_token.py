"""Print the token of a run's own programs, for an anchor or a reducer that runs elsewhere. Keep it secret."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from compute_pledges.models import TrainingRun
from compute_pledges.services.runs import bearer_token


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=UUID, metavar="RUN", help="the run's id, as in the address of its page")

    def handle(self, *_args: Any, **options: Any) -> None:
        run = TrainingRun.objects.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['run']}.")
        if run.state == TrainingRun.State.STOPPED:
            raise CommandError(f"The run {run.name} is stopped; nothing works for it any more.")
        self.stdout.write(bearer_token(run.pk))
