"""The sockets of all doors: right messages of each, its own error, and how a session shows that it goes on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from tests.server.doors.hostile.wrong import Fields
from tests.server.doors.json_socket import Frame, JsonSocket

_numbers = itertools.count()


@dataclass(frozen=True)
class Door:
    """One socket of the server."""

    path: str
    messages: tuple[Fields, ...]
    is_error: Callable[[Frame], bool]
    goes_on: Callable[[JsonSocket], object]
    """Asks for something and waits for it."""

    orders: tuple[tuple[tuple[Fields, ...], bool], ...] = ()
    """Messages in an order in which they mean nothing, and whether an error answers."""
    at_once: int = 5
    """How many wrong messages are sent before it is asked whether the session goes on."""
    alone: frozenset[str] = frozenset()
    """Messages by type that are sent one by one all the same."""
    once: bool = False
    """Whether a session ends with what it was asked for."""
    not_binary: tuple[bytes, ...] = (b"", b"\0\1\2", b'{"type": "stop"}')
    """Binary frames that are no messages."""

    def __str__(self) -> str:
        return self.path


def _cartesia(socket: JsonSocket) -> None:
    name = f"after {next(_numbers)}"
    socket.send(transcript="Hi.", context_id=name, **{"continue": False})
    socket.until(lambda frame: frame["type"] == "done" and frame["context_id"] == name)


def _elevenlabs(socket: JsonSocket) -> None:
    name = f"after {next(_numbers)}"
    socket.send(text="Hi.", context_id=name)
    socket.send(context_id=name, close_context=True)
    socket.until(lambda frame: bool(frame.get("isFinal")) and frame.get("contextId") == name)


def _elevenlabs_single(socket: JsonSocket) -> None:
    socket.send(text="Hi.")
    socket.send(text="")
    socket.until(lambda frame: bool(frame.get("isFinal")))


def _deepgram(socket: JsonSocket) -> None:
    socket.send(type="Clear")
    socket.until(lambda frame: frame["type"] == "Cleared")
    socket.send(type="Speak", text="Hi.")
    socket.send(type="Flush")
    frames = socket.until(lambda frame: frame["type"] == "Flushed")
    assert any(isinstance(frame, bytes) for frame in frames)


def _realtime(socket: JsonSocket) -> None:
    name = f"after_{next(_numbers)}"
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}
    asked = {"conversation": "none", "input": [message], "metadata": {"name": name}, "instructions": "Say it aloud."}
    socket.send(type="response.create", response=asked)
    frames = socket.until(
        lambda frame: frame["type"] == "response.done" and (frame["response"].get("metadata") or {}).get("name") == name
    )
    assert isinstance(frames[-1], dict)
    assert frames[-1]["response"]["status"] == "completed", frames[-1]


def _speak(socket: JsonSocket) -> None:
    name = f"after {next(_numbers)}"
    socket.send(type="cancel")
    socket.send(type="speak", text="Hi.", requestId=name)
    socket.until(lambda frame: frame["type"] == "complete" and frame["requestId"] == name)


def _listen(socket: JsonSocket) -> None:
    socket.send(type="stop")
    socket.until(lambda frame: frame["type"] == "stopped")


_MESSAGE = {"id": "item_1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}
_CALL = {"id": "item_2", "type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}
_OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "o"}
_INPUT = {
    "format": {"type": "audio/pcm", "rate": 24_000},
    "transcription": {"model": "whisper-1", "language": "en", "prompt": "p"},
    "turn_detection": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500},
}
_TOOL = {"type": "function", "name": "n", "description": "d", "parameters": {}}
_RESPONSE = {
    "conversation": "none",
    "input": [_MESSAGE],
    "instructions": "Say it aloud.",
    "output_modalities": ["audio"],
    "metadata": {"a": "b"},
    "audio": {"output": {"voice": "marin"}},
    "tools": [_TOOL],
    "tool_choice": "auto",
    "max_output_tokens": 50,
}
_SESSION = {
    "type": "realtime",
    "model": "m",
    "output_modalities": ["audio"],
    "instructions": "i",
    "audio": {"input": _INPUT, "output": {"format": {"type": "audio/pcm"}, "voice": {"id": "marin"}, "speed": 1.0}},
    "tools": [_TOOL],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "something": {"else": 1},
}
_CARTESIA = {
    "transcript": "Hi.",
    "context_id": "c",
    "continue": True,
    "voice": {"mode": "id", "id": "makima"},
    "model_id": "sonic-3",
    "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000},
    "language": "en",
    "add_timestamps": True,
    "max_buffer_delay_ms": 0,
    "generation_config": {"speed": 1.0, "volume": 1.0},
    "flush": False,
}
_ELEVENLABS = {"text": "Hi. ", "context_id": "c", "flush": True, "voice_settings": {"speed": 1.0}}
_START = {"type": "start", "sampleRate": 24_000, "encoding": "pcm16", "language": "en", "contractId": "c"}

DOORS = (
    Door(
        "/tts/websocket",
        (_CARTESIA, {"context_id": "c", "cancel": True}),
        lambda frame: frame["type"] == "error" and frame["status_code"] == 400 and "context_id" in frame,
        _cartesia,
        (
            (({"context_id": "never opened", "cancel": True},), False),
            (({"context_id": "c", "cancel": True}, {"context_id": "c", "cancel": True}), False),
            (({"context_id": "c", "continue": False}, {"context_id": "c", "cancel": True}), False),
            (({"transcript": "Hi.", "context_id": "c"}, {"transcript": "Hi.", "context_id": "c"}), False),
            (({"transcript": "Hi.", "context_id": "c", "voice": {"id": "nobody there"}},), False),
            (({"transcript": "x" * 100_001, "context_id": "c"},), True),
        ),
    ),
    Door(
        "/v1/text-to-speech/makima/multi-stream-input?output_format=pcm_24000",
        (
            _ELEVENLABS,
            {"context_id": "c", "close_context": True},
            {"text": "", "context_id": "c"},
            {"context_id": "c", "flush": True},
        ),
        lambda frame: isinstance(frame.get("error"), str),
        _elevenlabs,
        (
            (({"context_id": "never opened", "close_context": True},), False),
            (({"context_id": "never opened", "flush": True},), False),
            (({"text": "", "context_id": "never opened"}, {"text": ""}), False),
            (({"text": "Hi.", "context_id": "c"}, *({"context_id": "c", "close_context": True},) * 2), False),
            (({"context_id": "c", "close_context": True}, {"text": "Hi. ", "context_id": "c"}), False),
            (({"text": "x" * 100_001, "context_id": "c"},), True),
            (({"text": "Hi.", "voice_settings": {"speed": 9}},), True),
        ),
    ),
    Door(
        "/v1/text-to-speech/makima/stream-input?output_format=pcm_24000",
        ({"text": "Hi. ", "voice_settings": {"speed": 1.0}, "generation_config": {}, "xi_api_key": "k"},),
        lambda frame: isinstance(frame.get("error"), str),
        _elevenlabs_single,
        ((({"flush": True}, {"flush": True}), False), (({"text": "x" * 100_001},), True)),
        at_once=1,
        once=True,
    ),
    Door(
        "/v1/speak?encoding=linear16&sample_rate=24000",
        ({"type": "Speak", "text": "Hi."}, {"type": "Flush"}, {"type": "Clear"}, {"type": "KeepAlive"}),
        lambda frame: frame["type"] in ("Error", "Warning"),
        _deepgram,
        (
            (({"type": "Clear"}, {"type": "Clear"}), False),
            (({"type": "Flush"}, {"type": "Clear"}, {"type": "Flush"}), False),
            (({"type": "Speak", "text": "x" * 20_001},), True),
            (({"type": "Nonsense"},), True),
        ),
    ),
    Door(
        "/v1/realtime",
        (
            {"type": "session.update", "event_id": "e", "session": _SESSION},
            {"type": "input_audio_buffer.append", "audio": "AAAA"},
            {"type": "input_audio_buffer.commit"},
            {"type": "input_audio_buffer.clear"},
            {"type": "conversation.item.create", "previous_item_id": "root", "item": _MESSAGE},
            {"type": "conversation.item.create", "item": _CALL},
            {"type": "conversation.item.create", "item": _OUTPUT},
            {"type": "conversation.item.retrieve", "item_id": "i"},
            {"type": "conversation.item.delete", "item_id": "i"},
            {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 5},
            {"type": "response.create", "event_id": "e", "response": _RESPONSE},
            {"type": "response.cancel", "response_id": "r"},
            {"type": "output_audio_buffer.clear"},
        ),
        lambda frame: frame["type"] == "error" and isinstance(frame["error"]["message"], str),
        _realtime,
        tuple(
            (messages, True)
            for messages in (
                ({"type": "input_audio_buffer.commit"},),
                ({"type": "response.cancel"},),
                ({"type": "response.cancel", "response_id": "never made"},),
                ({"type": "conversation.item.delete", "item_id": "never made"},),
                ({"type": "conversation.item.retrieve", "item_id": "never made"},),
                ({"type": "conversation.item.truncate", "item_id": "never made", "audio_end_ms": 0},),
                ({"type": "conversation.item.create", "previous_item_id": "never made", "item": _MESSAGE},),
                ({"type": "conversation.item.create", "item": _MESSAGE},) * 2,
                ({"type": "session.update", "session": {"audio": {"output": {"voice": "nobody there"}}}},),
                ({"type": "session.created"},),
            )
        ),
        alone=frozenset({"response.create"}),  # one that is wrong may still ask, and there is one response at a time
    ),
    Door(
        "/api/v1/speak",
        (
            {**_START, "voice": "makima", "transport": "binary", "seed": 1, "pronunciations": {"a": "b"}},
            {"type": "speak", "text": "Hi.", "requestId": "r", "priority": "normal", "pronunciations": {"a": "b"}},
            {"type": "append", "text": "Hi.", "requestId": "r"},
            {"type": "end", "requestId": "r"},
            {"type": "cancel", "requestId": "r", "playedMs": 5},
        ),
        lambda frame: frame["type"] == "error" and isinstance(frame["code"], str),
        _speak,
        (
            (({"type": "end"},), True),
            (({"type": "end", "requestId": "never made"},), True),
            (({"type": "cancel", "requestId": "never made"},), False),
            (({"type": "append", "text": "Hi."}, {"type": "speak", "text": "Hi."}), False),
            (({"type": "append", "text": "Hi."}, {"type": "start"}), True),  # which is open still
        ),
    ),
    Door(
        "/api/v1/listen",
        ({**_START, "diarize": False}, {"type": "stop", "reason": "r"}),
        lambda frame: frame["type"] == "error" and isinstance(frame["code"], str),
        _listen,
        (((_START, _START), True), (({"type": "stop"},), False)),
        at_once=1,
        once=True,
        not_binary=(b"\0\1",),
    ),
)
