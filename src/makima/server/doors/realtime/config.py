"""What a Realtime session has chosen: merged update by update, as `session.update` says. Without input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from makima.audio.muxing import Container
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.audio.tempo import MAX_SPEED, MIN_SPEED
from makima.errors import InvalidMessage
from makima.stt.listening.endpoint import EndpointRules

Kind = Literal["realtime", "transcription"]
COMPANDED_HZ = 8_000

_EAGERNESS_MS: Mapping[str, int] = {"low": 4_000, "medium": 2_400, "auto": 2_400, "high": 1_200}
"""The silence that ends a turn which the turn detector takes for unfinished."""


class _Part(BaseModel):
    # What is not known is kept and given back, so that a client sees the session as it set it.
    model_config = ConfigDict(extra="allow")


class AudioFormat(_Part):
    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"] = "audio/pcm"
    rate: Annotated[int, Field(ge=MIN_RATE_HZ, le=MAX_RATE_HZ)] = 24_000

    @property
    def rate_hz(self) -> int:
        return self.rate if self.type == "audio/pcm" else COMPANDED_HZ

    @property
    def container(self) -> Container:
        return {"audio/pcmu": Container.MULAW, "audio/pcma": Container.ALAW}.get(self.type, Container.PCM)


class Transcription(_Part):
    model: str = "whisper-1"
    language: str | None = None


class TurnDetection(_Part):
    type: Literal["server_vad", "semantic_vad"] = "server_vad"
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    prefix_padding_ms: Annotated[int, Field(ge=0, le=10_000)] = 300
    silence_duration_ms: Annotated[int, Field(ge=0, le=30_000)] = 500
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True

    @property
    def by_meaning(self) -> bool:
        """Whether a turn detector is asked."""
        return self.type == "semantic_vad"

    def rules(self, usual: EndpointRules) -> EndpointRules:
        """What counts as speech, and as its end, where `usual` says the rest."""
        if self.by_meaning:
            return replace(usual, patience_ms=_EAGERNESS_MS[self.eagerness])
        start = min(max(self.threshold, 0.05), 0.99)
        return replace(
            usual,
            start=start,
            keep=max(0.03, start - 0.15),
            silence_ms=max(96, self.silence_duration_ms),
            pre_roll_ms=max(96, self.prefix_padding_ms),
        )


class Input(_Part):
    format: AudioFormat = AudioFormat()
    transcription: Transcription | None = None
    turn_detection: TurnDetection | None = TurnDetection()


class Output(_Part):
    format: AudioFormat = AudioFormat()
    voice: str | dict[str, Any] = "marin"
    speed: Annotated[float, Field(ge=MIN_SPEED, le=MAX_SPEED)] = 1.0

    @property
    def voice_name(self) -> str | None:
        name = self.voice if isinstance(self.voice, str) else self.voice.get("id")
        return name if isinstance(name, str) else None


class Audio(_Part):
    input: Input = Input()
    output: Output = Output()


class SessionConfig(_Part):
    """The session as the client sees it."""

    type: Kind = "realtime"
    model: str = "makima"
    output_modalities: list[Literal["text", "audio"]] = ["audio"]
    instructions: str = ""
    audio: Audio = Audio()
    tools: list[dict[str, Any]] = []
    tool_choice: str | dict[str, Any] = "auto"
    max_output_tokens: int | Literal["inf"] = "inf"

    def wire(self, session_id: str) -> dict[str, Any]:
        """The `session` object of events."""
        return {"id": session_id, "object": "realtime.session", **self.model_dump(exclude={"object", "id"})}


def initial(model: str | None, *, transcription: bool) -> SessionConfig:
    """What holds until the client says otherwise."""
    config = SessionConfig(model=model or "makima")
    if not transcription:
        return config
    return update(config, {"type": "transcription", "audio": {"input": {"transcription": {"model": config.model}}}})


def update(config: SessionConfig, changes: Mapping[str, Any]) -> SessionConfig:
    """`config` with these changes. A key that is absent keeps its value; null switches off.

    Raises: InvalidMessage naming the field that is wrong
    """
    try:
        return SessionConfig.model_validate(_merged(config.model_dump(), changes))
    except ValidationError as exc:
        raise explained(exc, "session") from exc


def explained(exc: ValidationError, where: str) -> InvalidMessage:
    """The first thing that is wrong, as an error."""
    first = exc.errors(include_url=False, include_context=False)[0]
    field = ".".join((where, *map(str, first["loc"])))
    return InvalidMessage(f"{field}: {first['msg']}.")


def _merged(before: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for key, value in changes.items():
        old = merged.get(key)
        # Another kind of turn detection does not keep the numbers of the one before.
        same_kind = not isinstance(old, dict) or not isinstance(value, Mapping) or "type" not in value
        if isinstance(old, dict) and isinstance(value, Mapping) and (same_kind or old.get("type") == value["type"]):
            merged[key] = _merged(old, value)
        else:
            merged[key] = value
    return merged
