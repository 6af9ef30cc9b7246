"""An engine whose files are damaged: the server stays and tells what is wrong."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from makima.engines.registry import choose
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from tests.conftest import StartServer
from tests.support.server.servers import make_settings
from tests.support.server.streams import eventually


@pytest.mark.parametrize("text", ["[]", "null", "[" * 100_000 + "]" * 100_000, '{"model_type": 1}', "\0"])
@pytest.mark.parametrize("file", ["config.json", "speech_tokenizer/config.json"])
def test_a_damaged_configuration(start_server: StartServer, tmp_path: Path, file: str, text: str) -> None:
    write_random_checkpoint(tmp_path / "model")
    (tmp_path / "model" / file).write_text(text, encoding="utf-8")
    settings = make_settings(engine="qwen3", model_id=str(tmp_path / "model"), voices_dir=tmp_path / "voices")
    server = start_server(choose(settings).engine)
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        assert eventually(lambda: "config.json" in http.get("/ready").text)
        assert http.get("/ready").status_code == 503
        answer = http.post("/api/v1/tts", json={"text": "Hello."})
        assert (answer.status_code, answer.json()["code"]) == (503, "TTS_LOAD_FAILED")
        assert http.get("/health").json()["engine"] == "qwen3"
