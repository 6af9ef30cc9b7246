"""Realtime sessions on a real socket: turns, responses, interruptions, readings aloud."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

import pytest

from makima.audio.pcm import Encoding, encode
from makima.engines.fake import FAIL_WORD, FakeScript
from makima.llm.protocol import Message
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener
from tests.conftest import StartServer
from tests.server.doors.json_socket import Frame, JsonSocket, opened
from tests.support.server.servers import ThreadServer, WatchedEngine
from tests.support.speech import conversation, spoken
from tests.support.tones import tones_pcm16

PATH = "/v1/realtime?model=gpt-realtime"


class ScriptedModel:
    """Says what it is told to, and keeps what it was asked."""

    name = "scripted"
    is_echo = False

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces
        self.asked: list[Sequence[Message]] = []

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        self.asked.append(list(messages))
        for piece in self.pieces:
            yield piece

    async def close(self) -> None:
        pass


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel("Hel", "lo ", "you.")


@pytest.fixture
def server(start_server: StartServer, model: ScriptedModel) -> ThreadServer:
    return start_server(recognition=Recognition(Listener(FakeRecognizer())), chat=model)


@pytest.fixture
def socket(server: ThreadServer) -> Iterator[JsonSocket]:
    with opened(server, PATH) as client:
        first = client.receive()
        assert isinstance(first, dict)
        assert first["type"] == "session.created"
        yield client


def _done(frame: Frame) -> bool:
    return bool(frame["type"] == "response.done")


def _response(socket: JsonSocket) -> list[Frame]:
    frames = [frame for frame in socket.until(_done) if isinstance(frame, dict)]
    assert not [frame for frame in frames if frame["type"] == "error"]
    return frames


def _audio(frames: list[Frame]) -> bytes:
    deltas = [frame["delta"] for frame in frames if frame["type"] == "response.output_audio.delta"]
    return b"".join(base64.b64decode(delta) for delta in deltas)


def _write(socket: JsonSocket, text: str, role: str = "user") -> None:
    socket.send(
        type="conversation.item.create",
        item={"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]},
    )
    for kind in ("conversation.item.added", "conversation.item.done"):
        frame = socket.receive()
        assert isinstance(frame, dict)
        assert frame["type"] == kind


def _speak(socket: JsonSocket, text: str, after_s: float = 1.5) -> None:
    samples = conversation(0.3, spoken(text, rate_hz=24_000), after_s, rate_hz=24_000)
    data = encode(samples, Encoding.PCM16)
    for at in range(0, len(data), 9_600):
        socket.send(type="input_audio_buffer.append", audio=base64.b64encode(data[at : at + 9_600]).decode())


def test_a_written_turn_and_the_order_of_its_events(socket: JsonSocket, model: ScriptedModel) -> None:
    socket.send(type="session.update", session={"instructions": "Be brief."})
    updated = socket.receive()
    assert isinstance(updated, dict)
    assert (updated["type"], updated["session"]["instructions"]) == ("session.updated", "Be brief.")
    _write(socket, "Hello?")
    socket.send(type="response.create", response={"metadata": {"mine": "1"}})
    frames = _response(socket)
    kinds = [frame["type"] for frame in frames if not frame["type"].endswith("delta")]
    assert kinds == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    assert frames[0]["response"]["metadata"] == {"mine": "1"}
    assert frames[-1]["response"]["status"] == "completed"
    assert _audio(frames) == tones_pcm16("Hello you.")
    words = [frame["delta"] for frame in frames if frame["type"] == "response.output_audio_transcript.delta"]
    assert words == list(model.pieces)
    assert model.asked == [[Message("system", "Be brief."), Message("user", "Hello?")]]
    assert len({frame["event_id"] for frame in frames}) == len(frames)


def test_the_answer_is_part_of_the_next_question(socket: JsonSocket, model: ScriptedModel) -> None:
    for text in ("One?", "Two?"):
        _write(socket, text)
        socket.send(type="response.create")
        _response(socket)
    assert [message.text for message in model.asked[1][1:]] == ["One?", "Hello you.", "Two?"]


def test_a_spoken_turn_is_answered(socket: JsonSocket, model: ScriptedModel) -> None:
    socket.send(type="session.update", session={"audio": {"input": {"transcription": {"model": "whisper-1"}}}})
    socket.receive()
    _speak(socket, "I would like a cup of coffee.")
    frames = _response(socket)
    kinds = [frame["type"] for frame in frames]
    expected = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.done",
        "response.created",
    ]
    places = [kinds.index(kind) for kind in expected]
    assert places == sorted(places)
    started, stopped = frames[places[0]], frames[places[1]]
    assert 0 <= started["audio_start_ms"] < stopped["audio_end_ms"]
    assert isinstance(started["audio_start_ms"], int)
    heard = frames[places[4]]["transcript"]
    assert heard.startswith("one two")
    told = "".join(f["delta"] for f in frames if f["type"].endswith("input_audio_transcription.delta"))
    assert told == heard
    assert model.asked[0][-1] == Message("user", heard)


def test_a_transcription_that_is_committed_by_hand(server: ThreadServer) -> None:
    with opened(server, "/v1/realtime?intent=transcription") as socket:
        socket.receive()
        socket.send(type="session.update", session={"audio": {"input": {"turn_detection": None}}})
        socket.receive()
        for _ in range(2):  # the buffer is empty again after a commit
            _speak(socket, "I would like a cup of coffee.", 0.3)
            socket.send(type="input_audio_buffer.commit")
            frames = socket.until(lambda frame: frame["type"].endswith("transcription.completed"))
            assert isinstance(frames[-1], dict)
            assert frames[-1]["transcript"].startswith("one two")
        socket.until(lambda frame: frame["type"] == "conversation.item.done")
        socket.send(type="input_audio_buffer.commit", event_id="mine")
        error = socket.receive()
        assert isinstance(error, dict)
        assert (error["error"]["code"], error["error"]["event_id"]) == ("input_audio_buffer_commit_empty", "mine")


def test_a_response_waits_for_the_words_before_it(socket: JsonSocket, model: ScriptedModel) -> None:
    socket.send(type="session.update", session={"audio": {"input": {"turn_detection": None}}})
    socket.receive()
    _speak(socket, "I would like a cup of coffee.", 0.3)
    socket.send(type="input_audio_buffer.commit")
    socket.send(type="response.create")
    _response(socket)
    assert model.asked[0][-1].text.startswith("one two")


def test_a_text_is_read_aloud_beside_the_conversation(socket: JsonSocket, model: ScriptedModel) -> None:
    """As Open WebUI does it: the chat model has no part in it."""
    content = [{"type": "input_text", "text": "Read me."}]
    asked = {
        "conversation": "none",
        "instructions": "Read the text of the user aloud, word for word.",
        "input": [{"type": "message", "role": "user", "content": content}],
    }
    socket.send(type="response.create", response=asked)
    frames = _response(socket)
    assert _audio(frames) == tones_pcm16("Read me.")
    assert "conversation.item.added" not in [frame["type"] for frame in frames]
    assert model.asked == []


def test_text_alone(socket: JsonSocket) -> None:
    _write(socket, "Hello?")
    socket.send(type="response.create", response={"output_modalities": ["text"]})
    frames = _response(socket)
    assert _audio(frames) == b""
    assert "".join(f["delta"] for f in frames if f["type"] == "response.output_text.delta") == "Hello you."


def test_nothing_to_answer_is_no_error(socket: JsonSocket, model: ScriptedModel) -> None:
    socket.send(type="response.create", response={"output_modalities": ["audio"]})
    frames = _response(socket)
    assert [frame["type"] for frame in frames] == ["response.created", "response.done"]
    socket.send(type="response.create", response={"instructions": "Greet."})
    assert _audio(_response(socket)) == tones_pcm16("Hello you.")
    assert model.asked[0][-1] == Message("user", "Greet.")


@pytest.mark.parametrize("name", [True, False])
def test_cancelling_ends_the_response(start_server: StartServer, name: bool) -> None:
    server = start_server(WatchedEngine(FakeScript(character_s=0.02)), chat=ScriptedModel("A long answer. " * 20))
    with opened(server, PATH) as socket:
        created = socket.receive()
        assert isinstance(created, dict)
        _write(socket, "Hello?")
        socket.send(type="response.create")
        frames = socket.until(lambda frame: frame["type"] == "response.output_audio.delta")
        assert isinstance(frames[-1], dict)
        wanted = {"response_id": frames[-1]["response_id"]} if name else {}
        socket.send(type="response.create", event_id="second")  # one at a time
        refused = socket.until(lambda frame: frame["type"] == "error")[-1]
        assert isinstance(refused, dict)
        assert refused["error"]["code"] == "conversation_already_has_active_response"
        socket.send(type="response.cancel", **wanted)
        assert _response(socket)[-1]["response"]["status"] == "cancelled"
        socket.send(type="response.cancel")
        error = socket.receive()
        assert isinstance(error, dict)
        assert error["error"]["code"] == "response_cancel_not_active"
        assert error["error"]["message"].startswith("Cancellation failed")


def test_speaking_over_a_response_ends_it(start_server: StartServer) -> None:
    engine = WatchedEngine(FakeScript(character_s=0.02))
    model = ScriptedModel("A long answer. " * 40)
    server = start_server(engine, recognition=Recognition(Listener(FakeRecognizer())), chat=model)
    with opened(server, PATH) as socket:
        socket.receive()
        _write(socket, "Hello?")
        socket.send(type="response.create")
        socket.until(lambda frame: frame["type"] == "response.output_audio.delta")
        _speak(socket, "Wait a moment, please.", 0.0)
        frames = _response(socket)
        assert frames[-1]["response"]["status"] == "cancelled"
        assert frames[-1]["response"]["status_details"]["reason"] == "turn_detected"
        assert "input_audio_buffer.speech_started" in [frame["type"] for frame in frames]


def test_truncating_tells_the_model_what_was_heard(socket: JsonSocket, model: ScriptedModel) -> None:
    _write(socket, "One?")
    socket.send(type="response.create")
    item_id = next(f["item"]["id"] for f in _response(socket) if f["type"] == "response.output_item.added")
    socket.send(type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=50)
    truncated = socket.receive()
    assert isinstance(truncated, dict)
    assert (truncated["type"], truncated["audio_end_ms"]) == ("conversation.item.truncated", 50)
    _write(socket, "Two?")
    socket.send(type="response.create")
    _response(socket)
    assert [message.text for message in model.asked[1][1:]] == ["One?", "Hello", "Two?"]


def test_a_failure_is_a_failed_response_and_the_session_stays(start_server: StartServer) -> None:
    server = start_server(chat=ScriptedModel(f"{FAIL_WORD}."))
    with opened(server, PATH) as socket:
        socket.receive()
        _write(socket, "Hello?")
        socket.send(type="response.create")
        assert _response(socket)[-1]["response"]["status"] == "failed"
        _write(socket, "Hello?")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"type": "sing"}, "not known"),
        ({"type": "session.update"}, "session"),
        ({"type": "input_audio_buffer.append", "audio": "!"}, "base64"),
        ({"type": "input_audio_buffer.append"}, "base64"),
        ({"type": "conversation.item.delete", "item_id": "x"}, "no item"),
        ({"type": "response.create", "response": {"max_output_tokens": 0}}, "response.max_output_tokens"),
    ],
)
def test_an_error_names_the_event(socket: JsonSocket, fields: dict[str, Any], says: str) -> None:
    socket.send(**fields, event_id="mine")
    error = socket.receive()
    assert isinstance(error, dict)
    assert (error["type"], error["error"]["event_id"]) == ("error", "mine")
    assert says in error["error"]["message"]


def test_what_a_client_asks_for_wrongly_is_not_the_servers_failure(socket: JsonSocket) -> None:
    socket.send(type="session.update", session={"audio": {"output": {"voice": "unknown"}}})
    frame = socket.receive()
    assert isinstance(frame, dict)
    assert (frame["error"]["type"], frame["error"]["code"]) == ("invalid_request_error", "voice_not_found")


def test_a_server_that_cannot_listen_says_so(tone_server: ThreadServer) -> None:
    with opened(tone_server, PATH) as socket:
        socket.receive()
        socket.send(type="input_audio_buffer.append", audio=base64.b64encode(bytes(4_800)).decode())
        error = socket.receive()
        assert isinstance(error, dict)
        assert "recogniser" in error["error"]["message"]
