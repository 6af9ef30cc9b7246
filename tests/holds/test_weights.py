"""Files of Kokoro and Whisper that are damaged: what is wrong is said, and the next best goes on."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import httpx
import pytest

from makima.engines.registry import choose
from makima.errors import AssetError
from makima.models.assets.asset import Asset
from makima.models.assets.bundles import KOKORO_FILES, WHISPER
from tests.holds.test_helpers import helpers, said, written
from tests.support.server.servers import ColdServer, ProcessServer, make_settings

# Read when tests are collected: later on they have an empty folder of their own.
REAL = Path(os.environ.get("MAKIMA_CACHE_DIR", "~/.cache/makima")).expanduser() / "assets"


def damaged(cache: Path, asset: Asset, size_bytes: int) -> Path:
    """A file in the place of an asset that is not that asset."""
    path = cache / "assets" / asset.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b"not the weights")
        file.truncate(size_bytes)
    return path


def health(server: ProcessServer) -> dict[str, str]:
    found: dict[str, str] = httpx.get(f"{server.url}/health", timeout=30, trust_env=False).json()
    return found


@pytest.mark.parametrize("whole", [True, False], ids=["wrong sum", "cut short"])
def test_damaged_before_the_start(tmp_path: Path, whole: bool) -> None:
    voice, words = KOKORO_FILES.needed[0], next(asset for asset in WHISPER if asset.name.endswith(".bin"))
    paths = [damaged(tmp_path, asset, asset.size_bytes if whole else 1_000) for asset in (voice, words)]
    with ProcessServer(tmp_path, MAKIMA_CACHE_DIR=str(tmp_path)) as server:
        found = health(server)
        assert (found["engine"], found["recognizer"]) == ("espeak", "pocketsphinx")
        for path, reason, bundle in zip(
            paths, (found["engineReason"], found["recognizerReason"]), ("kokoro", "whisper"), strict=True
        ):
            assert str(path) in reason
            assert f"models pull {bundle}" in reason
        assert said(server)
        assert "Traceback" not in "".join(server.printed)


def test_damaged_and_asked_for_by_name(tmp_path: Path) -> None:
    path = damaged(tmp_path, KOKORO_FILES.needed[0], 1_000)
    settings = {"MAKIMA_CACHE_DIR": str(tmp_path), "MAKIMA_STT": "none", "MAKIMA_FALLBACK": "on"}
    with ProcessServer(tmp_path, "--engine", "kokoro", **settings) as server:
        found = health(server)
        assert found["engine"] == "espeak"
        assert str(path) in found["engineReason"]
        assert said(server)


def test_damaged_without_another_one_allowed(tmp_path: Path) -> None:
    path = damaged(tmp_path, KOKORO_FILES.needed[0], 1_000)
    with pytest.raises(AssetError, match="models pull kokoro") as caught:
        choose(make_settings(engine="kokoro", cache_dir=tmp_path))
    assert str(path) in str(caught.value)


@pytest.mark.slow
@pytest.mark.skipif(not (REAL / WHISPER[0].name).exists(), reason="the weights have not been pulled")
def test_damaged_while_the_server_runs(tmp_path: Path) -> None:
    copy = tmp_path / "assets"
    shutil.copytree(REAL, copy)
    with ColdServer(tmp_path, "--preload", MAKIMA_CACHE_DIR=str(tmp_path), MAKIMA_STT="whisper") as server:
        recording = said(server)
        assert health(server)["engine"] == "kokoro"
        words = written(server, recording)
        models = [copy / KOKORO_FILES.needed[0].name, *(copy / asset.name for asset in WHISPER)]
        for path in models:
            os.truncate(path, path.stat().st_size // 2)
        assert said(server) == recording
        assert written(server, recording) == words
        for pid in helpers(server, "whisper"):
            os.kill(pid, signal.SIGKILL)
        files = {"file": ("a.wav", recording)}
        url = f"{server.url}/v1/audio/transcriptions"
        answer = httpx.post(url, files=files, timeout=120, trust_env=False)
        assert answer.status_code in (500, 503)
        assert "models pull whisper" in answer.text
        assert said(server) == recording
        assert "Traceback" not in "".join(server.printed)
