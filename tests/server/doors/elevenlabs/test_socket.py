"""ElevenLabs' sockets and routes: contexts, alignments, formats."""

from __future__ import annotations

import base64
import contextlib
import io
import json
from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.audio import files
from makima.audio.muxing import Container
from makima.engines.fake import FAIL_WORD
from makima.errors import InvalidMessage
from makima.server.doors.common.word_times import TimedWord
from makima.server.doors.elevenlabs.wire import Alignment, output_format
from tests.server.doors.json_socket import Frame, JsonSocket, opened
from tests.support.server.servers import ThreadServer, WatchedEngine
from tests.support.server.streams import eventually
from tests.support.tones import CHARACTER_MS, tones_pcm16

PATH = "/v1/text-to-speech/makima"


@pytest.fixture
def socket(door_server: ThreadServer) -> Iterator[JsonSocket]:
    with opened(door_server, f"{PATH}/multi-stream-input?output_format=pcm_24000&auto_mode=true") as client:
        yield client


def _until_final(socket: JsonSocket, context: str | None = "c") -> list[Frame]:
    frames = socket.until(lambda frame: bool(frame.get("isFinal")) and frame.get("contextId") == context)
    return [frame for frame in frames if isinstance(frame, dict) and frame.get("contextId") == context]


def _audio(frames: list[Frame]) -> bytes:
    return b"".join(base64.b64decode(frame["audio"]) for frame in frames if frame["audio"])


def test_a_context_from_its_opening_to_its_end(socket: JsonSocket) -> None:
    socket.send(text=" ", context_id="c", voice_settings={"stability": 0.5})
    socket.send(text="Hello ", context_id="c")
    socket.send(text="there. ", context_id="c", flush=True)
    socket.send(text="", context_id="c", flush=True)  # nothing is left: no error
    socket.send(context_id="c", close_context=True)
    frames = _until_final(socket)
    assert _audio(frames).startswith(tones_pcm16("Hello there."))
    socket.send(context_id="c", close_context=True)  # over already
    socket.send(text="")  # keeps the connection
    socket.send(text="Again.", context_id="c")
    socket.send(context_id="c", close_context=True)
    assert _audio(_until_final(socket)) == tones_pcm16("Again.")


def test_null_is_what_was_not_chosen(socket: JsonSocket) -> None:
    socket.send(text=" ", context_id="c", voice_settings=None, flush=None)
    socket.send(text="Hello there. ", context_id="c", voice_settings={"speed": None}, flush=True, close_context=None)
    socket.send(context_id="c", close_context=True)
    assert _audio(_until_final(socket)).startswith(tones_pcm16("Hello there."))


def test_characters_carry_the_words_and_their_spaces(socket: JsonSocket) -> None:
    text = "One two. Three four."
    socket.send(text="One two.", context_id="c")
    socket.send(text="Three four.", context_id="c")
    socket.send(context_id="c", close_context=True)
    told = [frame["alignment"] for frame in _until_final(socket) if frame["alignment"]]
    assert "".join(char for each in told for char in each["chars"]).split() == text.split()
    assert told[-1]["chars"][-1] == " "
    total_ms = sum(each["charStartTimesMs"][-1] + each["charDurationsMs"][-1] for each in told)
    assert total_ms < len(text) * CHARACTER_MS + 700


def test_contexts_speak_side_by_side(socket: JsonSocket) -> None:
    for name in ("a", "b"):
        socket.send(text=f"This is {name}.", context_id=name)
        socket.send(context_id=name, close_context=True)
    frames = list(socket.until(lambda _: True))
    finals = sum(bool(frame.get("isFinal")) for frame in frames if isinstance(frame, dict))
    while finals < 2:
        frame = socket.receive()
        frames.append(frame)
        finals += isinstance(frame, dict) and bool(frame.get("isFinal"))
    for name in ("a", "b"):
        own = [frame for frame in frames if isinstance(frame, dict) and frame["contextId"] == name]
        assert _audio(own) == tones_pcm16(f"This is {name}.")


def test_a_context_that_is_closed_twice_ends_when_the_next_begins(slow_server: ThreadServer) -> None:
    """Pipecat closes a reply's context again when it is interrupted."""
    text = "A long text that is not spoken to its end. " * 10
    with opened(slow_server, f"{PATH}/multi-stream-input?output_format=pcm_24000&auto_mode=true") as socket:
        socket.send(text=text, context_id="old")
        socket.until(lambda frame: bool(frame.get("audio")))
        for _ in range(2):
            socket.send(context_id="old", close_context=True)
        socket.send(text="Hi.", context_id="new")
        socket.send(context_id="new", close_context=True)
        frames = socket.until(lambda frame: bool(frame.get("isFinal")) and frame.get("contextId") == "new")
    old = [frame for frame in frames if isinstance(frame, dict) and frame["contextId"] == "old"]
    assert old[-1]["isFinal"]
    assert len(_audio(old)) < len(tones_pcm16(text)) / 2
    new = [frame for frame in frames if isinstance(frame, dict) and frame["contextId"] == "new"]
    assert _audio(new) == tones_pcm16("Hi.")


def test_closing_twice_alone_cuts_nothing(socket: JsonSocket) -> None:
    socket.send(text="Hello there.", context_id="c")
    for _ in range(2):
        socket.send(context_id="c", close_context=True)
    assert _audio(_until_final(socket)) == tones_pcm16("Hello there.")


def test_closing_the_socket_finishes_what_was_sent(socket: JsonSocket) -> None:
    socket.send(text="Hi there.", context_id="c")
    socket.send(close_socket=True)
    assert _audio(_until_final(socket)) == tones_pcm16("Hi there.")
    assert socket.closed() == 1000


def test_an_error_fails_its_context_alone(socket: JsonSocket) -> None:
    socket.send(text=f"{FAIL_WORD}.", context_id="c")
    error = socket.until(lambda frame: "error" in frame)[-1]
    assert isinstance(error, dict)
    assert error["contextId"] == "c"
    socket.send(text="Hi.", context_id="d")
    socket.send(context_id="d", close_context=True)
    assert _audio(_until_final(socket, "d")) == tones_pcm16("Hi.")


def test_one_text_on_a_socket_of_its_own(door_server: ThreadServer) -> None:
    with opened(door_server, f"{PATH}/stream-input?output_format=pcm_24000") as socket:
        socket.send(text=" ", voice_settings={"speed": 1.0})
        socket.send(text="Hello ", try_trigger_generation=True)
        socket.send(text="there.")
        socket.send(text="")
        assert _audio(_until_final(socket, None)) == tones_pcm16("Hello there.")
        assert socket.closed() == 1000


def test_an_unknown_format_closes_with_an_error(door_server: ThreadServer) -> None:
    with opened(door_server, f"{PATH}/multi-stream-input?output_format=pcm_11") as socket:
        error = socket.receive()
        assert isinstance(error, dict)
        assert "output_format" in error["message"]
        assert socket.closed() != 1000


@pytest.mark.parametrize(
    ("name", "form", "rate_hz", "bit_rate"),
    [
        (None, Container.MP3, 44_100, 128_000),
        ("mp3_22050_32", Container.MP3, 22_050, 32_000),
        ("mp3_44100", Container.MP3, 44_100, None),
        ("pcm_16000", Container.PCM, 16_000, None),
        ("opus_48000_64", Container.OPUS, 48_000, 64_000),
        ("ulaw_8000", Container.MULAW, 8_000, None),
    ],
)
def test_formats_by_name(name: str | None, form: Container, rate_hz: int, bit_rate: int | None) -> None:
    found = output_format(name)
    assert (found.form, found.rate_hz, found.bit_rate) == (form, rate_hz, bit_rate)


@pytest.mark.parametrize("name", ["pcm", "mp3_1", "wma_44100", "pcm_44100x"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(InvalidMessage, match="mp3_44100"):
        output_format(name)


@given(
    st.lists(st.tuples(st.text("abc", min_size=1, max_size=6), st.floats(0.01, 2.0)), max_size=12), st.integers(1, 4)
)
def test_alignments_add_up(words: list[tuple[str, float]], at_once: int) -> None:
    """Each message's times begin at the end of the one before, so that a client adds them up."""
    timed, at_s = [], 0.0
    for text, length_s in words:
        timed.append(TimedWord(text, at_s, at_s + length_s))
        at_s += length_s + 0.1
    alignment, base_ms, starts = Alignment(), 0, []
    for first in range(0, len(timed), at_once):
        told = alignment.take(timed[first : first + at_once], 0.0)
        assert told is not None
        starts += [base_ms + start for start in told["charStartTimesMs"]]
        assert all(duration >= 0 for duration in told["charDurationsMs"])
        base_ms += told["charStartTimesMs"][-1] + told["charDurationsMs"][-1]
    assert all(before <= after for before, after in pairwise(starts))
    assert base_ms == (round(timed[-1].end_s * 1000) if timed else 0)


def test_files(door_server: ThreadServer) -> None:
    url = door_server.url + PATH
    answer = httpx.post(url, json={"text": "Hi there.", "model_id": "eleven_flash_v2_5"})
    assert answer.headers["content-type"] == "audio/mpeg"
    assert len(files.decode(io.BytesIO(answer.content), 24_000)) > len(tones_pcm16("Hi there.")) // 2
    raw = httpx.post(f"{url}/stream?output_format=pcm_24000", json={"text": "Hi there."})
    assert raw.content == tones_pcm16("Hi there.")
    assert httpx.post(url, json={"text": ""}).status_code == 400


@pytest.mark.parametrize("path", ["with-timestamps", "stream/with-timestamps"])
def test_files_with_times(door_server: ThreadServer, path: str) -> None:
    answer = httpx.post(f"{door_server.url}{PATH}/{path}?output_format=pcm_24000", json={"text": "Hi there."})
    parts = [json.loads(line) for line in answer.text.splitlines()]
    assert b"".join(base64.b64decode(part["audio_base64"]) for part in parts) == tones_pcm16("Hi there.")
    chars = [char for part in parts if part["alignment"] for char in part["alignment"]["characters"]]
    assert "".join(chars).split() == ["Hi", "there."]


def test_errors_have_the_services_shape(door_server: ThreadServer) -> None:
    detail = httpx.post(door_server.url + PATH, json={"text": ""}).json()["detail"]
    assert detail["status"] == "invalid_text"
    assert "nothing to say" in detail["message"]


@pytest.mark.parametrize("path", ["with-timestamps", "stream/with-timestamps"])
def test_a_client_that_leaves_ends_the_speech(slow_server: ThreadServer, path: str) -> None:
    text = "A text of some length, " * 40
    url = f"{slow_server.url}{PATH}/{path}?output_format=pcm_24000"
    with (
        contextlib.suppress(httpx.ReadTimeout),  # the one that is not streamed has nothing to read yet
        httpx.stream("POST", url, json={"text": text}, timeout=0.5) as answer,
    ):
        next(answer.iter_bytes())
    engine = slow_server.engine
    assert isinstance(engine, WatchedEngine)
    assert eventually(lambda: bool(engine.streams) and engine.streams[-1].ended)
    assert engine.streams[-1].made_samples < len(text) * 24 * CHARACTER_MS
