"""Speech saved as files that players know."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from makima.audio import wav
from makima.audio.conversion import SavedFormat, convert
from makima.audio.files import decode
from makima.audio.marking import STATEMENT
from makima.errors import InvalidAudio


@pytest.mark.parametrize("form", SavedFormat)
@pytest.mark.parametrize("rate_hz", [8_000, 24_000, 44_100, 48_000])
def test_the_sound_and_the_note_are_kept(tmp_path: Path, form: SavedFormat, rate_hz: int) -> None:
    tone = (0.4 * np.sin(2 * np.pi * 440 * np.arange(2 * rate_hz) / rate_hz)).astype(np.float32)
    wav.write(tmp_path / "tone.wav", tone, rate_hz)
    convert(tmp_path / "tone.wav", tmp_path / "tone", form)
    with av.open(tmp_path / "tone") as file:
        assert file.metadata.get("comment") == STATEMENT
        assert file.duration == pytest.approx(2_000_000, rel=0.06)
    with (tmp_path / "tone").open("rb") as saved:
        heard = decode(saved, rate_hz, 10)
    spectrum = np.abs(np.fft.rfft(heard[rate_hz // 2 : rate_hz // 2 + rate_hz]))
    assert int(np.argmax(spectrum)) == 440


@pytest.mark.parametrize("data", [b"", b"no sound at all" * 100])
def test_what_is_no_recording_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(InvalidAudio, match="cannot be read"):
        convert(tmp_path / "file", tmp_path / "out", SavedFormat.MP3)
