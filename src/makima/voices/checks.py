"""Quality checks of a recording that a voice is cloned from. Each finding is a sentence for the user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from makima.audio.loudness import ABSOLUTE_GATE_LUFS, block_loudness_lufs, window_levels_db
from makima.audio.silence import WINDOW_S, longest_pause_s, speech_windows
from makima.events import Samples

Level = Literal["error", "warning", "advice"]

LEAST_S: Final = 3.0
BEST_S: Final = (5.0, 15.0)
MOST_S: Final = 30.0
"""The length kept of a recording: a longer one makes every utterance slower and the clone no better."""

CLIPPED: Final = 0.99
CLIPPED_RUN: Final = 3
"""This many consecutive samples at the limit are a clipped peak; a single one may just be loud."""
CLIPPED_PER_S: Final = 2.0

SPOKEN_SHARE: Final = 0.4
LONGEST_PAUSE_S: Final = 2.0
NOISY_DB, USELESS_DB, STEADY_DB = 20.0, 8.0, 4.5
"""Signal-to-noise ratios: below the first the noise is audible in the clone, below the second it masks the speech.
Below the third there is no speech: with noise as loud as itself it has 6 dB, and data that is no audio at most 4."""
LEAST_LIKENESS: Final = 0.3
"""Of a sample to the one before it: speech has 0.9, with as much noise 0.46, and data that is no audio 0.13."""

MOST_LEVEL: Final = 8.0
"""Of samples as floats, where full scale is 1: a recording that was amplified too much stays far below this."""

STEADY_BLOCK_S: Final = 1.5
STEADY_LU: Final = 12.0
"""One speaker at one distance stays within this range; a speaker who turns away, or a second take, does not."""

# Characters a second, letters and ideographs only: from half the pace of slow readers to twice that of fast ones.
_PACE = {"alphabet": (4.0, 30.0), "signs": (1.5, 14.0)}
_SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. An `error` makes the recording unusable; a `warning` is audible; an `advice` could be better."""

    code: str
    level: Level
    words: str


def check_source(samples: Samples, rate_hz: int) -> list[Finding]:
    """The checks that need the recording as it was made, before it is trimmed and levelled."""
    return [*_sound(samples), *_clipping(samples, rate_hz)]


def check_file(samples: Samples, rate_hz: int) -> list[Finding]:
    """The check of what was decoded from a file, which may hold other data than its header says."""
    if len(samples) < rate_hz or not np.isfinite(samples).all():
        return []
    quiet_db, loud_db = np.percentile(window_levels_db(samples, rate_hz, WINDOW_S), (5, 90))
    if loud_db - quiet_db >= STEADY_DB or _likeness(samples) >= LEAST_LIKENESS:
        return []
    words = "There is nothing in it but noise that is always the same. Check that the file holds a recording."
    return [Finding("no recording", "error", words)]


def check_reference(samples: Samples, rate_hz: int, transcript: str | None, *, whole_s: float) -> list[Finding]:
    """The checks of a reference after trimming and cutting; `whole_s` is its length before it was cut."""
    findings = [*_length(len(samples) / rate_hz, whole_s, transcript)]
    if len(samples):
        findings += [*_pauses(samples, rate_hz), *_noise(samples, rate_hz), *_steadiness(samples, rate_hz)]
        findings += _pace(transcript, len(samples) / rate_hz)
    return findings


def _sound(samples: Samples) -> Iterator[Finding]:
    if not np.isfinite(samples).all():
        yield Finding("broken", "error", "Some samples are not numbers. Save it as a 16-bit WAV and try again.")
    elif len(samples) and float(np.abs(samples).max()) > MOST_LEVEL:
        yield Finding(
            "level", "error", "Some samples are far beyond full scale. Save it as a 16-bit WAV and try again."
        )
    elif not len(samples) or float(np.abs(samples).max()) < 1e-3:
        yield Finding("silent", "error", "It is silent. Check that the right microphone is on.")


def _clipping(samples: Samples, rate_hz: int) -> Iterator[Finding]:
    at_limit = np.abs(samples) >= CLIPPED
    runs = at_limit[: -CLIPPED_RUN + 1].copy()
    for shift in range(1, CLIPPED_RUN):
        runs &= at_limit[shift : len(at_limit) - CLIPPED_RUN + 1 + shift]
    peaks = int(np.count_nonzero(np.diff(runs.astype(np.int8), prepend=0) == 1))
    if peaks > CLIPPED_PER_S * len(samples) / rate_hz:
        words = f"It is clipped: {peaks} peaks are cut off flat. Speak more softly, or turn the microphone down."
        yield Finding("clipping", "warning", words)


def _length(kept_s: float, whole_s: float, transcript: str | None) -> Iterator[Finding]:
    least, (low, high) = LEAST_S, BEST_S
    if kept_s < least:
        words = (
            f"There are {kept_s:.1f} s of speech in it, and {least:.0f} s are needed. Record {low:.0f} to {high:.0f} s."
        )
        yield Finding("short", "error", words)
    elif whole_s > MOST_S:
        words = f"It was {whole_s:.0f} s long; the first {kept_s:.0f} s are kept. {low:.0f} to {high:.0f} s are best."
        if transcript:
            words += " The transcript must end where the recording now does."
        yield Finding("cut", "warning", words)
    elif not low <= kept_s <= high:
        yield Finding("length", "advice", f"It is {kept_s:.1f} s long; {low:.0f} to {high:.0f} s are best.")


def _pauses(samples: Samples, rate_hz: int) -> Iterator[Finding]:
    spoken = float(speech_windows(samples, rate_hz).mean())
    pause_s = longest_pause_s(samples, rate_hz)
    if spoken < SPOKEN_SHARE:
        words = f"Only {spoken:.0%} of it is speech, the rest silence. Read on without long pauses."
        yield Finding("pauses", "warning", words)
    elif pause_s > LONGEST_PAUSE_S:
        words = f"There is a pause of {pause_s:.1f} s in it, and the clone would pause like that. Leave it out."
        yield Finding("pauses", "advice", words)


def _noise(samples: Samples, rate_hz: int) -> Iterator[Finding]:
    levels = window_levels_db(samples, rate_hz, WINDOW_S)
    quiet_db, loud_db = np.percentile(levels, (5, 90))
    above_db = float(loud_db - quiet_db)
    if above_db < USELESS_DB:
        words = "Speech can hardly be told from noise in it. Record in a quiet room, closer to the microphone."
        yield Finding("noise", "warning", words)
    elif above_db < NOISY_DB:
        words = f"The noise is only {above_db:.0f} dB below the speech and will be heard. A quieter room helps."
        yield Finding("noise", "warning", words)


def _likeness(samples: Samples) -> float:
    """How much a sample is like the one before it, from -1 to 1."""
    energy = float(np.mean(np.square(samples, dtype=np.float64)))
    return float(np.mean(samples[1:].astype(np.float64) * samples[:-1])) / energy if energy else 1.0


def _steadiness(samples: Samples, rate_hz: int) -> Iterator[Finding]:
    blocks = block_loudness_lufs(samples, rate_hz, STEADY_BLOCK_S)
    blocks = blocks[blocks > max(ABSOLUTE_GATE_LUFS, float(blocks.max()) - 30.0)]
    if len(blocks) > 1 and (span_lu := float(np.ptp(blocks))) > STEADY_LU:
        words = f"Parts of it are {span_lu:.0f} dB louder than others. Keep the same distance, and take one recording."
        yield Finding("loudness", "warning", words)


def _pace(transcript: str | None, heard_s: float) -> Iterator[Finding]:
    if not transcript:
        return
    letters = [character for character in transcript if character.isalnum()]
    signs = sum(1 for letter in letters if _SIGNS.match(letter))
    low, high = _PACE["signs" if signs > len(letters) / 2 else "alphabet"]
    pace = len(letters) / heard_s
    if pace > high:
        words = f"The transcript is far too long for {heard_s:.0f} s of speech: write only what is said."
        yield Finding("transcript", "warning", words)
    elif pace < low:
        words = f"The transcript is far too short for {heard_s:.0f} s of speech: write all that is said, word for word."
        yield Finding("transcript", "warning", words)
