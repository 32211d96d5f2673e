"""What happened becomes messages in the same transaction, and a hint to send them."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from api.hooks.telling import write_messages
from api.tasks import send_hooks
from projects.happenings import Happening
from projects.models import Project
from projects.signals import something_happened
from queueing.hints import queue_after_commit


@receiver(something_happened)
def on_happening(sender: type[Project], happening: Happening, **_: Any) -> None:
    """One query where nobody asked to be told."""
    if write_messages(happening):
        queue_after_commit(send_hooks)
