"""What a visitor asks of the list of projects, and the projects that answer it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from urllib.parse import urlencode

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Least
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from projects.discovery.matching import Matched, matching
from projects.models import Contribution, ContributionDay, Project
from projects.models.project import ProjectQuerySet

FACETS = ("kind", "license", "state", "language", "needs", "memory")
SORTS = (
    ("", _("Trending")), ("ending", _("Ending soon")), ("newest", _("Newest")), ("funded", _("Share funded")),
    ("backed", _("Most pledges")),
)  # fmt: skip
BEST = ("", _("Best match"))
LONGEST = 120
MOST_CHOSEN = 12
# What is approved and not launched yet comes after what is.
LAUNCHED = F("launched_at").desc(nulls_last=True)
S = Project.State
# Where a missing pledge can still be made, or soon.
OPEN_STATES = (S.APPROVED, S.LIVE, S.PAUSED)


@dataclass(frozen=True, slots=True)
class Asked:
    """Cut to a sane length; what is no value of a facet finds nothing, and is never an error.

    `chosen` holds the values of each facet that narrows the list, in one order whoever asked: any of them is enough.
    """

    text: str
    chosen: dict[str, tuple[str, ...]]
    sort: str

    @property
    def count(self) -> int:
        """How many values narrow the list."""
        return sum(map(len, self.chosen.values()))

    @property
    def query(self) -> str:
        """As an address carries it, without what is empty: the same question has the same."""
        words = {"q": self.text, **self.chosen, "sort": self.sort}
        return urlencode({name: value for name, value in words.items() if value}, doseq=True)

    def sorted_by(self, sort: str) -> Asked:
        """The same question in another order."""
        return replace(self, sort=sort)

    def without(self, name: str, value: str) -> Asked:
        """The same question with one value let go."""
        left = tuple(one for one in self.chosen[name] if one != value)
        return replace(self, chosen={**self.chosen, name: left})


def asked_of(given: QueryDict) -> Asked:
    """From an address; a null byte cannot be searched for."""
    chosen = {}
    for name in FACETS:
        values = {_cut(value) for value in given.getlist(name)} - {""}
        if values:
            chosen[name] = tuple(sorted(values)[:MOST_CHOSEN])
    return Asked(_cut(given.get("q", "")), chosen, _cut(given.get("sort", "")))


def _cut(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST]


def found(asked: Asked) -> tuple[ProjectQuerySet, Matched | None]:
    """Public projects by words and facets in the order asked for, and how their words were matched."""
    matched = matching(asked.text) if asked.text else None
    return _sorted(narrowed(matched, asked), asked.sort, matched), matched


def narrowed(matched: Matched | None, asked: Asked, *, but: str = "") -> ProjectQuerySet:
    """Unsorted; `but` names a facet that does not narrow, so that its other values can be counted."""
    projects = Project.objects.public()
    if matched is not None:
        projects = projects.filter(pk__in=matched.ids)
    for name, values in asked.chosen.items():
        if name != but and values:
            projects = projects.filter(condition_of(name, values))
    return projects


def condition_of(name: str, values: tuple[str, ...]) -> Q:
    """Any of a facet's values as a condition; what is no value is met by nothing."""
    if name == "memory":
        return Q(memory_gib__in=[int(one) for one in values if one.isascii() and one.isdigit() and len(one) < 5])
    if name == "language":
        return Q(listing__languages__overlap=list(values))
    if name == "needs":
        kinds = {"money": Q(listing__money_permille__lt=1000), "compute": Q(listing__compute_permille__lt=1000)}
        known = [kinds[one] for one in values if one in kinds]
        return Q(state__in=OPEN_STATES) & reduce(or_, known) if known else Q(pk__in=[])
    column = {"kind": "model_kind", "license": "weights_license", "state": "state"}[name]
    return Q(**{f"{column}__in": values})


def _sorted(projects: ProjectQuerySet, sort: str, matched: Matched | None) -> ProjectQuerySet:
    if sort == "ending":
        return projects.filter(state=S.LIVE).order_by("deadline_at", "pk")
    if sort == "newest":
        return projects.order_by(LAUNCHED, "-pk")
    if sort == "funded":
        share = Least("listing__money_permille", "listing__compute_permille")
        return projects.annotate(share=share).order_by(F("share").desc(nulls_last=True), "-pk")
    if sort == "backed":
        pledged = ContributionDay.objects.filter(project=OuterRef("pk"), stage=Contribution.Stage.PLEDGED)
        standing = pledged.order_by().values("project").annotate(n=Sum("standing")).values("n")
        return projects.annotate(pledges=Coalesce(Subquery(standing), 0)).order_by("-pledges", LAUNCHED, "-pk")
    if matched is not None:
        place = RawSQL('array_position(%s::bigint[], "projects_project"."id")', [matched.ids])
        return projects.order_by(place)
    return projects.order_by("-listing__trend", LAUNCHED, "-pk")
