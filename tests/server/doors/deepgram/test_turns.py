"""Deepgram's socket of turns: what is told of each, interruptions, speed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from makima.server.doors.common.word_times import TimedWord
from makima.server.doors.deepgram.turns import Turn
from tests.server.doors.json_socket import Frame, JsonSocket, opened
from tests.support.server.servers import ThreadServer
from tests.support.tones import tones_pcm16

PATH = "/v2/speak?model=makima&encoding=linear16&sample_rate=24000"


@pytest.fixture
def socket(door_server: ThreadServer) -> Iterator[JsonSocket]:
    with opened(door_server, PATH) as client:
        connected = client.receive()
        assert isinstance(connected, dict)
        assert (connected["type"], connected["model_name"]) == ("Connected", "makima")
        yield client


def _kinds(frames: list[Frame | bytes]) -> list[object]:
    return [frame["type"] for frame in frames if isinstance(frame, dict)]


def _audio(frames: list[Frame | bytes]) -> bytes:
    return b"".join(frame for frame in frames if isinstance(frame, bytes))


def _json(frames: list[Frame | bytes], kind: str) -> Frame:
    return next(frame for frame in frames if isinstance(frame, dict) and frame["type"] == kind)


def test_two_turns_from_start_to_end(socket: JsonSocket) -> None:
    for text in ("Hello ", "there."):
        socket.send(type="Speak", text=text)
    socket.send(type="Flush")
    socket.send(type="Speak", text="Again.")
    socket.send(type="Flush")
    for text in ("Hello there.", "Again."):
        frames = socket.until(lambda frame: frame["type"] == "Flushed")
        assert _kinds(frames) == ["SpeechStarted", "SpeechMetadata", "Flushed"]
        assert _audio(frames).startswith(tones_pcm16(text))
        told = _json(frames, "SpeechMetadata")
        assert (told["input_character_count"], told["audio_duration_ms"]) == (len(text), len(_audio(frames)) // 48)
        assert len({_json(frames, kind)["speech_id"] for kind in ("SpeechStarted", "SpeechMetadata", "Flushed")}) == 1
    socket.send(type="Close")
    session = _json(socket.until(lambda frame: frame["type"] == "SessionMetadata"), "SessionMetadata")
    assert session["total_input_character_count"] == len("Hello there.Again.")


def test_closing_speaks_what_was_not_flushed(socket: JsonSocket) -> None:
    socket.send(type="Speak", text="Hello there.")
    socket.send(type="Close")
    frames = socket.until(lambda frame: frame["type"] == "SessionMetadata")
    assert _kinds(frames) == ["SpeechStarted", "SpeechMetadata", "Flushed", "SessionMetadata"]
    assert _audio(frames).startswith(tones_pcm16("Hello there."))


def test_messages_that_change_nothing(socket: JsonSocket) -> None:
    socket.send(type="Flush")
    socket.send(type="Interrupt")
    socket.send(type="Clear")
    socket.send(type="Speak", text=" ")
    socket.send(type="Flush")
    frames = socket.until(lambda frame: frame["type"] == "Flushed")
    codes = [frame["code"] for frame in frames if isinstance(frame, dict) and frame["type"] == "Warning"]
    assert codes == ["NO_ACTIVE_SPEECH", "NO_AUDIO_GENERATED", "UNKNOWN_MESSAGE", "NO_SYNTHESIZABLE_TEXT"]


def test_an_interruption_ends_the_audio_and_the_next_turn_speaks(slow_server: ThreadServer) -> None:
    with opened(slow_server, PATH) as socket:
        socket.send(type="Speak", text="A long text that is not spoken to its end. " * 5)
        socket.send(type="Flush")
        while not isinstance(socket.receive(), bytes):
            pass
        socket.send(type="Interrupt", playback_offset={"type": "time_ms", "value": 10})
        told = _json(socket.until(lambda frame: frame["type"] == "SpeechInterrupted"), "SpeechInterrupted")
        assert told["audio_played_ms"] == 10
        assert (
            str(told["text_spoken"]) + str(told["text_remaining"]) == "A long text that is not spoken to its end. " * 5
        )
        socket.send(type="Speak", text="Again.")
        socket.send(type="Flush")
        frames = socket.until(lambda frame: frame["type"] == "Flushed")
        assert _audio(frames).startswith(tones_pcm16("Again."))
        assert _json(frames, "Flushed")["speech_id"] != told["metadata"]["speech_id"]
        socket.send(type="Interrupt", playback_offset={"type": "time_ms", "value": 10})
        socket.send(type="Interrupt", playback_offset={"value": "x"})
        frames = socket.until(lambda frame: frame["type"] == "Error")
        assert _json(frames, "Warning")["code"] == "INVALID_INTERRUPT_OFFSET"


@pytest.mark.parametrize(
    ("speed", "kind"), [(2.0, "ConfigureSuccess"), (99, "ConfigureFailure"), ("x", "ConfigureFailure")]
)
def test_speed(socket: JsonSocket, speed: object, kind: str) -> None:
    socket.send(type="Configure", speed=speed)
    answer = socket.receive()
    assert isinstance(answer, dict)
    assert answer["type"] == kind
    socket.send(type="Speak", text="Hello there.")
    socket.send(type="Flush")
    audio = _audio(socket.until(lambda frame: frame["type"] == "Flushed"))
    assert (len(audio) < len(tones_pcm16("Hello there.")) * 0.8) == (kind == "ConfigureSuccess")


@pytest.mark.parametrize(
    ("played_ms", "spoken"), [(0, ""), (1_000, ""), (1_001, "One,"), (1_301, "One, two"), (9_000, "One, two three")]
)
def test_how_much_was_heard(played_ms: int, spoken: str) -> None:
    words = [TimedWord("One,", 0.0, 0.3), TimedWord("two", 0.3, 0.6), TimedWord("three", 0.6, 0.9)]
    turn = Turn("One, two three", begun_ms=1_000, words=words)
    assert turn.heard(played_ms)[0] == spoken
    assert "".join(turn.heard(played_ms)) == turn.text
