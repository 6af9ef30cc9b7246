"""Deepgram's socket and route: flushes, clearing, formats."""

from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import pytest

from makima.audio import files
from makima.engines.fake import FAIL_WORD
from tests.server.doors.json_socket import Frame, JsonSocket, opened
from tests.support.server.servers import ThreadServer
from tests.support.tones import tones_pcm16

PATH = "/v1/speak?model=makima&encoding=linear16&sample_rate=24000"


@pytest.fixture
def socket(door_server: ThreadServer) -> Iterator[JsonSocket]:
    with opened(door_server, PATH) as client:
        assert _kind(client.receive()) == "Metadata"
        yield client


def _kind(frame: Frame | bytes) -> object:
    return frame["type"] if isinstance(frame, dict) else "audio"


def _audio(frames: list[Frame | bytes]) -> bytes:
    return b"".join(frame for frame in frames if isinstance(frame, bytes))


def test_words_are_joined_and_a_flush_is_answered_after_the_audio(socket: JsonSocket) -> None:
    for word in ("Hello ", "there. "):
        socket.send(type="Speak", text=word)
    socket.send(type="Flush")
    frames = socket.until(lambda frame: frame["type"] == "Flushed")
    assert _audio(frames).startswith(tones_pcm16("Hello there."))
    assert _kind(frames[-1]) == "Flushed"


def test_a_flush_of_nothing_is_answered(socket: JsonSocket) -> None:
    socket.send(type="Flush")
    socket.send(type="Speak", text=" ")
    socket.send(type="Flush")
    first, second = socket.receive(), socket.receive()
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["sequence_id"] < second["sequence_id"]


def test_after_clear_nothing_old_comes(slow_server: ThreadServer) -> None:
    with opened(slow_server, PATH) as socket:
        socket.send(type="Speak", text="A long text that is not spoken to its end. " * 5)
        socket.send(type="Flush")
        while not isinstance(socket.receive(), bytes):
            pass
        socket.send(type="Clear")
        before = socket.until(lambda frame: frame["type"] in ("Cleared", "Flushed"))
        assert _kind(before[-1]) == "Cleared"
        socket.send(type="Speak", text="Next.")
        socket.send(type="Flush")
        assert _audio(socket.until(lambda frame: frame["type"] == "Flushed")) == tones_pcm16("Next.")


def test_close_finishes_what_was_sent(socket: JsonSocket) -> None:
    socket.send(type="Speak", text="Hi.")
    socket.send(type="Close")
    heard = b""
    while len(heard) < len(tones_pcm16("Hi.")):
        frame = socket.receive()
        assert isinstance(frame, bytes)
        heard += frame
    assert heard == tones_pcm16("Hi.")
    assert socket.closed() == 1000


def test_what_is_not_known_is_warned_of(socket: JsonSocket) -> None:
    socket.send(type="Sing")
    warning = socket.receive()
    assert isinstance(warning, dict)
    assert (warning["type"], "Sing" in warning["warn_msg"]) == ("Warning", True)
    socket.send(type="Speak")
    assert _kind(socket.receive()) == "Error"
    socket.send(type="Flush")
    assert _kind(socket.receive()) == "Flushed"


@pytest.mark.parametrize("query", ["encoding=midi", "sample_rate=5", "sample_rate=x", "speed=9", "model=unknown"])
def test_a_wrong_query_is_an_error_and_the_end(door_server: ThreadServer, query: str) -> None:
    with opened(door_server, f"/v1/speak?{query}") as socket:
        error = socket.receive()
        assert isinstance(error, dict)
        assert error["type"] == "Error"
        assert socket.closed() != 1000


@pytest.mark.parametrize("encoding", ["mulaw", "alaw"])
def test_telephone_audio(door_server: ThreadServer, encoding: str) -> None:
    with opened(door_server, f"/v1/speak?encoding={encoding}&sample_rate=8000") as socket:
        socket.send(type="Speak", text="Hi.")
        socket.send(type="Flush")
        assert len(_audio(socket.until(lambda frame: frame["type"] == "Flushed"))) == len(tones_pcm16("Hi.")) // 6


def test_files_and_raw_audio(door_server: ThreadServer) -> None:
    url = door_server.url + "/v1/speak"
    raw = httpx.post(f"{url}?encoding=linear16&container=none&sample_rate=24000", json={"text": "Hi."})
    assert raw.content == tones_pcm16("Hi.")
    mp3 = httpx.post(url, json={"text": "Hi."})
    assert mp3.headers["content-type"] == "audio/mpeg"
    assert len(files.decode(io.BytesIO(mp3.content), 24_000))
    wav = httpx.post(f"{url}?encoding=linear16", json={"text": "Hi."})
    assert wav.content[:4] == b"RIFF"
    assert httpx.post(url, json={}).status_code == 400


def test_what_clients_read_beside_the_bytes(door_server: ThreadServer) -> None:
    answer = httpx.post(f"{door_server.url}/v1/speak?model=second&container=none", json={"text": "Hi there."})
    assert (answer.headers["dg-model-name"], answer.headers["dg-char-count"]) == ("second", "9")
    assert answer.headers["dg-request-id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("query", "text", "status", "code"),
    [
        ("", "", 400, "INVALID_TEXT"),
        ("?model=unknown", "Hi.", 404, "VOICE_NOT_FOUND"),
        ("?encoding=wma", "Hi.", 400, "INVALID_MESSAGE"),
        ("?container=none", FAIL_WORD, 500, "SYNTHESIS_ERROR"),
    ],
)
def test_errors_have_the_services_shape(
    door_server: ThreadServer, query: str, text: str, status: int, code: str
) -> None:
    answer = httpx.post(f"{door_server.url}/v1/speak{query}", json={"text": text})
    error = answer.json()
    assert (answer.status_code, error["err_code"]) == (status, code)
    assert error["err_msg"]
    assert error["request_id"] == answer.headers["x-request-id"]
