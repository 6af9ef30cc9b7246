"""What a Deepgram client asks for in its query, and the texts that it sends: names, formats and limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from makima.audio.muxing import Container
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.audio.tempo import check_speed
from makima.errors import InvalidMessage

MAX_TEXT_CHARACTERS = 20_000
"""Of one `Speak`."""
_ENCODINGS: Mapping[str, Container] = {
    "linear16": Container.PCM,
    "mulaw": Container.MULAW,
    "alaw": Container.ALAW,
    "mp3": Container.MP3,
    "opus": Container.OPUS,
    "flac": Container.FLAC,
    "aac": Container.AAC,
}
_USUAL_RATES: Mapping[str, int] = {"mulaw": 8_000, "alaw": 8_000, "mp3": 22_050, "opus": 48_000, "aac": 22_050}
STREAMED = ("linear16", "mulaw", "alaw")
"""What the socket offers: without a container, so that it can be cut anywhere."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query asks for."""

    model: str
    form: Container
    rate_hz: int
    speed: float
    bit_rate: int | None = None


def asked(query: Mapping[str, str], *, streamed: bool) -> Asked:
    """What `query` asks for.

    Raises: InvalidMessage naming the parameter and what it takes
    """
    encoding = query.get("encoding") or ("linear16" if streamed else "mp3")
    offered = STREAMED if streamed else tuple(_ENCODINGS)
    if encoding not in offered:
        raise InvalidMessage(f"encoding: {encoding!r} is not known.", mend=f"Use one of: {', '.join(offered)}.")
    rate_hz = int(_number(query, "sample_rate", _USUAL_RATES.get(encoding, 24_000)))
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise InvalidMessage(f"sample_rate: {rate_hz} is out of range.", mend=f"Use {MIN_RATE_HZ} to {MAX_RATE_HZ}.")
    form = _ENCODINGS[encoding]
    container = query.get("container") or ("none" if streamed else "wav")
    if form is Container.PCM and container == "wav":
        form = Container.WAV
    bit_rate = int(_number(query, "bit_rate", 0)) or None
    return Asked(query.get("model", ""), form, rate_hz, check_speed(_number(query, "speed", 1.0)), bit_rate)


def _number(query: Mapping[str, str], name: str, default: float) -> float:
    value = query.get(name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError as exc:
        raise InvalidMessage(f"{name}: {value!r} is not a number.") from exc
    if not math.isfinite(number):
        raise InvalidMessage(f"{name}: {value!r} is not a finite number.")
    return number


def text_of(fields: dict[str, object]) -> str:
    """The text of a `Speak`.

    Raises: InvalidMessage
    """
    text = fields.get("text")
    if not isinstance(text, str):
        raise InvalidMessage("Speak: a text is needed.")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidMessage(f"Speak: {len(text):,} characters are more than {MAX_TEXT_CHARACTERS:,}.")
    return text
