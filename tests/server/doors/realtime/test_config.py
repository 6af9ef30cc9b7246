"""A session's settings, update by update."""

from __future__ import annotations

from typing import Any

import pytest

from makima.errors import InvalidMessage
from makima.server.doors.realtime.config import SessionConfig, TurnDetection, initial, update
from makima.stt.listening.endpoint import EndpointRules


def _updated(*changes: dict[str, Any]) -> SessionConfig:
    config = initial(None, transcription=False)
    for change in changes:
        config = update(config, change)
    return config


def test_what_is_absent_stays_and_null_switches_off() -> None:
    config = _updated(
        {"instructions": "Be brief.", "audio": {"input": {"transcription": {"model": "m", "language": "de"}}}},
        {"audio": {"input": {"turn_detection": None}, "output": {"voice": "ash"}}},
        {"audio": {"input": {"transcription": {"model": "n"}}}},
    )
    assert config.instructions == "Be brief."
    assert config.audio.input.turn_detection is None
    assert config.audio.input.transcription is not None
    assert config.audio.input.transcription.language == "de"
    assert config.audio.input.transcription.model == "n"
    assert config.audio.output.voice_name == "ash"
    assert (
        _updated({"audio": {"input": {"turn_detection": None}}}, {"audio": {"input": {"turn_detection": {}}}})
        == _updated()
    )


def test_another_kind_of_detection_starts_afresh() -> None:
    config = _updated(
        {"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 900}}}},
        {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}}},
        {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}},
    )
    assert config.audio.input.turn_detection == TurnDetection()


def test_what_is_not_known_is_given_back() -> None:
    wire = _updated({"tracing": None, "tools": [{"type": "function", "name": "f"}], "speed": 1.0}).wire("sess_1")
    assert (wire["tools"][0]["name"], wire["speed"], wire["id"], wire["object"]) == (
        "f",
        1.0,
        "sess_1",
        "realtime.session",
    )


def test_the_defaults_hear_24_khz_and_find_turns() -> None:
    config = initial(None, transcription=False)
    assert config.audio.input.format.rate_hz == 24_000
    assert config.audio.input.turn_detection == TurnDetection(create_response=True)
    assert initial("whisper-1", transcription=True).audio.input.transcription is not None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"audio": {"input": {"format": {"rate": 5}}}}, "session.audio.input.format.rate"),
        ({"audio": {"output": {"speed": 9}}}, "session.audio.output.speed"),
        ({"output_modalities": ["video"]}, "session.output_modalities"),
        ({"audio": 5}, "session.audio"),
    ],
)
def test_a_wrong_value_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidMessage, match=field):
        _updated(changes)


def test_rules_of_detection() -> None:
    usual = EndpointRules()
    server = TurnDetection(threshold=0.7, silence_duration_ms=350, prefix_padding_ms=600).rules(usual)
    assert (server.start, server.silence_ms, server.pre_roll_ms) == (0.7, 350, 600)
    assert server.keep < server.start
    patient = TurnDetection(type="semantic_vad", eagerness="low").rules(usual)
    assert patient.patience_ms > TurnDetection(type="semantic_vad", eagerness="high").rules(usual).patience_ms
