"""What the checks share. They run where makima is not installed, so nothing of it is imported here.

Arguments of each check: the server's URL, and its Wyoming port.
"""

from __future__ import annotations

import array
import asyncio
import json
import os
import sys
import time
import traceback
import urllib.request
from collections.abc import Awaitable, Callable

RATE_HZ = 24_000
TEXT = "Hello there. This is a short test of speech."
BASE = sys.argv[1]
HOST = BASE.removeprefix("http://")
WYOMING_PORT = int(sys.argv[2])
KEY = "none"

_failed: list[str] = []


def expected(text: str = TEXT) -> bytes:
    """What the server speaks for this text, by its own route: PCM at 24 kHz."""
    body = json.dumps({"text": text, "format": "pcm"}).encode()
    request = urllib.request.Request(f"{BASE}/api/v1/tts", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        data: bytes = answer.read()
    return data


def same(pcm: bytes) -> None:
    """Refuse what is not exactly the expected sound."""
    whole = expected()
    assert pcm == whole, f"{len(pcm)} bytes in place of {len(whole)}, or others"


def alike(pcm: bytes, rate_hz: int = RATE_HZ) -> None:
    """Refuse what is not about as long and as loud: encoders, and pauses where a client cuts, change the rest."""
    whole = expected()
    long_s, is_s = len(whole) / 2 / RATE_HZ, len(pcm) / 2 / rate_hz
    assert 0.8 * long_s < is_s < 1.3 * long_s + 0.3, f"{is_s:.2f} s of sound, and not {long_s:.2f} s"
    assert 0.6 * _loudness(whole) < _loudness(pcm) < 1.6 * _loudness(whole), "the sound is much louder or softer"


def _loudness(pcm: bytes) -> float:
    samples = array.array("h", pcm)
    return float((sum(sample * sample for sample in samples) / max(1, len(samples))) ** 0.5)


def check(name: str, work: Callable[[], object]) -> None:
    """Run one check, and print how it went."""
    began_s = time.monotonic()
    try:
        work()
    except Exception:  # noqa: BLE001 - any failure of a client is a result
        _failed.append(name)
        print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
    else:
        print(f"ok   {name} ({time.monotonic() - began_s:.1f} s)", flush=True)


def check_async(name: str, work: Callable[[], Awaitable[object]], limit_s: float = 40.0) -> None:
    """The same for a coroutine, with a time limit."""

    async def limited() -> None:
        await asyncio.wait_for(work(), limit_s)

    check(name, lambda: asyncio.run(limited()))


def end() -> None:
    """Leave, with the number of failures. Without waiting for threads that a client has left running."""
    sys.stdout.flush()
    os._exit(min(1, len(_failed)))
