"""The terminal card: how a machine is paired, and, once one is, what it is at."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from compute_pledges.machine_status import statuses_of
from compute_pledges.worker_package import worker_package

register = template.Library()


@register.inclusion_tag("compute/_terminal.html", takes_context=True)
def terminal_card(context: dict[str, Any]) -> dict[str, Any]:
    """For the account that looks. Two queries."""
    request: HttpRequest = context["request"]
    user = request.user
    return {
        "machines": statuses_of(user=user, now=timezone.now()) if isinstance(user, User) else [],
        "package": worker_package(),
        "base": request.build_absolute_uri("/").rstrip("/"),
        "here": context.get("here") or request.get_full_path(),
    }
