"""The flat vector of a checkpoint as a file of named tensors, as the model's library reads it. No tensor library here.

A safetensors file is eight bytes of length, a JSON header of names, types, shapes and places, and the numbers in a row.
The flat vector holds the same numbers in the same order: only the header is written anew.

Imported without Django where files are made; what it refuses is said to programs, in English.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterator
from typing import IO, Any

from compute_pledges.errors import RunRefused

Shapes = list[tuple[str, list[int]]]
NAME = re.compile(r"[A-Za-z0-9_.]{1,200}\Z")
MOST_TENSORS, MOST_DIMENSIONS = 20_000, 8
LONGEST_HEADER = 100_000_000
HALF_BYTES = 2
CHUNK = 2**20


def checked_shapes(given: object, *, parameters: int) -> Shapes:
    """Pairs of a name and its sizes that make up a model of `parameters`. Raises RunRefused."""
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_TENSORS:
        raise RunRefused("The tensors of a run are a list of names with sizes.")
    shapes = [_checked(item) for item in given]
    if len({name for name, _ in shapes}) != len(shapes):
        raise RunRefused("Two tensors have one name.")
    if sum(math.prod(sizes) for _, sizes in shapes) != parameters:
        raise RunRefused("The tensors do not make up this model.")
    return shapes


def _checked(item: object) -> tuple[str, list[int]]:
    if not isinstance(item, list) or len(item) != 2 or not isinstance(item[0], str) or not isinstance(item[1], list):
        raise RunRefused("A tensor is a name and its sizes.")
    name, sizes = item
    if not NAME.match(name) or len(sizes) > MOST_DIMENSIONS:
        raise RunRefused("A tensor's name has letters, digits, dots and underscores.")
    if not all(type(size) is int and 0 < size < 2**40 for size in sizes):
        raise RunRefused("A tensor's sizes are whole numbers above zero.")
    return name, sizes


def read_header(stream: IO[bytes]) -> dict[str, Any]:
    """The header; the stream stands at the numbers afterwards. Raises ValueError."""
    (length,) = struct.unpack("<Q", stream.read(8))
    if length > LONGEST_HEADER:
        raise ValueError("This header is too long.")
    header: dict[str, Any] = json.loads(stream.read(length))
    return header


def named_weights(flat: IO[bytes], shapes: Shapes) -> Iterator[bytes]:
    """The file with `shapes` in place of the one flat vector. Raises ValueError when the numbers do not fit."""
    vector = read_header(flat).get("flat", {})
    whole = sum(math.prod(sizes) for _, sizes in shapes)
    if vector.get("dtype") != "F16" or vector.get("shape") != [whole]:
        raise ValueError("This checkpoint is no flat vector of the model's size.")
    yield _header(shapes)
    left = whole * HALF_BYTES
    while left and (chunk := flat.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk
    if left:
        raise ValueError("The checkpoint ends early.")


def _header(shapes: Shapes) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, sizes in shapes:
        end = place + math.prod(sizes) * HALF_BYTES
        header[name] = {"dtype": "F16", "shape": sizes, "data_offsets": [place, end]}
        place = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text
