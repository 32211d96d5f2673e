"""Queue work after commit, as a hint.

The database row is the truth and a sweep finds what a lost message left, so a broker that is away must not fail the
request that already committed.
"""

import logging
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def queue_after_commit(task: Task, *args: Any) -> None:
    """Send `task(*args)` when the current transaction commits."""
    transaction.on_commit(lambda: _send(task, args))


def _send(task: Task, args: tuple[Any, ...]) -> None:
    try:
        task.apply_async(args=args, retry=False)
    except OperationalError:
        logger.warning("hint_lost task=%s (the sweep will find the row)", task.name)
