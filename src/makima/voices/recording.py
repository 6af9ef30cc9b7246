"""Makes the reference that a voice is cloned from: a recording trimmed, cut, levelled and checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from makima.audio import files, wav
from makima.audio.loudness import normalize
from makima.audio.marking import SYNTHETIC
from makima.audio.pcm import Encoding, encode
from makima.audio.silence import cut_at_pause, trim
from makima.errors import InvalidAudio
from makima.events import Samples
from makima.voices.checks import MOST_S, Finding, check_file, check_reference, check_source

RATE_HZ: Final = 24_000
"""The sample rate of references: the one that the engines that clone work at."""

LOUDNESS_LUFS: Final = -20.0
"""The loudness of studio speech. A quieter reference makes a quieter clone."""

PEAK: Final = 0.89
"""1 dB below full scale, so that the waveform between two samples does not exceed it either."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A reference and the findings about it. Shapes: samples [S] at `RATE_HZ`"""

    samples: Samples
    findings: tuple[Finding, ...]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RATE_HZ

    def as_wav(self, *, synthetic: bool) -> bytes:
        """The reference as a 16-bit WAV file, marked in its metadata where it is synthetic."""
        data = encode(self.samples, Encoding.PCM16)
        return wav.header(RATE_HZ, data_bytes=len(data), about=SYNTHETIC if synthetic else b"") + data


def read_recording(source: Path | BinaryIO, transcript: str | None) -> Recording:
    """Decode a recording in any supported format, and prepare it.

    Raises: InvalidAudio where it cannot be decoded; AssetError where the decoder is not installed
    """
    return recording_of(files.decode(source, RATE_HZ), transcript)


def recording_of(samples: Samples, transcript: str | None) -> Recording:
    """The same of samples [S] at `RATE_HZ`, as they were decoded from a file."""
    recording = prepare(samples, transcript)
    return replace(recording, findings=(*check_file(samples, RATE_HZ), *recording.findings))


def prepare(samples: Samples, transcript: str | None) -> Recording:
    """The reference made of a recording [S] at `RATE_HZ`. One that cannot be used has findings that say why."""
    findings = check_source(samples, RATE_HZ)
    if any(finding.level == "error" for finding in findings):
        return Recording(np.zeros(0, np.float32), tuple(findings))
    speech = trim(samples, RATE_HZ)
    kept = normalize(cut_at_pause(speech, RATE_HZ, MOST_S), RATE_HZ, LOUDNESS_LUFS, PEAK)
    findings += check_reference(kept, RATE_HZ, transcript, whole_s=len(speech) / RATE_HZ)
    return Recording(kept, tuple(findings))


def require_useful(recording: Recording) -> None:
    """Raises: InvalidAudio with the reasons why the recording cannot be used"""
    errors = [finding.words for finding in recording.findings if finding.level == "error"]
    if errors:
        raise InvalidAudio("The recording is of no use.", mend=" ".join(errors))
