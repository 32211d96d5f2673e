"""List pages: newest first, by cursor, by time and by field, each read from an index."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from payments.stripe_standin.errors import invalid, missing
from payments.stripe_standin.forms import boolean, integer, text
from payments.stripe_standin.schema import field
from payments.stripe_standin.store import Object, Store

CURSORS = {"limit", "starting_after", "ending_before", "expand"}
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
MAX_LIMIT = 100

Terms = tuple[list[str], list[Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """Answers `GET` of a list of one `kind`.

    `fields` are the parameters that equal a field of the object; `under` is the field that holds the id in the
    address; `show` makes the answer of one object; `more` adds parameters of its own.
    """

    kind: str
    fields: tuple[str, ...] = ()
    under: str = ""
    show: Callable[[Store, Object], Object] | None = None
    more: Callable[[dict[str, Any]], Terms] | None = None
    more_names: frozenset[str] = frozenset()
    by_time: bool = True

    @property
    def allowed(self) -> set[str]:
        """The parameters that may be given."""
        return CURSORS | set(self.fields) | self.more_names | ({"created"} if self.by_time else set())

    def __call__(self, store: Store, values: dict[str, Any], parent: str = "") -> Object:
        """One page. Raises ApiError 400."""
        limit = read_limit(values)
        terms, bound = self.terms(values, parent)
        backwards = text(values, "ending_before")
        after, seen = cursor(store, self.kind, values)
        order = "ASC" if backwards else "DESC"
        query = (
            f"SELECT body FROM objects WHERE {' AND '.join(terms + after)} "  # noqa: S608  # reason: names are ours
            f"ORDER BY created {order}, seq {order} LIMIT {limit + 1}"
        )
        found = [json.loads(row[0]) for row in store.rows(query, bound + seen)]
        shown = found[:limit][::-1] if backwards else found[:limit]
        data = [self.show(store, item) for item in shown] if self.show else shown
        return {"object": "list", "data": data, "has_more": len(found) > limit, "url": ""}

    def terms(self, values: dict[str, Any], parent: str) -> Terms:
        """The conditions and what they compare with."""
        terms, bound = [f"kind = '{self.kind}'"], list[Any]()
        given = {name: text(values, name) for name in self.fields if name in values}
        if self.under:
            given[self.under] = parent
        for name, value in given.items():
            terms.append(f"{field(name)} = ?")
            bound.append(value)
        for part in (created(values), self.more(values) if self.more else ([], [])):
            terms += part[0]
            bound += part[1]
        return terms, bound


def read_limit(values: dict[str, Any]) -> int:
    """How many objects the page shows. Raises ApiError 400."""
    limit = integer(values, "limit", default=10)
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid(f"limit must be between 1 and {MAX_LIMIT}.", "limit")
    return limit


def cursor(store: Store, kind: str, values: dict[str, Any]) -> Terms:
    """Where the page starts. Raises ApiError 400 for both ends at once or an object that is not of the list."""
    after, before = text(values, "starting_after"), text(values, "ending_before")
    if after and before:
        raise invalid("You can only specify one of these parameters: starting_after, ending_before.")
    object_id = after or before
    if not object_id:
        return [], []
    found = store.rows("SELECT created, seq FROM objects WHERE id = ? AND kind = ?", (object_id, kind))
    if not found:
        error = missing(kind, object_id)
        error.status = 400
        raise error
    return [f"(created, seq) {'<' if after else '>'} (?, ?)"], list(found[0])


def created(values: dict[str, Any]) -> Terms:
    """`created` as a number or as created[gt|gte|lt|lte]. Raises ApiError 400."""
    given = values.get("created")
    if given is None:
        return [], []
    if not isinstance(given, dict):
        return ["created = ?"], [integer(values, "created")]
    if unknown := set(given) - set(COMPARISONS):
        raise invalid(f"Received unknown parameter: created[{min(unknown)}]", "created", "parameter_unknown")
    return [f"created {COMPARISONS[name]} ?" for name in given], [integer(given, name) for name in given]


def event_terms(values: dict[str, Any]) -> Terms:
    """`types[]` and `delivery_success` of events. Raises ApiError 400."""
    terms, bound = list[str](), list[Any]()
    if types := values.get("types"):
        if not isinstance(types, list) or len(types) > 20:
            raise invalid("types must be an array of at most 20 event types.", "types")
        # The plus keeps SQLite from reading by type and sorting: the newest few are wanted.
        terms.append(f"+{field('type')} IN ({','.join('?' * len(types))})")
        bound += types
    if "delivery_success" in values:
        waiting = f"{field('pending_webhooks')} > 0"
        terms.append(f"NOT ({waiting})" if boolean(values, "delivery_success") else waiting)
    return terms, bound
