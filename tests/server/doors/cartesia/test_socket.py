"""Cartesia's socket: contexts, flushes, cancelling, word times."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from makima.engines.fake import FAIL_WORD
from tests.server.doors.json_socket import Frame, JsonSocket, opened
from tests.support.server.servers import ThreadServer
from tests.support.tones import CHARACTER_MS, tones_pcm16

FORMAT = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000}


@pytest.fixture
def socket(door_server: ThreadServer) -> Iterator[JsonSocket]:
    with opened(door_server, "/tts/websocket?cartesia_version=2026-03-01") as client:
        yield client


def _say(socket: JsonSocket, text: str, *, more: bool, **fields: Any) -> None:
    request = {"model_id": "sonic-3", "voice": {"mode": "id", "id": "makima"}, "output_format": FORMAT}
    socket.send(**{**request, "transcript": text, "context_id": "c", "continue": more, **fields})


def _rest(socket: JsonSocket, context: str = "c") -> list[Frame]:
    frames = socket.until(lambda frame: frame["type"] in ("done", "error") and frame["context_id"] == context)
    return [frame for frame in frames if isinstance(frame, dict) and frame["context_id"] == context]


def _audio(frames: list[Frame]) -> bytes:
    return b"".join(base64.b64decode(frame["data"]) for frame in frames if frame["type"] == "chunk")


def test_a_text_in_pieces_is_joined_as_it_is(socket: JsonSocket) -> None:
    for piece in ("Hel", "lo th", "ere"):
        _say(socket, piece, more=True)
    _say(socket, "", more=False)
    frames = _rest(socket)
    assert _audio(frames) == tones_pcm16("Hello there")
    assert [frame["type"] for frame in frames].count("done") == 1


def test_a_space_is_put_between_sentences(socket: JsonSocket) -> None:
    _say(socket, "One.", more=True)
    _say(socket, "Two.", more=False)
    assert _audio(_rest(socket)) == tones_pcm16("One. Two.")


def test_words_have_times_in_order(socket: JsonSocket) -> None:
    text = "Hello there, this is a test. Goodbye."
    _say(socket, text, more=True, add_timestamps=True)
    _say(socket, "", more=False, add_timestamps=True)
    times = [frame["word_timestamps"] for frame in _rest(socket) if frame["type"] == "timestamps"]
    words = [word for each in times for word in each["words"]]
    starts = [start for each in times for start in each["start"]]
    assert words == text.split()
    assert starts == sorted(starts)
    assert starts[-1] < len(text) * CHARACTER_MS / 1000 + 0.5


def test_a_flush_is_answered_after_its_audio(socket: JsonSocket) -> None:
    _say(socket, "One.", more=True, flush=True)
    before = socket.until(lambda frame: frame["type"] == "flush_done")
    assert _audio([frame for frame in before if isinstance(frame, dict)]) == tones_pcm16("One.")
    _say(socket, "Two.", more=False)
    assert _audio(_rest(socket)).endswith(tones_pcm16("Two."))


def test_without_delay_each_text_is_spoken_at_once(socket: JsonSocket) -> None:
    _say(socket, "One.", more=True, max_buffer_delay_ms=0)
    heard = b""
    while len(heard) < len(tones_pcm16("One.")):
        frame = socket.receive()
        assert isinstance(frame, dict)
        heard += _audio([frame])
    assert heard == tones_pcm16("One.")


def test_contexts_speak_side_by_side(socket: JsonSocket) -> None:
    for name in ("a", "b"):
        _say(socket, f"This is {name}.", more=False, context_id=name)
    frames: dict[str, list[Frame]] = {"a": [], "b": []}
    while not all(any(frame["type"] == "done" for frame in each) for each in frames.values()):
        frame = socket.receive()
        assert isinstance(frame, dict)
        frames[frame["context_id"]].append(frame)
    assert {name: _audio(each) for name, each in frames.items()} == {
        name: tones_pcm16(f"This is {name}.") for name in frames
    }


def test_cancelling_ends_the_audio_and_the_next_context_speaks(slow_server: ThreadServer) -> None:
    with opened(slow_server, "/tts/websocket") as socket:
        _say(socket, "A long text that is not spoken to its end. " * 5, more=True, max_buffer_delay_ms=0)
        socket.until(lambda frame: frame["type"] == "chunk")
        socket.send(context_id="c", cancel=True)
        socket.send(context_id="c", cancel=True)  # over already
        _say(socket, "Next.", more=False, context_id="d")
        frames = socket.until(lambda frame: frame["type"] == "done")
        assert all(isinstance(frame, dict) for frame in frames)
        last = [frame for frame in frames if isinstance(frame, dict) and frame["context_id"] == "d"]
        assert _audio(last) == tones_pcm16("Next.")
        assert frames[-1] is last[-1]


def test_an_empty_text_ends_at_once(socket: JsonSocket) -> None:
    _say(socket, " ", more=False)
    assert [frame["type"] for frame in _rest(socket)] == ["done"]


def test_null_is_what_was_not_chosen(socket: JsonSocket) -> None:
    unset = dict.fromkeys(("voice", "language", "generation_config", "add_timestamps", "max_buffer_delay_ms", "flush"))
    _say(socket, "One.", more=False, output_format={**FORMAT, "bit_rate": None}, **unset)
    assert _audio(_rest(socket)) == tones_pcm16("One.")


def test_tags_are_not_read(socket: JsonSocket) -> None:
    _say(socket, "Hi<break ti", more=True)
    _say(socket, 'me="1s"/>you', more=False)
    assert _audio(_rest(socket)) == tones_pcm16("Hi you")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"voice": {"mode": "id", "id": "unknown"}}, "no voice"),
        ({"output_format": {**FORMAT, "sample_rate": 5}}, "sample_rate"),
        ({"generation_config": {"speed": 40}}, "speed"),
        ({"transcript": FAIL_WORD}, "fake engine"),
    ],
)
def test_an_error_names_its_context_and_the_socket_stays(socket: JsonSocket, fields: dict[str, Any], says: str) -> None:
    _say(socket, "Hi.", more=False, **fields)
    error = _rest(socket)[-1]
    assert (error["type"], error["context_id"]) == ("error", "c")
    assert says in error["error"]
    _say(socket, "Hi.", more=False)
    assert _audio(_rest(socket)) == tones_pcm16("Hi.")


@pytest.mark.parametrize("encoding", ["pcm_f32le", "pcm_mulaw", "pcm_alaw"])
def test_other_encodings(socket: JsonSocket, encoding: str) -> None:
    _say(socket, "Hi.", more=False, output_format={**FORMAT, "encoding": encoding})
    samples = len(tones_pcm16("Hi.")) // 2
    assert len(_audio(_rest(socket))) == samples * (4 if encoding == "pcm_f32le" else 1)


def test_bytes(door_server: ThreadServer) -> None:
    body = {
        "model_id": "sonic-3",
        "transcript": "Hi.",
        "voice": {"mode": "id", "id": "second"},
        "output_format": FORMAT,
    }
    answer = httpx.post(door_server.url + "/tts/bytes", json=body)
    assert answer.content == tones_pcm16("Hi.", octave=2.0)
    refused = httpx.post(door_server.url + "/tts/bytes", json={**body, "transcript": ""})
    assert refused.status_code == 400


def _events(server: ThreadServer, **fields: Any) -> list[Frame]:
    body = {"transcript": "Hello there.", "output_format": FORMAT, **fields}
    answer = httpx.post(server.url + "/tts/sse", json=body, timeout=30)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in answer.text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return events


def test_events_over_http(door_server: ThreadServer) -> None:
    events = _events(door_server, add_timestamps=True, context_id="mine")
    assert _audio(events) == tones_pcm16("Hello there.")
    words = [word for event in events if event["type"] == "timestamps" for word in event["word_timestamps"]["words"]]
    assert words == ["Hello", "there."]
    assert events[-1]["type"] == "done"
    assert {event["context_id"] for event in events} == {"mine"}


def test_events_of_floats(door_server: ThreadServer) -> None:
    events = _events(door_server, output_format={**FORMAT, "encoding": "pcm_f32le"})
    assert {event["type"] for event in events} == {"chunk", "done"}
    assert len(_audio(events)) == 2 * len(tones_pcm16("Hello there."))


@pytest.mark.parametrize("path", ["/tts/sse", "/tts/bytes"])
def test_errors_have_the_services_shape(door_server: ThreadServer, path: str) -> None:
    answer = httpx.post(door_server.url + path, json={"transcript": FAIL_WORD, "output_format": FORMAT})
    assert answer.status_code == 500
    assert {"title", "message", "error_code", "request_id"} <= answer.json().keys()
    refused = httpx.post(door_server.url + path, json={"transcript": "", "output_format": FORMAT})
    assert (refused.status_code, refused.json()["error_code"]) == (400, "invalid_text")
