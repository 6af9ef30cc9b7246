"""What becomes of speech at its end, and after an error."""

from __future__ import annotations

import io
import sys
import wave
from pathlib import Path

import pytest

from makima.audio import player
from makima.cli.output.destination import STDOUT, Destination
from makima.cli.output.sink import Sink
from makima.errors import AssetError, InvalidMessage

PCM = bytes(2 * 2_400)


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a player writes `whole` once it has read all, unless it is stopped before."""
    path = tmp_path / "played"
    monkeypatch.setattr(player, "_PLAYERS", (("sh", "-c", f"cat > {path} && echo whole >> {path}"),))
    return path


def read(path: Path) -> tuple[int, int]:
    with wave.open(str(path)) as file:
        return file.getframerate(), file.getnframes()


def test_a_file_and_the_speakers(tmp_path: Path, played: Path) -> None:
    output = tmp_path / "a.wav"
    with Sink(Destination(output, play=True), 24_000) as sink:
        sink.write(PCM)
        sink.write(PCM)
    assert read(output) == (24_000, 4_800)
    assert played.read_bytes().endswith(PCM + b"whole\n")


def test_an_error_stops_the_player_and_leaves_no_file(tmp_path: Path, played: Path) -> None:
    output = tmp_path / "a.wav"

    def fails() -> None:
        with Sink(Destination(output, play=True), 24_000) as sink:
            sink.write(PCM)
            raise InvalidMessage("no")

    with pytest.raises(InvalidMessage):
        fails()
    assert not output.exists()
    assert not played.exists() or not played.read_bytes().endswith(b"whole\n")


def test_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw))
    with Sink(Destination(STDOUT, play=False), 24_000) as sink:
        sink.write(PCM)
    assert raw.getvalue().startswith(b"RIFF")
    assert raw.getvalue().endswith(PCM)


def test_without_sound_there_is_no_file(tmp_path: Path) -> None:
    with Sink(Destination(tmp_path / "a.mp3", play=False), 24_000) as sink:
        sink.write(b"")
    assert not (tmp_path / "a.mp3").exists()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="cannot be written"), Sink(Destination(tmp_path, play=False), 24_000) as sink:
        sink.write(PCM)
