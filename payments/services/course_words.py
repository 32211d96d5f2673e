"""What pausing, completing or abandoning a project does to its money, in numbers."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.services.refund_all import Consequences, consequences, fund_left
from projects.models import Project
from values.money import Money


def money_words(project: Project, deed: str) -> list[str]:
    """Sentences about the deed; the figures are those of this moment."""
    if deed not in ("pause", "complete", "abandon"):
        return []
    numbers = consequences(project)
    if deed == "pause":
        return _standing(numbers)
    left = Money(max(fund_left(project), 0), project.currency)
    if deed == "complete":
        kept = _("%(left)s are not paid out. They stay for the open milestones, each paid against its evidence.")
        return ([kept % {"left": left}] if left.minor else []) + _supports(numbers)
    return _given_back(numbers) + _supports(numbers)


def _standing(numbers: Consequences) -> list[str]:
    count = numbers.release_count
    words = ngettext(
        "%(count)s pledge of %(sum)s stands; its card is not charged while the project is paused.",
        "%(count)s pledges of %(sum)s stand; no card is charged while the project is paused.",
        count,
    )
    return [words % {"count": count, "sum": numbers.release}] if count else []


def _given_back(numbers: Consequences) -> list[str]:
    said = []
    if count := numbers.release_count + numbers.charging_count:
        words = ngettext(
            "%(count)s pledge is released and never charged.",
            "%(count)s pledges are released and never charged.",
            count,
        )
        said.append(words % {"count": count})
    count = numbers.refund_count
    words = ngettext(
        "%(refund)s go back to %(count)s charged card.", "%(refund)s go back to %(count)s charged cards.", count
    )  # fmt: skip
    said.append(words % {"count": count, "refund": numbers.refund})
    if not numbers.is_whole:
        more = _("Every backer gets the same part of it: %(paid)s were paid out to you and do not come back by this.")
        said.append(more % {"paid": numbers.paid_out})
    lost = _("%(fees)s of the payment provider's fees do not come back.") % {"fees": numbers.fees_lost}
    return [*said, lost] if numbers.fees_lost_minor else said


def _supports(numbers: Consequences) -> list[str]:
    words = ngettext("%(n)s monthly support ends.", "%(n)s monthly supports end.", numbers.supports)
    return [words % {"n": numbers.supports}] if numbers.supports else []
