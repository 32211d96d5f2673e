"""Appeals against a suspension: the creator's words, decided by an admin who did not suspend."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from audit.services import record_action
from notices.kinds import Kind
from notices.services import tell
from payments.services.moving import REINSTATE, move_project
from projects.errors import AppealRefused
from projects.interests import interests_of
from projects.models import Project, ProjectTransition, SuspensionAppeal


def suspension_of(project: Project) -> ProjectTransition | None:
    """The suspension that stands, with its reason and who set it."""
    if project.state != Project.State.SUSPENDED:
        return None
    return project.transitions.filter(target=Project.State.SUSPENDED).select_related("actor").latest("pk")


def may_appeal(stands: ProjectTransition | None, appeals: Iterable[SuspensionAppeal]) -> bool:
    """Whether its creator may: once for each suspension. `appeals` are all of the project's."""
    return stands is not None and all(one.opened_at < stands.happened_at for one in appeals)


@transaction.atomic
def open_appeal(*, project_id: int, by: User, words: str, now: datetime) -> SuspensionAppeal:
    """Ask another admin to look; one that waits stays. Raises AppealRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    suspension = suspension_of(project)
    if project.creator_id != by.pk or suspension is None:
        raise AppealRefused(_("Only the creator of a suspended project appeals."))
    waiting = project.suspension_appeals.filter(decided_at=None).first()
    if waiting is not None:
        return waiting
    if project.suspension_appeals.filter(opened_at__gte=suspension.happened_at).exists():
        raise AppealRefused(_("Another admin has decided on this suspension already."))
    if not words.strip():
        raise AppealRefused(_("Say why the suspension should be lifted."))
    made = SuspensionAppeal.objects.create(project=project, opened_by=by, words=words.strip()[:4000], opened_at=now)
    others = User.objects.filter(is_staff=True, is_active=True).exclude(pk__in=(by.pk, suspension.actor_id or 0))
    may_decide = [person.pk for person in others if not interests_of(project, person)]
    tell(
        kind=Kind.QUEUE, people=may_decide, key=f"appealed:{made.pk}", body=made.words,
        title=lambda: _("%(title)s appeals against its suspension") % {"title": project.title},
        path=reverse("pages:suspension_appeal", args=[made.pk]), now=now,
    )  # fmt: skip
    return made


@transaction.atomic
def decide_appeal(*, appeal_id: int, by: User, is_granted: bool, answer: str, now: datetime) -> SuspensionAppeal:
    """Lift the suspension or let it stand; the creator reads the answer. Raises AppealRefused, OwnMoney."""
    appeal = SuspensionAppeal.objects.select_for_update(of=("self",)).select_related("project").get(pk=appeal_id)
    suspension = suspension_of(appeal.project)
    if not by.is_admin or (suspension is not None and suspension.actor_id == by.pk):
        raise AppealRefused(_("Another admin than the one who suspended it decides."))
    if ties := interests_of(appeal.project, by):
        raise AppealRefused(_("%(tie)s Somebody else decides.") % {"tie": ties[0]})
    if appeal.decided_at is not None:
        raise AppealRefused(_("This appeal is decided already."))
    if not (answer := answer.strip()):
        raise AppealRefused(_("Say why: the creator reads it."))
    if is_granted and suspension is not None:
        move_project(
            project_id=appeal.project_id, deed=REINSTATE, by=by, reason=answer, tells_creator=False, now=now
        )  # fmt: skip
    appeal.decided_by, appeal.decided_at, appeal.is_granted, appeal.answer = by, now, is_granted, answer[:1000]
    appeal.save(update_fields=["decided_by", "decided_at", "is_granted", "answer"])
    record_action(
        actor=by, action="grant_appeal" if is_granted else "deny_appeal", subject=f"project:{appeal.project_id}",
        reason=answer, now=now, details={"appeal": appeal.pk},
    )  # fmt: skip
    words = (
        gettext_noop("%(title)s: your appeal is granted")
        if is_granted
        else gettext_noop("%(title)s: your appeal is denied")
    )
    facts = {"title": appeal.project.title}
    tell(
        kind=Kind.REVIEW, people=[appeal.project.creator_id], key=f"appeal:{appeal.pk}",
        title=lambda: _(words) % facts, body=answer, path=appeal.project.get_absolute_url(), now=now,
    )  # fmt: skip
    return appeal
