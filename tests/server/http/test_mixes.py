"""Mixes of voices that are kept by names, over real sockets."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.models.kokoro import engine_at

PATH = "/api/v1/voices"
BODY = {"mix": "af_heart:0.6+makima:0.4", "name": "Evening"}


@pytest.fixture
def url(start_server: StartServer, tmp_path: Path) -> str:
    engine = engine_at(tmp_path / "kokoro", tmp_path / "voices")
    return start_server(engine, voices_dir=tmp_path / "voices").url


async def test_a_mix_is_kept_listed_spoken_and_deleted(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30.0) as http:
        made = await http.post(f"{PATH}/mixes", json=BODY)
        assert made.status_code == 201
        assert (made.json()["id"], made.json()["gender"]) == ("evening", "female")
        listed = {voice["id"]: voice for voice in (await http.get(PATH)).json()["voices"]}
        assert listed["evening"]["name"] == "Evening"
        assert "French" in listed["evening"]["languages"]
        by_name, by_mix, other = [
            (await http.post("/api/v1/tts", json={"text": "One two.", "voice": voice, "format": "pcm"})).content
            for voice in ("evening", BODY["mix"], "makima")
        ]
        assert by_name == by_mix != other
        assert (await http.delete(f"{PATH}/evening")).status_code == 204
        assert "evening" not in {voice["id"] for voice in (await http.get(PATH)).json()["voices"]}


@pytest.mark.parametrize("mix", ["af_heart", "af_heart+nobody", "af_heart+zf_xiaoni", ""])
async def test_what_is_no_mix_is_refused(url: str, mix: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30.0) as http:
        refused = await http.post(f"{PATH}/mixes", json={**BODY, "mix": mix})
    assert refused.status_code == 400
    assert "is no mix of voices" in refused.json()["message"]


async def test_other_engines_mix_nothing(start_server: StartServer) -> None:
    async with httpx.AsyncClient(base_url=start_server().url, trust_env=False, timeout=30.0) as http:
        assert (await http.post(f"{PATH}/mixes", json=BODY)).status_code == 400
