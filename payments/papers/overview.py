"""Everything that a backer owes or is owed: what waits for them, what comes, what goes back, and what was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext

from accounts.models import User
from payments.models import CashPledge, Dispute, MonthlySupport, Refund
from payments.papers.movements import sums_by_year
from projects.models import Project
from values.money import Money

State = CashPledge.State
WAITING = (State.STARTED, State.NEEDS_ACTION)
COMING = (State.ACTIVE, State.LOCKED, State.RETRYING)
# Sections are whole for people; an account that has more is told so.
MOST = 200
PAGE = 25


@dataclass(frozen=True, slots=True)
class Need:
    """A pledge that waits for its backer, with the one thing to do."""

    pledge: CashPledge

    @property
    def action(self) -> str:
        """What the button says."""
        if self.pledge.state == State.NEEDS_ACTION:
            return gettext("Confirm or use another card")
        if self.pledge.is_charged_at_once:
            return gettext("Pay %(total)s") % {"total": self.pledge.total}
        return gettext("Save your card")

    @property
    def why(self) -> str:
        """What happened, and that nothing was charged."""
        if self.pledge.state == State.NEEDS_ACTION:
            charged = self.pledge.last_message or gettext("The card was not charged.")
            return gettext("%(charged)s You were charged nothing.") % {"charged": charged}
        return gettext("Started, but the card is missing. It does not count yet, and nothing was charged.")


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge that may come. `at` is None where its moment is not fixed."""

    at: datetime | None
    total: Money
    project: Project
    url: str
    condition: str

    @classmethod
    def of_pledge(cls, pledge: CashPledge) -> Charge:
        """A saved, locked or declined pledge."""
        at, condition = pledge.next_attempt_at, gettext("as a month of your support")
        if pledge.state == State.RETRYING:
            condition = gettext("another try, after the card was declined")
        elif pledge.state == State.ACTIVE:
            at, condition = _at_deadline(pledge.project)
        elif pledge.support_id is None:
            condition = gettext("its goals are reached")
        return cls(at, pledge.total, pledge.project, pledge.get_absolute_url(), condition)

    @classmethod
    def of_support(cls, support: MonthlySupport) -> Charge:
        """The next debit that is not planned yet."""
        return cls(
            support.next_debit_at, support.total, support.project, support.get_absolute_url(), gettext("every month")
        )


def _at_deadline(project: Project) -> tuple[datetime | None, str]:
    if project.state == Project.State.PAUSED:
        return None, gettext("the project is paused: nothing is charged meanwhile")
    if project.state == Project.State.SUSPENDED:
        return None, gettext("the project is suspended: nothing is charged while it lasts")
    if not project.is_all_or_nothing:
        return project.deadline_at, gettext("after the deadline")
    return project.deadline_at, gettext("only if every minimum is reached by then")


def needs_of(pledges: list[CashPledge]) -> list[Need]:
    """What waits for the backer; the window that closes first comes first, unfinished starts last."""
    waiting = [pledge for pledge in pledges if pledge.state in WAITING]
    waiting.sort(key=lambda pledge: (pledge.fix_ends_at is None, pledge.fix_ends_at or pledge.created_at))
    return [Need(pledge) for pledge in waiting]


def charges_of(pledges: list[CashPledge], supports: list[MonthlySupport]) -> list[Charge]:
    """What may be charged, the next first."""
    found = [Charge.of_pledge(pledge) for pledge in pledges if pledge.state in COMING]
    found += [Charge.of_support(support) for support in supports if support.state == MonthlySupport.State.ACTIVE]
    dated = sorted((charge for charge in found if charge.at), key=lambda charge: (charge.at, charge.url))
    return [*dated, *(charge for charge in found if not charge.at)]


def refunds_of(user: User) -> QuerySet[Refund]:
    """On their way, or refused by the bank while the money is still here."""
    under_way = Q(state__in=(Refund.State.PENDING, Refund.State.SENT))
    whole = F("pledge__amount_minor") + F("pledge__tip_minor")
    stuck = Q(state=Refund.State.FAILED, pledge__state=State.COLLECTED, pledge__refunded_minor__lt=whole)
    found = Refund.objects.filter(under_way | stuck, pledge__backer=user)
    return found.select_related("pledge__project").order_by("-created_at", "-pk")


def history_page(user: User, before: UUID | None) -> tuple[list[CashPledge], bool]:
    """Up to PAGE finished pledges older than `before`, newest first, and whether there are more.

    Raises CashPledge.DoesNotExist where `before` is not the backer's.
    """
    mine = CashPledge.objects.filter(backer=user)
    rows = mine.exclude(state__in=(*WAITING, *COMING)).select_related("project", "reward")
    if before is not None:
        last = mine.only("created_at").get(pk=before)
        rows = rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    found = list(rows.order_by("-created_at", "-pk")[: PAGE + 1])
    return found[:PAGE], len(found) > PAGE


def overview_of(user: User, before: UUID | None = None) -> dict[str, Any]:
    """What the page shows, in six queries for any number of pledges (one more when paging)."""
    open_ = CashPledge.objects.filter(backer=user, state__in=(*WAITING, *COMING)).select_related("project")
    pledges = list(open_.order_by("created_at")[: MOST + 1])
    running = (MonthlySupport.State.ACTIVE, MonthlySupport.State.PAUSED)
    supports = list(MonthlySupport.objects.filter(backer=user, state__in=running).select_related("project")[:MOST])
    disputes = Dispute.objects.filter(pledge__backer=user, state__in=Dispute.OPEN).select_related("pledge__project")
    history, has_more = history_page(user, before)
    return {
        "needs": needs_of(pledges[:MOST]),
        "charges": charges_of(pledges[:MOST], supports),
        "refunds": list(refunds_of(user)[:MOST]),
        "disputes": list(disputes[:MOST]),
        "supports": supports,
        "history": history,
        "has_more": has_more,
        "is_paged": before is not None,
        "is_cut": len(pledges) > MOST,
        "years": sums_by_year(user),
    }
