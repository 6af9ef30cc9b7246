"""Messages on the wire."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.audio.pcm import Encoding
from makima.errors import CapacityError, InvalidMessage, InvalidText
from makima.server.wire import MAX_MESSAGE_BYTES, Cancel, End, Speak, Start, Stop, decode, encode, error


def test_start_and_its_defaults() -> None:
    message = decode('{"type": "start"}')
    assert isinstance(message, Start)
    assert (message.sample_rate, message.encoding, message.transport) == (24_000, Encoding.PCM16, "binary")
    assert (message.voice, message.language, message.auth_token, message.contract_id) == (None, None, None, None)
    full = decode(
        '{"type": "start", "sampleRate": 8000, "encoding": "pcm32f", "voice": "v", "language": "Auto",'
        ' "authToken": "t", "contractId": "c", "transport": "json", "seed": 1, "respond": true}'
    )
    assert full == Start(
        type="start",
        sample_rate=8_000,
        encoding=Encoding.PCM32F,
        voice="v",
        language="Auto",
        auth_token="t",
        contract_id="c",
        transport="json",
        seed=1,
        respond=True,
    )


def test_the_others() -> None:
    speak = decode('{"type": "speak", "text": "Hi", "priority": "high", "requestId": "r", "voice": "v"}')
    assert isinstance(speak, Speak)
    assert (speak.text, speak.priority, speak.request_id, speak.voice) == ("Hi", "high", "r", "v")
    assert decode('{"type": "end"}') == End(type="end")
    assert decode('{"type": "cancel", "requestId": "r"}') == Cancel(type="cancel", request_id="r")
    assert decode('{"type": "stop", "reason": "bye"}') == Stop(type="stop", reason="bye")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": "stop", "mood": "fine"}', "'mood' is not known. Known are: type, reason"),
        ('{"type": "start", "samplerate": 8000}', "Did you mean sampleRate"),
        ('{"type": "start", "sample_rates": 8000}', "Did you mean sampleRate"),
        ('{"type": "speak", "text": "Hi", "langauge": "de"}', "Did you mean language"),
    ],
)
def test_a_field_that_is_not_known_is_refused_with_the_nearest_one(text: str, said: str) -> None:
    with pytest.raises(InvalidMessage, match=said):
        decode(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("7", "not a JSON object"),
        ("{}", "start, speak, append, end, cancel, stop"),
        ('{"type": "sing"}', "start, speak, append, end, cancel, stop"),
        ('{"type": "start", "sampleRate": 7000}', "sampleRate"),
        ('{"type": "start", "sampleRate": 24000.5}', "sampleRate"),
        ('{"type": "start", "sampleRate": true}', "sampleRate"),
        ('{"type": "start", "respond": "yes"}', "respond"),
        ('{"type": "speak"}', "text"),
        ('{"type": "speak", "text": ["a"]}', "text"),
        ('{"type": "speak", "text": "a", "requestId": ""}', "requestId"),
        ('{"type": "start", "seed": 1' + "0" * 30 + "}", "seed"),
        ('{"type": "start", "seed": 1' + "0" * 5_000 + "}", "JSON"),
        ("a" * (MAX_MESSAGE_BYTES + 1), "64 KiB"),
        ("é" * (MAX_MESSAGE_BYTES // 2 + 1), "64 KiB"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(InvalidMessage, match=said):
        decode(text)


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_whatever_comes_it_is_a_message_or_refused(text: str) -> None:
    with pytest.raises(InvalidMessage):
        decode(text)


@given(st.dictionaries(st.sampled_from(["text", "requestId", "priority", "voice"]), st.text() | st.integers()))
def test_any_fields_are_a_message_or_refused(fields: dict[str, object]) -> None:
    try:
        message = decode(json.dumps({"type": "speak", **fields}))
    except InvalidMessage as exc:
        refusal = encode(error(exc))
        refusal.encode()
        return
    assert isinstance(message, Speak)


def test_errors() -> None:
    assert error(InvalidText("Empty."), "r") == {
        "type": "error",
        "code": "INVALID_TEXT",
        "message": "Empty.",
        "recoverable": False,
        "requestId": "r",
    }
    full = error(CapacityError("Full.", retry_after_s=1.5))
    assert (full["code"], full["recoverable"], full["retryAfterMs"]) == ("RATE_LIMITED", True, 1_500)
