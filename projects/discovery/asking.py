"""What a visitor asks of the list of projects, and the projects that answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext_lazy as _

from projects.discovery.matching import Matched, matching
from projects.models import Contribution, ContributionDay, Project
from projects.models.project import ProjectQuerySet

FACETS = ("kind", "license", "state", "language", "needs", "memory")
FIELDS = ("q", *FACETS, "sort")
SORTS = (
    ("", _("Trending")), ("ending", _("Ending soon")), ("newest", _("Newest")), ("funded", _("Share funded")),
    ("backed", _("Most pledges")),
)  # fmt: skip
BEST = ("", _("Best match"))
LONGEST = 120
# What is approved and not launched yet comes after what is.
LAUNCHED = F("launched_at").desc(nulls_last=True)
S = Project.State
# Where a missing pledge can still be made, or soon.
OPEN_STATES = (S.APPROVED, S.LIVE, S.PAUSED)


@dataclass(frozen=True, slots=True)
class Asked:
    """Cut to a sane length; what is no value of a facet finds nothing, and is never an error."""

    values: dict[str, str]

    @property
    def text(self) -> str:
        """The words searched for."""
        return self.values["q"]

    @property
    def chosen(self) -> dict[str, str]:
        """The facets that narrow the list."""
        return {name: self.values[name] for name in FACETS if self.values[name]}

    @property
    def query(self) -> str:
        """As an address carries it, without what is empty."""
        return urlencode({name: value for name, value in self.values.items() if value})

    def changed(self, **values: str) -> Asked:
        """The same question with something else in it."""
        return Asked({**self.values, **values})


def asked_of(given: Mapping[str, str]) -> Asked:
    """From an address; a null byte cannot be searched for."""
    return Asked({name: given.get(name, "").replace("\0", "").strip()[:LONGEST] for name in FIELDS})


def found(asked: Asked) -> tuple[ProjectQuerySet, Matched | None]:
    """Public projects by words and facets in the order asked for, and how their words were matched."""
    matched = matching(asked.text) if asked.text else None
    return _sorted(narrowed(matched, asked), asked.values["sort"], matched), matched


def narrowed(matched: Matched | None, asked: Asked, *, but: str = "") -> ProjectQuerySet:
    """Unsorted; `but` names a facet that does not narrow, so that its other values can be counted."""
    projects = Project.objects.public()
    if matched is not None:
        projects = projects.filter(pk__in=matched.ids)
    for name, value in asked.chosen.items():
        if name != but:
            projects = projects.filter(condition_of(name, value))
    return projects


def condition_of(name: str, value: str) -> Q:
    """A facet's value as a condition; one that cannot be met for what is no value."""
    if name == "memory":
        return Q(memory_gib=int(value)) if value.isascii() and value.isdigit() and len(value) < 5 else Q(pk__in=[])
    if name == "language":
        return Q(listing__languages__contains=[value])
    if name == "needs":
        kinds = {"money": Q(listing__money_permille__lt=1000), "compute": Q(listing__compute_permille__lt=1000)}
        return Q(state__in=OPEN_STATES) & kinds[value] if value in kinds else Q(pk__in=[])
    return Q(**{{"kind": "model_kind", "license": "weights_license", "state": "state"}[name]: value})


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
