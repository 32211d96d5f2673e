"""Files that a mail of a notice carries, by the beginning of the notice's key. Apps above register who makes them."""

from __future__ import annotations

from collections.abc import Callable

File = tuple[str, bytes, str]
_makers: dict[str, Callable[[str], File | None]] = {}


def register_attachment(beginning: str, make: Callable[[str], File | None]) -> None:
    """`make(key)` gives (name, content, type) for notices whose key begins with `beginning` and a colon, or None."""
    _makers[beginning] = make


def attachments_of(key: str) -> list[File]:
    """What goes with the notice."""
    make = _makers.get(key.split(":", 1)[0])
    file = make(key) if make else None
    return [file] if file else []
