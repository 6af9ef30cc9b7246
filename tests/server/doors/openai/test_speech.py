"""`POST /v1/audio/speech`, by OpenAI's own client and by hand."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import httpx
import openai
import pytest

from makima.audio import files
from makima.engines.fake import FAIL_WORD
from tests.support.server.servers import ProcessServer, ThreadServer, WatchedEngine
from tests.support.server.streams import eventually
from tests.support.tones import CHARACTER_MS, tones_pcm16

PATH = "/v1/audio/speech"
TEXT = "Hello there."


def _post(server: ThreadServer, **body: Any) -> httpx.Response:
    whole = {"model": "tts-1", "input": TEXT, "voice": "makima", "response_format": "pcm", **body}
    return httpx.post(server.url + PATH, json={k: v for k, v in whole.items() if v is not None}, timeout=30)


def test_pcm_is_the_audio_itself(door_server: ThreadServer) -> None:
    answer = _post(door_server)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/pcm")
    assert answer.content == tones_pcm16(TEXT)
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        (None, "audio/mpeg"),
        ("mp3", "audio/mpeg"),
        ("opus", "audio/ogg"),
        ("aac", "audio/aac"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
    ],
)
def test_files_have_all_of_the_audio(door_server: ThreadServer, form: str | None, media_type: str) -> None:
    answer = _post(door_server, response_format=form)
    assert answer.headers["content-type"] == media_type
    heard = files.decode(io.BytesIO(answer.content), 24_000)
    expected_s = len(TEXT) * CHARACTER_MS / 1000
    assert expected_s <= len(heard) / 24_000 < expected_s + 0.1


def test_events_hold_the_file(door_server: ThreadServer) -> None:
    answer = _post(door_server, stream_format="sse")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line]
    assert b"".join(base64.b64decode(event["audio"]) for event in events[:-1]) == tones_pcm16(TEXT)
    assert events[-1]["type"] == "speech.audio.done"
    usage = events[-1]["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_a_voice_by_its_id(door_server: ThreadServer) -> None:
    assert _post(door_server, voice={"id": "second"}).content == tones_pcm16(TEXT, octave=2.0)


@pytest.mark.parametrize("voice", ["alloy", "verse", None])
def test_names_of_openai_are_taken(door_server: ThreadServer, voice: str | None) -> None:
    assert _post(door_server, voice=voice).content == tones_pcm16(TEXT)


def test_speed_changes_the_length(door_server: ThreadServer) -> None:
    assert len(_post(door_server, speed=2.0).content) == pytest.approx(len(tones_pcm16(TEXT)) / 2, rel=0.1)


def test_what_was_not_chosen_may_be_empty(door_server: ThreadServer) -> None:
    empty = {"input": "Hi.", "voice": "", "response_format": "", "speed": "", "stream_format": None, "instructions": ""}
    answer = httpx.post(door_server.url + PATH, json=empty)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/mpeg")
    answer = httpx.post(door_server.url + PATH, json={"input": "Hi.", "response_format": "WAV"})
    assert answer.headers["content-type"] == "audio/wav"


def test_what_is_not_known_is_ignored(door_server: ThreadServer) -> None:
    answer = _post(door_server, temperature=0.5, stream=True, task_type="x", instructions="Softly.", language="en")
    assert answer.content == tones_pcm16(TEXT)


def test_null_is_as_good_as_nothing(door_server: ThreadServer) -> None:
    nulls = ("model", "voice", "speed", "stream_format", "instructions", "language", "pronunciations")
    body = {"input": TEXT, "response_format": "pcm", **dict.fromkeys(nulls)}
    assert httpx.post(door_server.url + PATH, json=body).content == tones_pcm16(TEXT)


def test_tags_are_not_read(door_server: ThreadServer) -> None:
    assert _post(door_server, input='<break time="1s"/>Hi').content == tones_pcm16("Hi")


def test_a_text_without_a_sound_is_a_short_silence(espeak_server: ProcessServer) -> None:
    """No audio at all would be a failure to some clients."""
    body = {"model": "tts-1", "input": "\N{GRINNING FACE}", "response_format": "pcm"}
    answer = httpx.post(espeak_server.url + PATH, json=body, timeout=30)
    assert (answer.status_code, answer.content) == (200, bytes(4_800))


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"input": ""}, 400, "nothing to say"),
        ({"input": "  "}, 400, "nothing to say"),
        ({"input": None}, 400, "input"),
        ({"input": 5}, 400, "input"),
        ({"response_format": "midi"}, 400, "mp3, opus"),
        ({"speed": 9}, 400, "0.25 to 4"),
        ({"voice": "unknown"}, 404, "alloy"),
        ({"input": "x" * 100_001}, 400, "parts"),
        ({"stream_format": "xml"}, 400, "stream_format"),
        ({"input": FAIL_WORD}, 500, "fake engine"),
    ],
)
def test_errors_have_openais_shape(door_server: ThreadServer, body: dict[str, Any], status: int, says: str) -> None:
    answer = _post(door_server, **body)
    error = answer.json()["error"]
    assert answer.status_code == status
    assert says in error["message"]
    assert {"type", "param", "code"} <= error.keys()
    assert answer.headers["x-request-id"]


def test_the_official_client_reads_an_error(door_server: ThreadServer) -> None:
    with (
        openai.OpenAI(base_url=door_server.url + "/v1", api_key="none", max_retries=0) as client,
        pytest.raises(openai.BadRequestError, match="nothing to say"),
    ):
        client.audio.speech.create(model="tts-1", voice="alloy", input="")


def test_a_client_that_leaves_ends_the_speech(slow_server: ThreadServer) -> None:
    body = {"input": "A text of some length, " * 40, "response_format": "pcm"}
    with httpx.stream("POST", slow_server.url + PATH, json=body) as answer:
        next(answer.iter_bytes())
    engine = slow_server.engine
    assert isinstance(engine, WatchedEngine)
    assert eventually(lambda: engine.streams[-1].ended)
    assert engine.streams[-1].made_samples < len(body["input"]) * 24 * CHARACTER_MS
