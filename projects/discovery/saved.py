"""Saved searches: kept by name, and looked at again for what was launched since."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from notices.kinds import Kind
from notices.services import tell
from projects.discovery.asking import asked_of, found
from projects.errors import SearchRefused
from projects.models import SavedSearch
from projects.models.finding import LONGEST_QUERY

MOST_SEARCHES, BATCH, NAMED = 50, 200, 10
Every = SavedSearch.Every
PERIODS = {Every.DAY: timedelta(days=1), Every.WEEK: timedelta(days=7)}
log = logging.getLogger(__name__)


def save_search(*, owner: User, name: str, query: str, every: str, now: datetime) -> SavedSearch:
    """Saved again it gets its new name and rhythm. Raises SearchRefused for a search for everything."""
    asked = asked_of(QueryDict(query.encode("utf-8", "replace"))).query
    if not asked:
        raise SearchRefused(_("Search for something, or choose a filter, before you save it."))
    if len(asked) > LONGEST_QUERY:
        raise SearchRefused(_("This search is too long to be saved. Choose fewer filters or words."))
    is_known = SavedSearch.objects.filter(owner=owner, query=asked).exists()
    if not is_known and SavedSearch.objects.filter(owner=owner).count() >= MOST_SEARCHES:
        raise SearchRefused(_("You have many saved searches. Remove one that you do not need any more."))
    chosen = {"name": name, "every": every}
    saved, _is_new = SavedSearch.objects.update_or_create(
        owner=owner, query=asked, defaults=chosen, create_defaults={**chosen, "created_at": now, "looked_at": now}
    )
    return saved


def look_again(*, now: datetime) -> int:
    """Look at what is due; returns how many people were told. One search that fails stops no other."""
    due = Q()
    for every, period in PERIODS.items():
        due |= Q(every=every, looked_at__lte=now - period)
    told = 0
    for search in SavedSearch.objects.filter(due, owner__is_active=True).order_by("looked_at", "pk")[:BATCH]:
        try:
            told += _look(search, now)
        except DatabaseError:
            log.exception("search_failed search=%s", search.pk)
    return told


@transaction.atomic
def _look(search: SavedSearch, now: datetime) -> int:
    if not SavedSearch.objects.filter(pk=search.pk, looked_at=search.looked_at).update(looked_at=now):
        return 0
    projects, _matched = found(asked_of(QueryDict(search.query)).sorted_by("newest"))
    fresh = projects.filter(launched_at__gt=search.looked_at, launched_at__lte=now)
    titles = list(fresh.values_list("title", flat=True)[: NAMED + 1])
    if not titles:
        return 0
    facts = {"count": len(titles) if len(titles) <= NAMED else f"{NAMED}+", "name": search.name}

    def words() -> str:
        count = len(titles)
        return ngettext("%(count)s new project for “%(name)s”", "%(count)s new projects for “%(name)s”", count) % facts

    return tell(
        kind=Kind.SAVED_SEARCH, people=[search.owner_id], key=f"search:{search.pk}:{now:%Y%m%d%H%M%S}", title=words,
        body="\n".join(titles[:NAMED]), path=f"{reverse('projects:discover')}?{search.query}", now=now,
    )  # fmt: skip
