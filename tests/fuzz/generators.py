"""What cases are made of: values of JSON, texts in all scripts, bytes that are nearly right.

Each takes a `random.Random`, so that a case is known by its number. They are some ten times as fast as hypothesis' own
strategies, and need not shrink: a case that fails is small.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

Value = Any
Make = Callable[[Random], Value]
Known = Mapping[str, Sequence[Value] | Make]
"""Fields of an object: values to choose from, or what makes one."""

SCRIPTS: Sequence[tuple[int, int]] = (
    *((0x20, 0x7E), (0x00, 0x1F), (0x80, 0x9F), (0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x3FF), (0x400, 0x52F)),
    *((0x530, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x206F)),
    *((0x2070, 0x20CF), (0x2100, 0x23FF), (0x2460, 0x27BF), (0x3000, 0x30FF), (0x3400, 0x3500), (0x4E00, 0x9FFF)),
    *((0xAC00, 0xD7A3), (0xE000, 0xE0FF), (0xFE00, 0xFE0F), (0xFF00, 0xFFEF), (0x1D400, 0x1D7FF), (0x1F1E6, 0x1F64F)),
    *((0x20000, 0x20100), (0xE0000, 0xE007F), (0x10FF00, 0x10FFFF)),
)
"""Ranges of code points, of which a text takes a few."""

MARKS = (
    *(
        "1",
        "23",
        "1,234.56",
        "1.234,56",
        "0",
        "٣",
        "Ⅳ",
        "½",
        "²",
        "€",
        "$",
        "%",
        "°C",
        "-",
        "–",
        "/",
        ":",
        ".",
        ",",
        "…",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "<",
        ">",
        "&",
        "#",
        "*",
        "_",
        "`",
        "```",
        "~",
        "|",
        "\n",
        "\n\n",
        "\t",
        "  ",
        "\u200b",
    ),
    *("<break time='5s'/>", "<speak>", "</speak>", "<say-as interpret-as='date'>", "[pause:1.5s]", "[pause:9e9s]"),
    *("&amp;", "&#x41;", "&#99999999999;", "http://a.b/c?d=e", "a@b.c", "3:45", "2024-02-30", "v1.2.3", "IV", "x^2"),
    *("| a | b |\n|---|---|\n", "1. ", "- ", "> ", "![x](y)", "[x](y)", "<!--", "-->", "\u202e", "\ufeff", "\x00"),
)

NUMBERS: Sequence[Value] = (
    *(0, 1, -1, 2**31, 2**63, 2**64, -(2**63), 10**400, 0.0, -0.0, 1e-320, 1e308, 24_000, 16_000, 8_000, 1_000),
    *(float("nan"), float("inf"), float("-inf"), 0.5, 1.5),
)


def text(random: Random, longest: int = 60) -> str:
    """A text in one or a few scripts, with numbers, signs and markup between."""
    scripts = random.choices(SCRIPTS, k=random.randint(1, 3))
    length = random.choice((0, 1, 2, random.randint(0, longest), random.randint(0, longest)))
    pieces = []
    for _ in range(length):
        if random.random() < 0.25:
            pieces.append(random.choice(MARKS))
        else:
            pieces.append(chr(random.randint(*random.choice(scripts))))
        if random.random() < 0.15:
            pieces.append(" ")
    return "".join(pieces)


def any_string(random: Random) -> str:
    """A string that may hold halves of surrogate pairs, lines, zeros, paths."""
    kind = random.randrange(8)
    if kind == 0:
        return chr(random.randint(0xD800, 0xDFFF)) + text(random, 5)
    if kind == 1:
        return random.choice(("../../etc/passwd", "a\r\nSet-Cookie: x", "%00", "\x00", "/", "..", "CON", "a" * 5_000))
    return text(random, 20)


def value(random: Random, depth: int = 3) -> Value:
    """Any value of JSON, and the numbers that only Python's reader takes."""
    kind = random.randrange(9 if depth else 6)
    if kind == 0:
        return random.choice(NUMBERS)
    if kind == 1:
        return random.choice((None, True, False))
    if kind == 2:
        return random.randint(-10, 100_000)
    if kind <= 5:
        return any_string(random)
    if kind == 6:
        return [value(random, depth - 1) for _ in range(random.randrange(4))]
    return {any_string(random): value(random, depth - 1) for _ in range(random.randrange(4))}


def fields(random: Random, known: Known) -> dict[str, Value]:
    """An object with some of these fields; most values are of the ones given, some are anything."""
    found: dict[str, Value] = {}
    for name, options in known.items():
        chance = random.random()
        if chance < 0.4:
            continue
        if chance < 0.5:
            found[name] = value(random)
        else:
            found[name] = options(random) if callable(options) else random.choice(options)
    if random.random() < 0.1:
        found[any_string(random)] = value(random)
    return found


def encoded(random: Random, given: Value) -> str:
    """`given` as JSON; at times cut, repeated, nested ten thousand deep, or with a field twice."""
    written = json.dumps(given, ensure_ascii=random.random() < 0.5)
    kind = random.randrange(200)
    if kind == 0:
        return written[: random.randint(0, len(written))]
    if kind == 1:
        return '{"type":"start","type":' + written + "}"
    if kind == 2:
        return random.choice(("[", '{"a":')) * 10_000
    if kind == 3:
        return "[" * 10_000 + "]" * 10_000
    if kind == 4:
        return '{"type":"start","seed":' + "9" * random.choice((20, 400, 5_000)) + "}"
    if kind == 5:
        return mutated(random, written.encode("utf-8", "replace")).decode("utf-8", "replace")
    return written


def mutated(random: Random, data: bytes) -> bytes:
    """`data` with some bytes, numbers or stretches changed, lost or repeated; or cut."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        if not changed:
            break
        # Headers are at the beginning, so half of the changes are made there.
        at = random.randrange(min(len(changed), 128) if random.random() < 0.5 else len(changed))
        kind = random.randrange(7)
        if kind == 0:
            changed[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            changed[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind == 2:
            number = random.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, random.getrandbits(32)))
            changed[at : at + 4] = number.to_bytes(4, random.choice(("little", "big")))
        elif kind == 3:
            del changed[at : at + random.randint(1, 64)]
        elif kind == 4:
            changed[at:at] = changed[at : at + random.randint(1, 64)] * random.randint(1, 3)
        elif kind == 5:
            changed[at : at + 8] = random.randbytes(8)
        elif random.random() < 0.3:
            del changed[at:]
    return bytes(changed)
