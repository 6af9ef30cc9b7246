"""`/api/v1/voices` over real sockets, with a tiny Qwen3-TTS that speaks in what is made."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import os
import select
import shutil
import socket
import wave
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from makima.config import Settings
from makima.engines.fake import FakeEngine
from makima.engines.qwen3 import default_voice
from makima.engines.qwen3.engine import Qwen3Engine
from makima.errors import AssetError
from makima.events import Loading, OnLoading, Samples
from makima.server.app import create_services
from makima.server.http.voices import MAX_UPLOAD_BYTES
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener as SttListener
from makima.stt.pocketsphinx import PocketSphinxRecognizer
from makima.stt.protocol import Recognizer
from makima.stt.transcribe import Transcriber
from makima.voices.consent import STATEMENT
from makima.voices.library import Library
from tests.conftest import StartServer
from tests.server.test_auth import SECRET, token
from tests.support.models.checkpoints import engine_at, make_home, write_checkpoint, write_voice
from tests.support.models.torch_threads import one_thread
from tests.support.recordings import RATE_HZ, TRANSCRIPT, speech, wav_bytes, write_audio
from tests.support.server.client import speak_client
from tests.support.server.servers import ThreadServer, make_settings

_one_thread = pytest.fixture(scope="module", autouse=True)(one_thread)

PATH = "/api/v1/voices"
RECORDING = wav_bytes(speech(6.0))
FORM = {"name": "Ann", "language": "de", "transcript": TRANSCRIPT, "consent": "yes", "consentBy": "Ann"}


def settings_of(home: Path, **fields: Any) -> Settings:
    return make_settings(voices_dir=home / "voices", **fields)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("qwen3") / "home")


@pytest.fixture(scope="module")
def engine(home: Path) -> Iterator[Qwen3Engine]:
    engine = engine_at(home, slots=4)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def server(home: Path, engine: Qwen3Engine) -> Iterator[ThreadServer]:
    with ThreadServer(engine, settings_of(home)) as server:
        yield server


@pytest.fixture
def http(server: ThreadServer) -> Iterator[httpx.Client]:
    """Whatever a test makes is deleted after it."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=60) as client:
        before = ids(client)
        yield client
        for voice_id in ids(client) - before:
            assert client.delete(f"{PATH}/{voice_id}").status_code == 204


def ids(http: httpx.Client) -> set[str]:
    return {voice["id"] for voice in http.get(PATH).json()["voices"]}


def upload(http: httpx.Client, audio: bytes = RECORDING, **fields: str | None) -> httpx.Response:
    form = {name: value for name, value in {**FORM, **fields}.items() if value is not None}
    return http.post(PATH, data=form, files={"audio": ("a.wav", audio)})


def test_made_listed_read_heard_and_deleted(http: httpx.Client) -> None:
    answer = upload(http)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["id"], made["name"], made["language"], made["cloned"]) == ("ann", "Ann", "German", True)
    assert (made["engine"], made["isDefault"], made["checks"]) == ("qwen3", False, [])
    assert 5_000 < made["durationMs"] < 6_200
    assert (made["consent"]["who"], made["consent"]["words"]) == ("Ann", STATEMENT)
    assert (made["transcript"], made["transcriptFrom"]) == (TRANSCRIPT, "upload")
    assert "note" not in made
    assert "ann" in ids(http)
    read = http.get(f"{PATH}/ann").json()
    assert read == {name: made[name] for name in read}
    spoken = http.post(f"{PATH}/ann/preview")
    assert (spoken.status_code, spoken.headers["content-type"]) == (200, "audio/wav")
    assert len(spoken.content) > 44 + RATE_HZ // 4
    assert http.delete(f"{PATH}/ann").status_code == 204
    assert "ann" not in ids(http)
    for request in (http.get, http.delete):
        assert request(f"{PATH}/ann").status_code == 404


async def test_a_session_that_was_there_before_speaks_with_it(http: httpx.Client, server: ThreadServer) -> None:
    async with speak_client(server.url) as client:
        await client.start(voice="makima")
        assert (await asyncio.to_thread(upload, http)).status_code == 201
        assert (await client.say("Hello there.", voice="ann")).end["type"] == "complete"


def test_one_that_is_put_into_the_folder_is_listed(http: httpx.Client, home: Path) -> None:
    upload(http)
    (home / "voices" / "ann").rename(home / "voices" / "moved")
    assert {"moved"} == ids(http) - {"makima", "hummer"}


def test_without_a_transcript_it_says_what_that_costs(http: httpx.Client) -> None:
    made = upload(http, transcript=None).json()
    assert (made["transcript"], made["transcriptFrom"]) == (None, None)
    assert "the timbre is kept; pace, melody and accent are not" in made["note"]
    assert http.post(f"{PATH}/ann/preview", json={"text": "Hello.", "sampleRate": 16_000}).status_code == 200


class Listener:
    """Stands where a recogniser will: it hears how long the recording is."""

    fails = False

    def transcribe(self, samples: Samples, rate_hz: int, language: str) -> str:
        if self.fails:
            raise AssetError("recogniser", "It is not there.")
        return f"{len(samples) / rate_hz:.0f} seconds of {language}"


def test_a_recogniser_offers_a_transcript(
    http: httpx.Client, server: ThreadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener()
    monkeypatch.setattr(server.services, "transcriber", listener)
    made = upload(http, transcript=None).json()
    assert (made["transcript"], made["transcriptFrom"]) == ("6 seconds of de", "recogniser")
    assert upload(http).json()["transcriptFrom"] == "upload"
    listener.fails = True
    assert upload(http, transcript="").json()["transcriptFrom"] is None


def test_only_a_recogniser_that_can_be_relied_on_is_asked() -> None:
    def transcriber(recognizer: Recognizer) -> object:
        recognition = Recognition(SttListener(recognizer))
        return create_services(make_settings(), FakeEngine(), recognition=recognition).transcriber

    assert isinstance(transcriber(FakeRecognizer()), Transcriber)
    assert transcriber(PocketSphinxRecognizer(workers=1)) is None


def test_what_is_not_quite_right_is_told(http: httpx.Client) -> None:
    made = upload(http, wav_bytes(speech(4.0, noise=0.03)), transcript="Hm.").json()
    told = {check["code"]: check["level"] for check in made["checks"]}
    assert told == {"length": "advice", "noise": "warning", "transcript": "warning"}
    assert all(len(check["message"]) > 20 for check in made["checks"])


@pytest.mark.parametrize(
    ("name", "codec", "channels"), [("a.flac", "flac", 2), ("a.mp3", "libmp3lame", 2), ("a.m4a", "aac", 1)]
)
def test_formats(http: httpx.Client, tmp_path: Path, name: str, codec: str, channels: int) -> None:
    path = write_audio(tmp_path / name, codec, 44_100, [speech(6.0, rate_hz=44_100)] * channels)
    made = upload(http, path.read_bytes()).json()
    assert abs(made["durationMs"] - 6_000) < 300


REFUSED: dict[str, tuple[dict[str, str | None], bytes, str, str]] = {
    "no consent": ({"consent": None}, RECORDING, "INVALID_MESSAGE", "statement of consent"),
    "hardly any consent": ({"consent": "ok"}, RECORDING, "INVALID_MESSAGE", "own words"),
    "no name": ({"name": None}, RECORDING, "INVALID_MESSAGE", "name"),
    "an unknown language": ({"language": "Klingon"}, RECORDING, "INVALID_MESSAGE", "Klingon"),
    "no audio": ({}, b"this is no audio" * 99, "INVALID_AUDIO", "cannot be decoded"),
    "nothing": ({}, b"", "INVALID_AUDIO", "the upload"),
    "too short": ({}, wav_bytes(speech(2.0)), "INVALID_AUDIO", "3 s are needed"),
    "silence": ({}, wav_bytes(speech(6.0, level=0, noise=0)), "INVALID_AUDIO", "microphone"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_leaves_nothing(http: httpx.Client, name: str) -> None:
    fields, audio, code, said = REFUSED[name]
    before = ids(http)
    answer = upload(http, audio, **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert said in answer.json()["message"]
    assert ids(http) == before


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"", "multipart/form-data"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\nno name\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="audio"\r\n\r\na field\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + b"y" * 70_000,
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_forms_that_are_none(http: httpx.Client, body: bytes, kind: str) -> None:
    answer = http.post(PATH, content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_MESSAGE"), answer.text


@pytest.mark.parametrize("length", [f"Content-Length: {1 << 40}", "Transfer-Encoding: chunked"])
def test_too_large_an_upload_is_refused_before_it_has_come(
    http: httpx.Client, server: ThreadServer, length: str
) -> None:
    """By the length it announces, and without one as soon as that much has come."""
    address = urlsplit(server.url)
    lines = (
        f"POST {PATH} HTTP/1.1",
        f"Host: {address.netloc}",
        "Content-Type: multipart/form-data; boundary=x",
        length,
    )
    part = b'--x\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'
    pieces = itertools.chain([part], itertools.repeat(os.urandom(1 << 20)))
    sent_bytes = 0
    with socket.create_connection((address.hostname, address.port), 20) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        while not select.select([client], [], [], 0)[0]:
            piece = next(pieces)
            client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if "chunked" in length else piece)
            sent_bytes += len(piece)
            assert sent_bytes < 4 * MAX_UPLOAD_BYTES
        answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert http.get("/health").status_code == 200


def test_a_server_that_was_killed_comes_back_with_every_voice(engine: Qwen3Engine, home: Path) -> None:
    """One was being replaced, one was being made, one was being deleted."""
    folder = write_voice(home / "voices", "ann", speech(4.0)).rename(home / "voices" / ".old-ann")
    for name in (".new-bob", ".gone-cid"):
        shutil.copytree(folder, home / "voices" / name)
    with ThreadServer(engine, settings_of(home)) as server, httpx.Client(base_url=server.url, trust_env=False) as http:
        assert ids(http) == {"ann", "hummer", "makima"}
        assert {path.name for path in (home / "voices").iterdir()} - {".lock"} == ids(http)
        assert http.delete(f"{PATH}/ann").status_code == 204


def test_a_voice_that_cannot_be_read_is_in_nobodys_way(http: httpx.Client, home: Path) -> None:
    upload(http)
    (home / "voices" / "ann" / "manifest.json").write_text("{")
    made = http.get(PATH)
    assert made.status_code == 200
    assert http.post(f"{PATH}/makima/preview").status_code == 200
    assert http.delete(f"{PATH}/ann").status_code == 204
    assert not (home / "voices" / "ann").exists()


class TestReference:
    def test_whole(self, http: httpx.Client, home: Path) -> None:
        upload(http)
        answer = http.get(f"{PATH}/ann/reference.wav")
        assert (answer.status_code, answer.headers["accept-ranges"]) == (200, "bytes")
        assert answer.content == (home / "voices" / "ann" / "reference.wav").read_bytes()
        asked = http.head(f"{PATH}/ann/reference.wav")
        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["content-length"] == str(len(answer.content))
        with wave.open(io.BytesIO(answer.content)) as file:
            assert file.getframerate() == RATE_HZ

    @pytest.mark.parametrize(
        ("asked", "first", "last"), [("bytes=0-43", 0, 44), ("bytes=1000-1999", 1000, 2000), ("bytes=-100", -100, None)]
    )
    def test_ranges(self, http: httpx.Client, asked: str, first: int, last: int | None) -> None:
        upload(http)
        whole = http.get(f"{PATH}/ann/reference.wav").content
        answer = http.get(f"{PATH}/ann/reference.wav", headers={"Range": asked})
        assert answer.status_code == 206
        assert answer.content == whole[first:last]
        assert answer.headers["content-range"].endswith(f"/{len(whole)}")

    def test_a_range_there_is_none_of(self, http: httpx.Client) -> None:
        upload(http)
        answer = http.get(f"{PATH}/ann/reference.wav", headers={"Range": "bytes=99999999-"})
        assert answer.status_code == 416

    @pytest.mark.parametrize("voice_id", ["unknown", "..%2f..%2fsecret", "%2e%2e", "ANN"])
    def test_nothing_outside_is_reached(self, http: httpx.Client, voice_id: str) -> None:
        answer = http.get(f"{PATH}/{voice_id}/reference.wav")
        assert answer.status_code == 404


def test_previews_that_cannot_be(http: httpx.Client) -> None:
    assert http.post(f"{PATH}/unknown/preview").status_code == 404
    for text in ("🎉", ""):
        assert http.post(f"{PATH}/makima/preview", json={"text": text}).json()["code"] == "INVALID_TEXT"
    assert http.post(f"{PATH}/makima/preview", json={"language": "Klingon"}).json()["code"] == "INVALID_MESSAGE"


def test_what_may_not_be_deleted(http: httpx.Client, start_server: StartServer) -> None:
    answer = http.delete(f"{PATH}/makima")
    assert (answer.status_code, "default voice" in answer.json()["message"]) == (400, True)
    with httpx.Client(base_url=start_server().url, trust_env=False) as other:
        answer = other.delete(f"{PATH}/second")
        assert (answer.status_code, "comes with the engine" in answer.json()["message"]) == (400, True)


def test_an_engine_that_clones_nothing_says_so(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(voices_dir=tmp_path / "voices")
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        assert http.get(PATH).json()["cloning"] is False
        answer = upload(http)
        assert answer.status_code == 400
        assert "makima models pull" in answer.json()["message"]
    assert not (tmp_path / "voices").exists()


class TestTheDefaultVoice:
    SETUP = f"{PATH}/setup-default"

    @pytest.fixture
    def bare(self, engine: Qwen3Engine, home: Path, tmp_path: Path) -> Iterator[ThreadServer]:
        """A server whose default voice has no recording."""
        with ThreadServer(engine, make_settings(voices_dir=tmp_path / "voices")) as server:
            yield server

    def test_it_gets_a_recording_and_says_how_far_it_is(
        self, bare: ThreadServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(default_voice, "TEXT", "Good evening. I will read to you whatever you write.")
        presets = write_checkpoint(tmp_path / "presets", "custom_voice")
        bare.services.make_default = partial(default_voice.make_default_voice, source=str(presets), device="cpu")
        with httpx.Client(base_url=bare.url, trust_env=False, timeout=60) as http:
            assert http.get(PATH).json()["canSetUpDefault"] is True
            answer = http.post(self.SETUP)
            assert answer.headers["content-type"] == "application/x-ndjson"
            *news, last = map(json.loads, answer.text.splitlines())
            assert {message["type"] for message in news} == {"loading"}
            assert any(message["what"].startswith("the reading") and message["progress"] > 0 for message in news)
            assert (last["type"], last["voice"]["id"]) == ("complete", "makima")
            assert http.get(PATH).json()["canSetUpDefault"] is False
            again = http.post(self.SETUP)
            assert (again.status_code, again.json()["code"]) == (400, "INVALID_MESSAGE")
        manifest = json.loads((tmp_path / "voices" / "makima" / "manifest.json").read_text())
        assert manifest["origin"]["speaker"] == "ryan"

    @pytest.mark.parametrize(
        ("failure", "code"),
        [(AssetError("the hub", "Gone."), "TTS_LOAD_FAILED"), (ValueError("Hm."), "SYNTHESIS_ERROR")],
    )
    def test_what_goes_wrong_is_the_last_line(self, bare: ThreadServer, failure: Exception, code: str) -> None:
        def fail(_: Library, on_loading: OnLoading) -> None:
            on_loading(Loading("the hub", None))
            raise failure

        bare.services.make_default = fail
        with httpx.Client(base_url=bare.url, trust_env=False, timeout=60) as http:
            first, last = map(json.loads, http.post(self.SETUP).text.splitlines())
            assert (first["type"], last["type"], last["code"]) == ("loading", "error", code)

    def test_where_it_cannot_be(self, start_server: StartServer) -> None:
        with httpx.Client(base_url=start_server().url, trust_env=False) as http:
            assert http.get(PATH).json()["canSetUpDefault"] is False
            assert http.post(self.SETUP).status_code == 400


def test_tokens_and_limits(home: Path, engine: Qwen3Engine, tmp_path: Path) -> None:
    settings = make_settings(voices_dir=tmp_path, default_voice="makima", auth_secret=SECRET, limit_utterances=1)
    with ThreadServer(engine, settings) as server, httpx.Client(base_url=server.url, trust_env=False) as http:
        for method, path in (
            ("GET", PATH),
            ("POST", PATH),
            ("GET", f"{PATH}/makima"),
            ("DELETE", f"{PATH}/hummer"),
            ("GET", f"{PATH}/hummer/reference.wav"),
            ("POST", f"{PATH}/hummer/preview"),
        ):
            answer = http.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED"), path
        http.headers["Authorization"] = f"Bearer {token()}"
        assert upload(http, consent="no").status_code == 400
        assert upload(http, consent="no").status_code == 429
