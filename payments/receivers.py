"""What `projects` tells upward, and what payments asks of a launch. Receivers only queue a hint."""

from typing import Any

from django.dispatch import receiver

from payments.models import CashPledge
from payments.services.course_words import money_words
from payments.services.recipients import payout_requirement
from payments.tasks import collect_payments, end_payments
from projects.backing import register_backing
from projects.launch import register_requirement
from projects.life.consequences import register_consequences
from projects.models import Project
from projects.signals import project_closed
from queueing.hints import queue_after_commit

register_requirement(payout_requirement)
register_consequences(money_words)
register_backing(
    "money",
    lambda: CashPledge.objects.filter(state__in=CashPledge.COUNTED),
    shown=lambda: CashPledge.objects.filter(state__in=CashPledge.COUNTED, is_anonymous=False),
)


@receiver(project_closed)
def on_project_closed(sender: type[Project], state: str, **_: Any) -> None:
    """Charge or release without waiting for the sweep."""
    queue_after_commit(collect_payments if state == Project.State.COLLECTING else end_payments)
