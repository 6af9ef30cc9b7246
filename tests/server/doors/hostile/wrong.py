"""Wrong messages made of right ones: each field in turn gets each value that it cannot have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Fields = Mapping[str, Any]

_DEEP = "@deep@"
_NUMBER = "@number@"

VALUES: tuple[object, ...] = (
    None,
    True,
    -1,
    1.5,
    2**70,
    float("nan"),
    float("inf"),
    "",
    "no such thing",
    "half a pair: \ud800",
    "a null: \0",
    "x" * 2_000,
    [],
    [None],
    {},
    {"type": 5},
    _DEEP,
    _NUMBER,
)
"""Of every JSON type, and of each the ones at its edges."""


def text_of(fields: object) -> str:
    """The JSON of a message, with the values that `json` does not write."""
    text = json.dumps(fields)
    text = text.replace(f'"{_DEEP}"', "[" * 900 + "]" * 900)
    return text.replace(f'"{_NUMBER}"', "9" * 5_000)


def mutations(message: Fields) -> Iterator[object]:
    """`message` with one field wrong, at any depth; and with one left out."""
    for path in _paths(message):
        for value in VALUES:
            yield _with(message, path, value)
        yield _without(message, path)


def _paths(value: object, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*before, key)
        yield from _paths(child, (*before, key))


def _with(message: object, path: tuple[Any, ...], value: object) -> object:
    copied = json.loads(json.dumps(message))
    place = copied
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copied


def _without(message: object, path: tuple[Any, ...]) -> object:
    copied = json.loads(json.dumps(message))
    place = copied
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return copied
