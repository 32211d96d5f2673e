"""A project as a model card, and what such a card says of the project that it fills: it comes back as it went out."""

from __future__ import annotations

import re

from projects.fulfilment.benefits import names_for_card
from projects.models import Project
from projects.openness.hub_licenses import license_values
from projects.openness.model_cards import Card, write_card
from values.languages import SPECIAL

MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:/@])")
_HEADING = re.compile(r"\A#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n+|\Z)")
# The line of our own cards that ends what their creator wrote.
MADE = "Made in public: "
_MADE = re.compile(rf"\n+{MADE}\S+/projects/[-\w]+/[ \t]*(?:\n.*)?\Z", re.DOTALL)


def plain(text: str) -> str:
    """Somebody's words as one line of text in Markdown: nothing in them is markup."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


def write_project_card(project: Project, address: str) -> str:
    """The project as it stands, with the names of backers whose reward that is."""
    names = "".join(f"\n- {plain(name)}" for name in names_for_card(project))
    parts = [f"# {project.title}", project.promise, project.story.strip(), f"{MADE}{address}"]
    return write_card(
        title=project.title, text="\n\n".join([*parts, *([f"## Who backed it\n{names}"] if names else [])]),
        license_values=license_values(project.weights_license, address=address),
        languages=[tag for tag in project.languages.split(", ") if tag and tag not in SPECIAL],
        tags=["commonweave", *(tag for tag in project.tags.split(", ") if tag)],
    )  # fmt: skip


def promise_and_story(card: Card) -> tuple[str, str]:
    """What the card's text says; only a card of ours has a promise. Its title is no part of the story."""
    text = card.text
    heading = _HEADING.match(text)
    if heading and heading[1][:80] == card.title:
        text = text[heading.end() :]
    made = _MADE.search(text)
    if made is None:
        return "", text
    promise, _, story = text[: made.start()].strip().partition("\n\n")
    return promise, story.strip()
