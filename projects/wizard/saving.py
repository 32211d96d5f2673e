"""Saving a step: under the project's lock, and only over the content that was shown."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from projects.conflicts import only_over
from projects.errors import TransitionRefused
from projects.models import Project
from projects.roles import can
from projects.wizard.steps import Step, load_step, version_of


@transaction.atomic
def save_step(*, project_id: int, step: Step, by: User, version: str, cleaned: list[Any]) -> str:
    """Write the parts' cleaned data; returns the new version. What is saved already is quiet.

    Raises ChangedElsewhere where the content is not that of `version`, TransitionRefused where nothing is edited now.
    """
    project = Project.objects.select_for_update().get(pk=project_id)
    if not can(by, project, "edit") or project.state not in Project.EDITABLE_STATES:
        raise TransitionRefused(_("A project is edited as a draft or when changes were requested."))
    with only_over(version, lambda: load_step(project, step)):
        for part, data in zip(step.parts, cleaned, strict=True):
            part.write(project, data)
        project.refresh_from_db()
    return version_of(project, step)
