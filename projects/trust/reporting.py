"""Reporting something, and what staff makes of it: open, acting, closed with an outcome that the reporter is told."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.limits import is_within_limit
from accounts.models import User
from audit.services import record_action
from notices.kinds import Kind
from notices.services import tell
from projects.errors import ReportRefused
from projects.interests import interests_of
from projects.models import Comment, Project, Report
from projects.trust.targets import Target, find_target

REPORTS_AN_HOUR, LONGEST_WORDS = 20, 2000
State = Report.State


def may_triage(user: User) -> bool:
    """Admins and reviewers."""
    return user.is_admin or (user.is_active and user.is_reviewer)


def reports_for(user: User) -> QuerySet[Report]:
    """What this person may look at: whoever is reported never learns by whom, neither do the makers of a project."""
    mine = Q(target=Report.Target.PERSON, target_id=user.pk)
    mine |= Q(target=Report.Target.COMMENT, target_id__in=Comment.objects.filter(author=user).values("pk"))
    for projects in (Project.objects.filter(creator=user), Project.objects.filter(teammates__user=user)):
        mine |= Q(target=Report.Target.PROJECT, target_id__in=projects.values("pk"))
    return Report.objects.exclude(mine).select_related("reporter", "handler")


@transaction.atomic
def report(*, target: Target, reporter: User, reason: str, words: str, now: datetime) -> Report:
    """Report it once; what is said again while the first is open is added to it. Raises ReportRefused."""
    if target.owner_id == reporter.pk:
        raise ReportRefused(_("This is your own."))
    if not words.strip():
        raise ReportRefused(_("Say what is wrong, so that somebody can look."))
    known = Report.objects.filter(target=target.kind, target_id=target.pk, reporter=reporter).exclude(
        state=State.CLOSED
    )  # fmt: skip
    if (found := known.select_for_update().first()) is not None:
        return _added(found, words.strip())
    if not is_within_limit(user=reporter, action="report", most=REPORTS_AN_HOUR, seconds=3600):
        raise ReportRefused(_("You reported a lot within an hour. What you wrote is kept here; send it later."))
    made = Report.objects.create(
        target=target.kind, target_id=target.pk, reporter=reporter, reason=reason, words=words.strip()[:LONGEST_WORDS],
        reported_at=now,
    )  # fmt: skip
    tell(
        kind=Kind.QUEUE, people=_triagers(target, reporter), key=f"reported:{made.pk}", path=f"/reports/{made.pk}/",
        title=lambda: _("Reported: %(title)s") % {"title": target.title}, body=made.words, now=now,
    )  # fmt: skip
    return made


def _added(found: Report, words: str) -> Report:
    """With further words, as far as there is room."""
    if words not in found.words:
        found.words = f"{found.words}\n\n{words}"[:LONGEST_WORDS]
        found.save(update_fields=["words"])
    return found


def _triagers(target: Target, reporter: User) -> list[int]:
    """Who may decide on it: not whom it is about, who reported it, nor anybody with a stake in the project."""
    people = User.objects.filter(Q(is_staff=True) | Q(is_reviewer=True), is_active=True)
    others = people.exclude(pk__in=(target.owner_id, reporter.pk))
    return [person.pk for person in others if target.project is None or not interests_of(target.project, person)]


def _locked(report_id: int, by: User) -> Report:
    found = Report.objects.select_for_update(of=("self",)).select_related("reporter").get(pk=report_id)
    if not may_triage(by):
        raise ReportRefused(_("Only admins and reviewers look at reports."))
    target = find_target(found.target, found.target_id)
    if by.pk == found.reporter_id or (target is not None and target.owner_id == by.pk):
        raise ReportRefused(_("You are a part of this. Somebody else looks at it."))
    if target is not None and target.project is not None and (ties := interests_of(target.project, by)):
        raise ReportRefused(_("%(tie)s Somebody else looks at it.") % {"tie": ties[0]})
    return found


@transaction.atomic
def take_report(*, report_id: int, by: User, now: datetime) -> Report:
    """Say that one looks at it; again is quiet. Raises ReportRefused."""
    found = _locked(report_id, by)
    if found.state == State.ACTING and found.handler_id == by.pk:
        return found
    if found.state != State.OPEN:
        raise ReportRefused(_("Somebody else has it already."))
    found.state, found.handler = State.ACTING, by
    found.save(update_fields=["state", "handler"])
    return found


@transaction.atomic
def close_report(*, report_id: int, by: User, outcome: str, words: str, now: datetime) -> Report:
    """Close it with what came of it; the reporter is told. Kept as a deed of staff. Raises ReportRefused."""
    found = _locked(report_id, by)
    if found.state == State.CLOSED:
        raise ReportRefused(_("This report is closed already."))
    words = words.strip()
    if not words or outcome not in Report.Outcome.values:
        raise ReportRefused(_("Say what came of it and why: the reporter reads it."))
    found.state, found.handler, found.outcome = State.CLOSED, by, outcome
    found.closing_words, found.closed_at = words[:1000], now
    found.save(update_fields=["state", "handler", "outcome", "closing_words", "closed_at"])
    subject = "user" if found.target == Report.Target.PERSON else found.target
    record_action(
        actor=by, action="close_report", subject=f"{subject}:{found.target_id}", reason=words, now=now,
        details={"report": found.pk, "outcome": outcome},
    )  # fmt: skip
    _tell_reporter(found, now)
    return found


def _tell_reporter(report: Report, now: datetime) -> None:
    """What came of it, and of what: one may have reported much."""
    target = find_target(report.target, report.target_id)

    def title() -> str:
        facts = {"outcome": report.get_outcome_display(), "title": target.title if target else ""}
        named = _("What became of your report of “%(title)s”: %(outcome)s")
        return (named if target else _("What became of your report: %(outcome)s")) % facts

    tell(
        kind=Kind.REPORT, people=[report.reporter_id], key=f"report:{report.pk}", title=title,
        body=report.closing_words, path=target.path if target else "", now=now,
    )  # fmt: skip
