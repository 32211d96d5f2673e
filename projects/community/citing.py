"""How to cite a lab note: a line for people, BibTeX for machines."""

from __future__ import annotations

import re

from django.conf import settings

from projects.models import LabNote

_SPECIAL = re.compile(r"([\\{}$&#^_~%])")


def citation_of(note: LabNote) -> str:
    """One line: who, when, what, where."""
    assert note.published_at is not None
    who, day = note.author.public_name, note.published_at
    address = settings.SITE_URL + note.get_absolute_url()
    return (
        f"{who} ({day.year}). {note.title}. Lab note {note.number} of {note.project.title}, "
        f"{settings.PLATFORM_NAME}, {day.day} {day:%B %Y}. {address}"
    )


def bibtex_of(note: LabNote) -> str:
    """A `@misc` entry; what BibTeX would read as a command is escaped."""
    assert note.published_at is not None
    fields = {
        "author": "{" + _escaped(note.author.public_name) + "}",
        "title": "{" + _escaped(note.title) + "}",
        "howpublished": f"Lab note {note.number} of {_escaped(note.project.title)}, {settings.PLATFORM_NAME}",
        "year": str(note.published_at.year),
        "month": f"{note.published_at:%b}".lower(),
        "url": settings.SITE_URL + note.get_absolute_url(),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{note.project.slug}-note-{note.number},\n{lines}\n}}\n"


def _escaped(text: str) -> str:
    one_line = " ".join(text.split())
    named = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
    return _SPECIAL.sub(lambda found: named.get(found.group(), "\\" + found.group()), one_line)
