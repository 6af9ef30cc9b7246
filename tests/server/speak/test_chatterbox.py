"""The product with small Chatterbox graphs, as people start it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.support.commands import makima
from tests.support.models.chatterbox import TOKEN_SAMPLES, Plan, make_home
from tests.support.models.checkpoints import write_voice
from tests.support.server.client import speak_client
from tests.support.server.servers import ProcessServer

TEXT = "Hello there."
TOKENS = Plan().length(len(TEXT)) + 3


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = make_home(tmp_path_factory.mktemp("chatterbox") / "home")
    write_voice(home / "voices", "silent")
    return {
        "TTS_ENGINE": "chatterbox",
        "TTS_MODEL_ID": str(home / "release"),
        "TTS_VOICES_DIR": str(home / "voices"),
    }


@pytest.fixture(scope="module")
def server(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessServer]:
    with ProcessServer(tmp_path_factory.mktemp("served"), **settings) as server:
        yield server


async def test_a_sentence(server: ProcessServer) -> None:
    async with speak_client(server.url) as client:
        assert client.ready["capabilities"]["engine"] == "chatterbox"
        assert client.ready["capabilities"]["languages"] == ["English"]
        await client.start(seed=1)
        spoken = await client.say(TEXT)
        assert spoken.end["type"] == "complete"
        assert spoken.end["finishReason"] == "end"
        assert len(spoken.samples) == TOKENS * TOKEN_SAMPLES
        assert np.abs(spoken.samples).max() == pytest.approx(0.3, abs=0.01)
        assert (await client.say(TEXT)).audio == spoken.audio


async def test_what_it_does_not_speak(server: ProcessServer) -> None:
    async with speak_client(server.url) as client:
        await client.start(language="German")
        refused = (await client.say("Guten Tag.")).end
        assert (refused["type"], refused["code"]) == ("error", "INVALID_MESSAGE")
        assert "German" in refused["message"]


def test_a_voice_without_a_recording(server: ProcessServer, settings: dict[str, str], tmp_path: Path) -> None:
    answer = httpx.get(f"{server.url}/api/v1/voices", trust_env=False)
    assert sorted(voice["id"] for voice in answer.json()["voices"]) == ["hummer", "makima"]
    status, _, said = makima(tmp_path, "say", TEXT, "-o", "a.wav", "--voice", "hummer", **settings)
    assert status == 0, said
    (Path(settings["TTS_VOICES_DIR"]) / "hummer" / "reference.wav").unlink()
    asked = httpx.post(f"{server.url}/api/v1/tts", json={"text": TEXT, "voice": "hummer"}, trust_env=False)
    assert (asked.status_code, asked.json()["code"]) == (404, "VOICE_NOT_FOUND")
    assert "recording" in asked.json()["message"]
