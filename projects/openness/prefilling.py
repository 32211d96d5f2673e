"""A draft filled from a model card: what the card says replaces what stood there, all else stays."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from projects.errors import TransitionRefused
from projects.markdown import RENDERER_VERSION, render_markdown
from projects.models import Project
from projects.openness.model_cards import Card
from projects.openness.project_cards import promise_and_story
from projects.roles import can

LONGEST_STORY = 40_000


@transaction.atomic
def fill_from_card(*, project_id: int, by: User, card: Card) -> list[str]:
    """Returns the names of the fields that were filled. Raises TransitionRefused once the project is handed in."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if not can(by, project, "edit") or project.state not in Project.EDITABLE_STATES:
        raise TransitionRefused(_("A project is edited as a draft or when changes were requested."))
    promise, story = promise_and_story(card)
    told = {
        "title": card.title, "promise": promise[:160], "story": story[:LONGEST_STORY], "weights_license": card.license,
        "languages": card.languages[:200], "tags": card.tags[:200], "model_kind": card.kind,
    }  # fmt: skip
    filled = {name: value for name, value in told.items() if value}
    for name, value in filled.items():
        setattr(project, name, value)
    project.story_html, project.renderer_version = render_markdown(project.story), RENDERER_VERSION
    project.save()
    return [str(Project._meta.get_field(name).verbose_name) for name in filled]  # type: ignore[union-attr]  # noqa: SLF001  # reason: documented by Django
