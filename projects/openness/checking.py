"""Whether links lead to what they promise: each is read, and its SHA-256 compared with what its creator said.

What cannot be read is said to be so, and read again later; what differs keeps no promise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from notices.kinds import Kind
from notices.services import tell
from outward.fetching import Facts, Fetched, NotFetched, hash_of
from projects.models import OutputRelease
from projects.roles import people_who_can

Verdict = OutputRelease.Verdict
# One link is read at a time; while it is, no other worker takes it.
CLAIMED_FOR = timedelta(minutes=15)
AGAIN_AFTER, LONGEST_WAIT = timedelta(hours=1), timedelta(days=30)
AT_ONCE = 5


def check_links(*, now: datetime, read: Callable[[str], Fetched] = hash_of) -> int:
    """Read links that are due; returns how many were read whole."""
    due = OutputRelease.objects.to_check(now).order_by("check_at")
    return sum(_check(pk, now, read) for pk in list(due.values_list("pk", flat=True)[:AT_ONCE]))


def _check(release_id: int, now: datetime, read: Callable[[str], Fetched]) -> bool:
    if not OutputRelease.objects.to_check(now).filter(pk=release_id).update(check_at=now + CLAIMED_FOR):
        return False
    release = OutputRelease.objects.select_related("project").get(pk=release_id)
    # Outside any transaction: the other side may take minutes.
    try:
        found = read(release.url)
    except NotFetched as error:
        _keep(release, Verdict.UNREACHED, now, error.code, error.facts)
        return False
    if found.sha256 == release.sha256:
        _keep(release, Verdict.SAME, now)
    else:
        _keep(release, Verdict.DIFFERS, now, facts={"sha256": found.sha256})
    return True


@transaction.atomic
def _keep(release: OutputRelease, verdict: str, now: datetime, reason: str = "", facts: Facts | None = None) -> None:
    """`reason`: why it could not be read; `facts`: of the reason, or the hash that it has instead."""
    wait = LONGEST_WAIT if verdict == Verdict.SAME else min(AGAIN_AFTER * 4 ** min(release.checks, 5), LONGEST_WAIT)
    checks = 0 if verdict == Verdict.SAME else min(release.checks + 1, 100)
    OutputRelease.objects.filter(pk=release.pk).update(
        verdict=verdict,
        check_reason=reason,
        check_facts=facts or {},
        checked_at=now,
        check_at=now + wait,
        checks=checks,
    )
    if verdict == Verdict.DIFFERS and release.verdict != Verdict.DIFFERS:
        tell(
            kind=Kind.LINK, people=people_who_can(release.project, "deliver"),
            key=f"differs:{release.pk}:{now:%Y%m%d%H%M%S}",
            body=lambda: _("It has the SHA-256 %(sha256)s.") % facts,
            title=lambda: _("A link of %(project)s leads to something else than its SHA-256 says")
            % {"project": release.project.title},
            path=f"{release.project.get_absolute_url()}promises/", now=now,
        )  # fmt: skip
