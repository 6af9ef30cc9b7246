"""The product with a tiny Qwen3-TTS, as people start it."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from safetensors.torch import load, save_file

from tests.support.commands import makima
from tests.support.models.checkpoints import FRAME_SAMPLES, RATE_HZ, make_home
from tests.support.server.client import Message, SpeakClient, Spoken, speak_client
from tests.support.server.servers import ProcessServer
from tests.support.server.streams import eventually

TEXT = "Hello there. It is late, and this is the second sentence."


def serve(folder: Path, home: Path, *arguments: str, **environment: str) -> ProcessServer:
    settings = {"TTS_MODEL_ID": str(home / "checkpoint"), "TTS_VOICES_DIR": str(home / "voices"), "TTS_DEVICE": "cpu"}
    return ProcessServer(folder, *arguments, **{**settings, "OMP_NUM_THREADS": "1", **environment})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("qwen3") / "home")


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessServer]:
    with serve(tmp_path_factory.mktemp("served"), home, "--engine", "qwen3", "--preload") as server:
        yield server


async def ask(url: str, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        return await http.get(path)


def health(url: str) -> Message:
    answer: Message = httpx.get(f"{url}/health", trust_env=False).json()
    return answer


async def test_every_session_that_waits_hears_of_the_loading(home: Path, tmp_path: Path) -> None:
    """And it is loaded once."""
    with serve(tmp_path, home, "--engine", "qwen3", "--log-level", "debug") as server:
        assert health(server.url)["loaded"] is False

        async def session() -> Spoken:
            async with speak_client(server.url) as client:
                return await client.say("Hello there.")

        spoken = await asyncio.gather(*(session() for _ in range(4)))
        assert health(server.url)["loaded"] is True
        async with speak_client(server.url) as client:
            later = await client.say("Hello there.")
    assert later.types == ["speaking", "audio_end", "complete"]
    for heard in spoken:
        assert heard.end["type"] == "complete"
        news = [message for message in heard.messages if message["type"] == "loading"]
        assert len(news) > 3
        progress = [message["progress"] for message in news if message["progress"] is not None]
        assert progress == sorted(set(progress)), "two loads would start from nothing again"
        assert heard.types.index("speaking") == len(news)


async def test_preload(server: ProcessServer) -> None:
    told = health(server.url)
    assert (told["engine"], told["engineReason"], told["loaded"]) == ("qwen3", "chosen in the settings", True)
    assert (await ask(server.url, "/ready")).json() == {"ready": True}


@pytest.mark.parametrize("rate_hz", [24_000, 16_000, 48_000])
async def test_the_length_is_that_of_the_frames(server: ProcessServer, rate_hz: int) -> None:
    async with speak_client(server.url) as client:
        assert client.ready["capabilities"]["engine"] == "qwen3"
        await client.start(sampleRate=24_000, seed=3)
        whole = await client.say(TEXT)
        assert len(whole.audio) % (2 * FRAME_SAMPLES) == 0
        frames = len(whole.audio) // (2 * FRAME_SAMPLES)
        assert frames > 1
        assert whole.end["audioLengthMs"] == 80 * frames
        assert whole.end["finishReason"] == "end"
        await client.start(sampleRate=rate_hz, seed=3)
        other = await client.say(TEXT)
        assert len(other.audio) == frames * FRAME_SAMPLES * rate_hz // RATE_HZ * 2


async def speak_in_pieces(client: SpeakClient, *pieces: str) -> Spoken:
    for piece in pieces:
        await client.send("append", text=piece)
    await client.send("end")
    return await client.hear()


async def test_text_in_pieces_sounds_as_in_one(server: ProcessServer) -> None:
    async with speak_client(server.url) as client:
        await client.start(seed=5)
        whole = await client.say(TEXT)
        assert (await speak_in_pieces(client, TEXT[:9], TEXT[9:30], TEXT[30:])).audio == whole.audio
        await client.start(seed=6)
        assert (await client.say(TEXT)).audio != whole.audio


async def test_voices(server: ProcessServer) -> None:
    voices = (await ask(server.url, "/api/v1/voices")).json()["voices"]
    assert [(voice["id"], voice["cloned"], voice["durationMs"]) for voice in voices] == [
        ("hummer", True, 1500),
        ("makima", True, 1000),
    ]
    async with speak_client(server.url) as client:
        await client.start(seed=5)
        sounds = {(await client.say(TEXT, voice=voice)).audio for voice in ("makima", "hummer")}
        assert len(sounds) == 2


async def test_cancel(server: ProcessServer) -> None:
    async with speak_client(server.url) as client:
        await client.send("speak", text="This sentence is said many times over. " * 20, requestId="a")
        while not isinstance(await client.receive(), bytes):
            pass
        await client.send("cancel", requestId="a")
        assert (await client.until("cancelled"))["requestId"] == "a"
        assert (await client.say("Hello there.")).end["type"] == "complete"


@pytest.mark.parametrize("fault", ["cut short", "misshapen"])
async def test_a_broken_checkpoint(tmp_path: Path, fault: str) -> None:
    home = make_home(tmp_path / "home")
    path = home / "checkpoint" / "speech_tokenizer" / "model.safetensors"
    whole = path.read_bytes()
    if fault == "cut short":
        path.write_bytes(whole[:-1000])
    else:
        tensors = load(whole)
        name = "decoder.pre_conv.conv.bias"
        tensors[name] = tensors[name][:-1].clone()
        save_file(tensors, path, {"format": "pt"})
    with serve(tmp_path, home, "--engine", "qwen3") as server:
        async with speak_client(server.url) as client:
            for _ in range(2):
                error = (await client.say("Hello there.")).end
                assert (error["type"], error["code"], error["recoverable"]) == ("error", "TTS_LOAD_FAILED", False)
                assert str(path) in error["message"]
                assert "makima models pull" in error["message"]
                if fault == "misshapen":
                    assert "decoder.pre_conv.conv.bias" in error["message"]
            answer = await ask(server.url, "/ready")
            assert answer.status_code == 503
            assert str(path) in answer.json()["reason"]
            path.write_bytes(whole)
            assert (await client.say("Hello there.")).end["type"] == "complete", "the session goes on"


async def test_idle_unload(home: Path, tmp_path: Path) -> None:
    with serve(tmp_path, home, MAKIMA_IDLE_UNLOAD_S="0.3") as server:
        assert health(server.url)["engine"] == "qwen3", "auto"
        async with speak_client(server.url) as client:
            await client.start(seed=1)
            first = await client.say("Hello there.")
            assert await asyncio.to_thread(eventually, lambda: health(server.url)["loaded"] is False)
            again = await client.say("Hello there.")
            assert again.audio == first.audio
            assert "loading" in again.types


def test_say(home: Path, tmp_path: Path) -> None:
    settings = {"TTS_MODEL_ID": str(home / "checkpoint"), "TTS_VOICES_DIR": str(home / "voices")}
    arguments = ("say", TEXT, "--engine", "qwen3", "-o", "a.wav", "--seed", "1")
    status, _, said = makima(tmp_path, *arguments, OMP_NUM_THREADS="1", **settings)
    assert status == 0, said
    with wave.open(str(tmp_path / "a.wav")) as reader:
        samples = np.frombuffer(reader.readframes(10**7), "<i2")
    assert len(samples) > 0
    assert len(samples) % FRAME_SAMPLES == 0
    assert np.abs(samples).max() > 300, "silence"


@pytest.mark.parametrize("content", ["{", json.dumps({"model_type": "something else"})])
def test_auto_says_what_is_wrong_with_the_weights_and_speaks(tmp_path: Path, content: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(content)
    status, out, _ = makima(tmp_path, "doctor", TTS_MODEL_ID=str(tmp_path / "model"))
    report = " ".join(out.decode().split())
    assert status == 0
    assert "espeak (not qwen3: " in report
    assert "config.json" in report


def test_doctor_names_the_mend(tmp_path: Path) -> None:
    here = {"HF_HOME": str(tmp_path / "empty"), "HF_HUB_OFFLINE": "1"}
    status, out, _ = makima(tmp_path, "doctor", **here)
    report = " ".join(out.decode().split())
    assert status == 0
    assert "makima models pull qwen3-tts-0.6b" in report
    assert "espeak (not qwen3: " in report


def test_doctor_speaks_with_it(home: Path, tmp_path: Path) -> None:
    settings = {"TTS_MODEL_ID": str(home / "checkpoint"), "TTS_VOICES_DIR": str(home / "voices")}
    status, out, _ = makima(tmp_path, "doctor", OMP_NUM_THREADS="1", **settings)
    assert status == 0
    assert "works qwen3 (the best that can load here" in " ".join(out.decode().split())
