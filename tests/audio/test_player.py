"""Playing through a player that is installed: a script that keeps what it is given."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from makima.audio.player import Player, installed_player
from makima.errors import AssetError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is searched for players."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, script: str) -> None:
    (folder / "aplay").write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    (folder / "aplay").chmod(0o755)


def test_all_of_it_is_played(folder: Path) -> None:
    install(folder, f"cat > {folder}/played.wav")
    with Player(24_000) as player:
        player.write(np.full(100, 32_767, "<i2").tobytes())
        player.write(bytes(100))
    with wave.open(io.BytesIO((folder / "played.wav").read_bytes())) as file:
        assert file.getframerate() == 24_000
        assert np.frombuffer(file.readframes(1_000), "<i2").tolist() == [32_767] * 100 + [0] * 50


def test_a_player_that_fails_is_quoted(folder: Path) -> None:
    install(folder, "cat > /dev/null; echo 'no such device' >&2; exit 1")
    with pytest.raises(AssetError, match=r"aplay.*no such device"), Player(24_000) as player:
        player.write(bytes(20))


def test_without_one(folder: Path) -> None:
    assert installed_player() is None
    with pytest.raises(AssetError, match="alsa-utils"):
        Player(24_000)
