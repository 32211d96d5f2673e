"""Lists and places read over everybody's work, remembered for a while: they cost by all blocks there are.

A list says as of when it is. Who leaves the lists of people is gone from them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.core.cache import cache

from compute_pledges.standing.credit import BoardRow, Place, Scope, people_board, place_of, teams_board

T = TypeVar("T")
BOARD_SECONDS, PLACE_SECONDS = 60, 300
BOARDS: dict[str, Callable[..., list[BoardRow]]] = {"people": people_board, "teams": teams_board}
_VERSION = "standing:version"


def board_of(*, kind: str, scope: Scope, page: int) -> tuple[datetime, list[BoardRow]]:
    """When the list was made, up to BOARD_SECONDS before `scope.now`, and its rows."""
    key = f"{kind}:{scope.project_id}:{page}"
    return remembered(key, BOARD_SECONDS, lambda: (scope.now, BOARDS[kind](scope=scope, page=page)))


def remembered(key: str, seconds: int, make: Callable[[], T]) -> T:
    """Something that names people, made anew when somebody wants to be named or not."""
    whole = f"standing:{cache.get(_VERSION, 0)}:{key}"
    found: T | None = cache.get(whole)
    if found is None:
        found = make()
        cache.set(whole, found, seconds)
    return found


def forget_boards() -> None:
    """Lists are made anew, because somebody wants to stand in them or not."""
    cache.add(_VERSION, 0, None)
    cache.incr(_VERSION)


def remembered_place(*, user_id: int, scope: Scope) -> Place:
    """The account's place, up to PLACE_SECONDS old."""
    key = f"standing:place:{user_id}:{scope.project_id}:{scope.run_id}"
    found: Place | None = cache.get(key)
    if found is None:
        found = place_of(user_id=user_id, scope=scope)
        cache.set(key, found, PLACE_SECONDS)
    return found
