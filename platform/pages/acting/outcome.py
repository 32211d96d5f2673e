"""A deed's end as a message: done, or refused with the sentence that says why."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest

from audit.services import ReasonMissing
from compute_pledges.errors import ComputeError
from payments.errors import PaymentsError
from projects.errors import ProjectError
from values.texts import Text


def attempt(request: HttpRequest, deed: Callable[[], object], done: Text) -> bool:
    """Do it and say so; a refusal becomes a message and changes nothing."""
    try:
        deed()
    except (ComputeError, PaymentsError, ProjectError, ReasonMissing) as error:
        messages.error(request, str(error))
        return False
    messages.success(request, str(done))
    return True
