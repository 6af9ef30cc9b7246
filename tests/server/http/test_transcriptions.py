"""`POST /v1/audio/transcriptions`, by OpenAI's own client."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import httpx
import jwt
import numpy as np
import openai
import pytest

from makima.audio import wav
from makima.audio.pcm import Encoding, encode
from makima.server.http import transcriptions
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer, FakeScript
from makima.stt.listening.session import Listener
from tests.conftest import StartServer
from tests.support.server.servers import ProcessServer
from tests.support.speech import conversation, spoken

OpenClient: TypeAlias = Callable[..., openai.OpenAI]

COFFEE = "I would like a cup of coffee."
SECRET = "a secret that is long enough for HS256"


def recording(rate_hz: int = 16_000) -> bytes:
    """Two sentences as a WAV file."""
    speech = spoken(COFFEE, rate_hz=rate_hz)
    data = encode(conversation(0.3, speech, 1.2, speech, 0.5, rate_hz=rate_hz), Encoding.PCM16)
    return wav.header(rate_hz, data_bytes=len(data)) + data


def counting(script: FakeScript | None = None) -> Recognition:
    return Recognition(Listener(FakeRecognizer(script)))


@pytest.fixture
def open_client() -> Iterator[OpenClient]:
    """OpenAI's client, of the server at a URL."""
    with ExitStack() as stack:

        def open_(url: str, key: str = "none") -> openai.OpenAI:
            return stack.enter_context(openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=0))

        yield open_


@pytest.fixture
def client(open_client: OpenClient, espeak_server: ProcessServer) -> openai.OpenAI:
    return open_client(espeak_server.url)


def test_words_come_back(client: openai.OpenAI) -> None:
    said = client.audio.transcriptions.create(model="whisper-1", file=("talk.wav", recording()))
    assert "cup of coffee" in said.text


def test_each_format(open_client: OpenClient, start_server: StartServer) -> None:
    server = start_server(recognition=counting())
    client = open_client(server.url)
    file = ("talk.wav", recording(44_100))
    create = client.audio.transcriptions.create
    text = create(model="m", file=file, response_format="text")
    assert text.startswith("one two")
    srt = create(model="m", file=file, response_format="srt").split("\n\n")
    assert srt[0].startswith("1\n00:00:00,")
    assert srt[1].startswith("2\n00:00:0")
    vtt = create(model="m", file=file, response_format="vtt")
    assert vtt.startswith("WEBVTT\n\n00:00:00.")
    verbose = create(model="m", file=file, response_format="verbose_json", language="de")
    assert verbose.language == "german"
    assert verbose.duration == pytest.approx(2.0 + 2 * len(spoken(COFFEE)) / 16_000, abs=0.01)
    assert verbose.segments is not None
    assert [segment.start for segment in verbose.segments] == pytest.approx([0.3, 3.0], abs=0.4)
    assert verbose.text == " ".join(segment.text for segment in verbose.segments)


def test_a_stream_brings_each_sentence(open_client: OpenClient, start_server: StartServer) -> None:
    server = start_server(recognition=counting())
    client = open_client(server.url)
    events = list(client.audio.transcriptions.create(model="m", file=("talk.wav", recording()), stream=True))
    assert [event.type for event in events] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == "".join(deltas)


@pytest.mark.parametrize("name", ["talk.flac", "talk.mp3", "talk.ogg"])
def test_other_containers(open_client: OpenClient, start_server: StartServer, tmp_path: Path, name: str) -> None:
    av = pytest.importorskip("av")
    server = start_server(recognition=counting())
    codec = {"talk.flac": "flac", "talk.mp3": "mp3", "talk.ogg": "libopus"}[name]  # which takes 48 kHz alone
    samples = conversation(0.3, spoken(COFFEE, rate_hz=48_000), 0.5, rate_hz=48_000)
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=48_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(encode_planar(samples), format="s16", layout="mono")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    client = open_client(server.url)
    assert client.audio.transcriptions.create(model="m", file=tmp_path / name).text.startswith("one two")


def encode_planar(
    samples: np.ndarray[tuple[int], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    return np.frombuffer(encode(samples, Encoding.PCM16), "<i2").reshape(1, -1)


def test_silence_has_no_words(open_client: OpenClient, start_server: StartServer) -> None:
    server = start_server(recognition=counting())
    client = open_client(server.url)
    data = encode(conversation(2.0), Encoding.PCM16)
    file = ("quiet.wav", wav.header(16_000, data_bytes=len(data)) + data)
    assert client.audio.transcriptions.create(model="m", file=file).text == ""


def test_a_streamed_wav_is_understood(client: openai.OpenAI) -> None:
    open_ended = wav.header(16_000) + recording()[44:]
    assert "coffee" in client.audio.transcriptions.create(model="m", file=("talk.wav", open_ended)).text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"file": ("talk.wav", b"nothing of the kind")}, "invalid_audio"),
        ({"file": ("talk.wav", b"")}, "invalid_audio"),
        ({"language": "de"}, "invalid_message"),
        ({"language": "xx"}, "invalid_message"),
        ({"response_format": "poem"}, "invalid_message"),
    ],
)
def test_errors_are_openais(client: openai.OpenAI, fields: dict[str, object], code: str) -> None:
    asked = {"model": "m", "file": ("talk.wav", recording()), **fields}
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.transcriptions.create(**asked)  # type: ignore[call-overload]
    assert refused.value.code == code
    assert refused.value.type == "invalid_request_error"


def test_a_form_without_a_file_is_refused(espeak_server: ProcessServer) -> None:
    url = espeak_server.url + "/v1/audio/transcriptions"
    refused = httpx.post(url, data={"model": "m"}, files={"other": b"x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_message")
    assert "file: a recording is needed" in refused.json()["error"]["message"]
    assert "multipart" in httpx.post(url, json={"model": "m"}).json()["error"]["message"]


def test_what_is_too_large_is_refused_on_its_way(
    open_client: OpenClient, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcriptions, "MAX_UPLOAD_BYTES", 1 << 20)
    monkeypatch.setattr(transcriptions, "MAX_AUDIO_S", 3.0)
    server = start_server(recognition=counting())
    client = open_client(server.url)
    with pytest.raises(openai.BadRequestError, match="larger than 1 MiB"):
        client.audio.transcriptions.create(model="m", file=("talk.wav", bytes(2 << 20)))
    with pytest.raises(openai.BadRequestError, match="longer than"):
        client.audio.transcriptions.create(model="m", file=("talk.wav", recording()))


def test_a_field_that_is_too_large_is_refused(start_server: StartServer) -> None:
    server = start_server(recognition=counting())
    url = server.url + "/v1/audio/transcriptions"
    refused = httpx.post(url, data={"prompt": "y" * 70_000}, files={"file": recording()}, trust_env=False)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_message")


def test_a_recogniser_that_fails_is_a_server_error(open_client: OpenClient, start_server: StartServer) -> None:
    server = start_server(recognition=counting(FakeScript(failing=frozenset({1}))))
    client = open_client(server.url)
    with pytest.raises(openai.InternalServerError) as failed:
        client.audio.transcriptions.create(model="m", file=("talk.wav", recording()))
    assert failed.value.code == "recognition_error"
    said = client.audio.transcriptions.create(model="m", file=("talk.wav", recording()))
    assert said.text


def test_tokens_are_asked_for(open_client: OpenClient, start_server: StartServer) -> None:
    server = start_server(recognition=counting(), auth_secret=SECRET)
    token = jwt.encode({"sub": "ann", "exp": time.time() + 60}, SECRET)
    known = open_client(server.url, token)
    assert known.audio.transcriptions.create(model="m", file=("talk.wav", recording())).text
    unknown = open_client(server.url, "no")
    with pytest.raises(openai.AuthenticationError):
        unknown.audio.transcriptions.create(model="m", file=("talk.wav", recording()))


def test_a_server_without_a_recogniser_says_so(open_client: OpenClient, start_server: StartServer) -> None:
    client = open_client(start_server().url)
    with pytest.raises(openai.InternalServerError, match="makima doctor"):
        client.audio.transcriptions.create(model="m", file=("talk.wav", recording()))


def test_words_have_times_if_they_are_asked_for(client: openai.OpenAI) -> None:
    granularities = {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]}
    told = client.audio.transcriptions.create(file=("a.wav", recording()), model="whisper-1", **granularities)  # type: ignore[call-overload]
    assert [word.word for word in told.words] == told.text.split()
    for segment in told.segments:
        assert any(segment.start <= word.start < word.end <= segment.end for word in told.words)
    plain = client.audio.transcriptions.create(
        file=("a.wav", recording()), model="whisper-1", response_format="verbose_json"
    )
    assert not plain.words


def test_a_recording_in_json(espeak_server: ProcessServer) -> None:
    """As Open WebUI sends it."""
    data = base64.b64encode(recording()).decode()
    body = {"model": "whisper-1", "language": "en", "input_audio": {"data": data, "format": "wav"}}
    answer = httpx.post(espeak_server.url + "/v1/audio/transcriptions", json=body, timeout=60)
    assert answer.status_code == 200
    assert answer.json()["text"].split()
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("body", [{}, {"input_audio": {}}, {"input_audio": {"data": "!"}}, [], "text"])
def test_json_without_a_recording_is_refused(espeak_server: ProcessServer, body: object) -> None:
    refused = httpx.post(espeak_server.url + "/v1/audio/transcriptions", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_message")
    assert "input_audio" in refused.json()["error"]["message"]
