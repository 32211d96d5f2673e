"""Links that apps above give with a reward, such as the early weights of a run."""

from __future__ import annotations

from collections.abc import Callable

from projects.models import Delivery

Links = list[tuple[str, str]]
LinksOf = Callable[[Delivery], Links]
_extras: dict[str, LinksOf] = {}


def register_reward_links(kind: str, links_of: LinksOf) -> None:
    """`links_of(delivery)` gives (label, path) for a delivery that has the benefit `kind`."""
    _extras[kind] = links_of


def links_for(delivery: Delivery) -> Links:
    """Everything that the delivery's benefits open."""
    kinds = delivery.benefits.values_list("kind", flat=True)
    return [link for kind in kinds if kind in _extras for link in _extras[kind](delivery)]
