"""Who sees a project's page like others do, and who has a page of their own."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from accounts.models import User
from projects.backing import backers_among

VISITORS = "visitor"
_FACTS = """
SELECT p.creator_id = %(user)s
        OR EXISTS (SELECT FROM projects_teammate WHERE project_id = p.id AND user_id = %(user)s AND ended_at IS NULL)
        OR EXISTS (SELECT FROM projects_comment WHERE project_id = p.id AND author_id = %(user)s),
    EXISTS (SELECT FROM projects_projectfollow WHERE project_id = p.id AND user_id = %(user)s),
    EXISTS (SELECT FROM projects_creatorfollow WHERE creator_id = p.creator_id AND user_id = %(user)s),
    EXISTS (SELECT FROM projects_labnote
        WHERE project_id = p.id AND audience = 'backers' AND published_at IS NOT NULL)
FROM projects_project p WHERE p.id = %(project)s
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """One who is signed in and neither works on the project, nor moderates it, nor has said anything there."""

    follows: bool
    follows_creator: bool
    reads_backers_notes: bool

    @property
    def audience(self) -> str:
        """Readers of one name see the same, but for what is around the project."""
        return f"reader{self.follows:d}{self.follows_creator:d}{self.reads_backers_notes:d}"


def is_visitor(request: HttpRequest) -> bool:
    """Whether this is somebody of whom nothing is known, not even a message that waits."""
    return not {settings.SESSION_COOKIE_NAME, "messages"} & set(request.COOKIES)


def reader_of(user: object, project_id: int) -> Reader | None:
    """In one query, or a few where the project has notes for its backers; None for who needs a page of their own."""
    if not isinstance(user, User) or user.is_admin or user.is_reviewer:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {"user": user.pk, "project": project_id})
        row = cursor.fetchone()
    if row is None or row[0]:
        return None
    return Reader(row[1], row[2], row[3] and bool(backers_among(project_id, [user.pk])))
