"""What a deed does to pledges, in numbers, before it is done: each pledge app says its own part."""

from __future__ import annotations

from collections.abc import Callable

from projects.models import Project

Says = Callable[[Project, str], list[str]]
_says: list[Says] = []


def register_consequences(says: Says) -> None:
    """`says(project, deed)` gives sentences for a deed of `projects.life.deeds.COURSE`, none where it does nothing."""
    _says.append(says)


def consequences_of(project: Project, deed: str) -> list[str]:
    """Everything that the deed does, as sentences."""
    return [sentence for says in _says for sentence in says(project, deed)]
