"""Standing pledges with their memory class, in the database: what `memory_of` and `class_of` say in Python."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Case, F, Func, IntegerField, JSONField, QuerySet, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from compute_pledges.catalog import CATALOG
from compute_pledges.matching.memory import CLASSES
from compute_pledges.models import ComputePledge

State = ComputePledge.State
BACKED = (State.ACCEPTED, State.DELIVERING)
STANDING = (State.OFFERED, *BACKED)
_BYTES = Value({model.slug: model.memory_bytes for model in CATALOG.values()}, JSONField())
_TOPS = Value(list(CLASSES), ArrayField(BigIntegerField()))


def with_memory_class(pledges: QuerySet[ComputePledge]) -> QuerySet[ComputePledge]:
    """`memory_class` is an index into the memory classes: of the machine, else of the model that was promised."""
    return pledges.annotate(
        memory_said=KeyTextTransform("memory_bytes", "device__reported_hardware"),
        memory=Case(
            When(memory_said__regex=r"^[1-9][0-9]{0,17}$", then=Cast("memory_said", BigIntegerField())),
            When(device=None, then=_by_catalog("catalog_slug")),
            default=_by_catalog("device__catalog_slug"),
        ),
        # Tops that are less: what is exactly a top belongs below it.
        memory_class=Func(F("memory") - 1, _TOPS, function="width_bucket", output_field=IntegerField()),
    )  # fmt: skip


def _by_catalog(path: str) -> Coalesce:
    said = Func(_BYTES, F(path), function="jsonb_extract_path_text", output_field=TextField())
    return Coalesce(Cast(said, BigIntegerField()), 0)


def standing_by_class(pledges: QuerySet[ComputePledge]) -> QuerySet[ComputePledge, Any]:
    """The same grouped by class, for sums."""
    found: Any = with_memory_class(pledges)
    grouped: QuerySet[ComputePledge, Any] = found.order_by().values("memory_class")
    return grouped


def class_pledges(*, states: tuple[State, ...], project_states: tuple[str, ...]) -> QuerySet[ComputePledge]:
    """The pledges behind the classes' figures, the largest supply first."""
    found = ComputePledge.objects.filter(state__in=states, project__state__in=project_states)
    related = found.select_related("project", "backer", "device")
    return with_memory_class(related).order_by(F("credible_h100_us").desc(), "pk")
