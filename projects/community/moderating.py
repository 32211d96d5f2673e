"""What moderators do with a discussion: hide with a reason, lock, mark as answered. Staff's deeds are kept apart."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record_action
from notices.kinds import Kind
from notices.services import tell
from projects.errors import CommentRefused
from projects.models import Comment, Project
from projects.roles import can


def may_moderate(user: object, project: Project) -> bool:
    """The team's moderators, and admins."""
    return can(user, project, "moderate") or (isinstance(user, User) and user.is_admin)


def _check(user: User, project: Project) -> None:
    if not may_moderate(user, project):
        raise CommentRefused(_("Only the project's moderators and admins do this."))


@transaction.atomic
def hide_comment(*, comment: Comment, by: User, reason: str, now: datetime) -> None:
    """Hide it from all but its author and moderators, who read why. Raises CommentRefused."""
    _check(by, comment.project)
    reason = reason.strip()[:500]
    if not reason:
        raise CommentRefused(_("Say why: the author reads it."))
    if not Comment.objects.filter(pk=comment.pk, hidden_at=None).update(
        hidden_at=now, hidden_by=by, hidden_reason=reason
    ):
        return
    _keep(comment, by, "hide_comment", reason, now)
    facts = {"title": comment.project.title}
    tell(
        kind=Kind.MODERATED, people=[comment.author_id], key=f"hidden:{comment.pk}:{now:%Y%m%dT%H%M%S}",
        title=lambda: _("Your comment on %(title)s was hidden") % facts, body=reason,
        path=comment.get_absolute_url(), now=now,
    )  # fmt: skip


@transaction.atomic
def show_comment(*, comment: Comment, by: User, now: datetime) -> None:
    """Show a hidden comment again. Raises CommentRefused."""
    _check(by, comment.project)
    if (
        Comment.objects.filter(pk=comment.pk)
        .exclude(hidden_at=None)
        .update(hidden_at=None, hidden_by=None, hidden_reason="")
    ):
        _keep(comment, by, "show_comment", _("shown again"), now)


@transaction.atomic
def lock_thread(*, comment: Comment, by: User, is_locked: bool, now: datetime) -> None:
    """Take no more answers, or take them again. Raises CommentRefused."""
    _check(by, comment.project)
    if comment.thread_id is not None:
        raise CommentRefused(_("A thread is locked at its first words."))
    Comment.objects.filter(pk=comment.pk).update(locked_at=now if is_locked else None)
    _keep(comment, by, "lock_thread" if is_locked else "unlock_thread", "thread", now)


def mark_answered(*, comment: Comment, by: User, is_answered: bool, now: datetime) -> None:
    """A question is answered, as its asker or a moderator says. Raises CommentRefused."""
    if by.pk != comment.author_id and not may_moderate(by, comment.project):
        raise CommentRefused(_("Only who asked and the project's moderators say so."))
    if not comment.is_question:
        raise CommentRefused(_("Only a question can be answered."))
    Comment.objects.filter(pk=comment.pk).update(answered_at=now if is_answered else None)


def _keep(comment: Comment, by: User, action: str, reason: str, now: datetime) -> None:
    """What an admin does on others' projects is kept for good."""
    if by.is_admin and not can(by, comment.project, "moderate"):
        record_action(actor=by, action=action, subject=f"comment:{comment.pk}", reason=reason, now=now)
