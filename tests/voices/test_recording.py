"""From a recording to a reference: trimmed, levelled, cut, and refused where it cannot be used."""

from __future__ import annotations

import numpy as np
import pytest

from makima.audio.loudness import loudness_lufs
from makima.errors import InvalidAudio
from makima.voices.recording import LOUDNESS_LUFS, PEAK, RATE_HZ, prepare, require_useful
from tests.support.recordings import TRANSCRIPT, silence, speech


def test_it_is_trimmed_and_levelled() -> None:
    whole = np.concatenate([silence(2.0), speech(8.0, level=0.02, noise=0.00005), silence(2.0)])
    recording = prepare(whole, None)
    assert 7.5 < recording.duration_s < 8.3
    assert loudness_lufs(recording.samples, RATE_HZ) == pytest.approx(LOUDNESS_LUFS, abs=0.5)
    assert np.abs(recording.samples).max() <= PEAK + 1e-6


def test_of_a_long_one_the_beginning_is_kept_and_the_transcript_must_end_there() -> None:
    recording = prepare(speech(45.0), TRANSCRIPT * 4)
    assert 24 < recording.duration_s <= 30
    (words,) = (finding.words for finding in recording.findings if finding.code == "cut")
    assert words.startswith("It was 45 s long; the first 30 s are kept.")
    assert "must end where the recording now does" in words


def test_only_errors_make_it_useless() -> None:
    require_useful(prepare(np.clip(speech(8.0, level=2.0), -1, 1), None))
    with pytest.raises(InvalidAudio, match=r"of no use\. There are 2\.\d s of speech in it, and 3 s are needed"):
        require_useful(prepare(speech(2.1), None))
