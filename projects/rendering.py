"""What people wrote, rendered again: for when the way in which Markdown is shown has changed."""

from __future__ import annotations

from django.db.models import Model

from projects.markdown import RENDERER_VERSION, render_markdown
from projects.models import Collection, Comment, FaqEntry, LabNote, Profile, Project

# (model, what was written, what is shown of it)
WRITTEN: tuple[tuple[type[Model], str, str], ...] = (
    (Project, "story", "story_html"), (LabNote, "body", "body_html"), (Comment, "body", "body_html"),
    (FaqEntry, "answer", "answer_html"), (Profile, "about", "about_html"), (Collection, "text", "text_html"),
)  # fmt: skip
CHUNK = 500


def render_again() -> dict[str, int]:
    """How many rows of each kind are shown otherwise now. What somebody changes meanwhile is left as they wrote it."""
    changed = {kind.__name__: _rendered(kind, source, shown) for kind, source, shown in WRITTEN}
    Project.objects.filter(renderer_version__lt=RENDERER_VERSION).update(renderer_version=RENDERER_VERSION)
    return changed


def _rendered(kind: type[Model], source: str, shown: str) -> int:
    changed, rows = 0, kind._default_manager.order_by("pk")  # noqa: SLF001  # reason: documented by Django
    for pk, text, html in rows.values_list("pk", source, shown).iterator(chunk_size=CHUNK):
        if (fresh := render_markdown(text)) != html and text:
            changed += rows.filter(**{"pk": pk, source: text}).update(**{shown: fresh})
    return changed
