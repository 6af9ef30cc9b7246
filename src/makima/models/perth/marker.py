"""Embeds the mark into a stream as it flows.

The network changes the levels of a spectrum below 2 kHz. What it changes is worked out as a signal of its own, which is
added to the sound: whatever is not marked goes through untouched. To know what to add to a sample, the network needs
what comes after it; of that it is given no more than it looks at, so that marking in a stream is marking a whole clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makima.audio.resample import Resampler
from makima.events import Samples
from makima.models.perth.layers import BLOCK_FRAMES, Stack
from makima.models.perth.spectrum import (
    FLOOR,
    HOP_SAMPLES,
    RATE_HZ,
    SOUND,
    WINDOW,
    WINDOW_SAMPLES,
    levels,
    magnitudes,
    spectra,
)

HEAD_S: Final = 0.32
"""The beginning of an utterance goes through at once, without the mark, and is heard while what follows is worked out:
by then the 0.35 s that are held back for it have come, from an engine twice as fast as speech."""

RAMP_S: Final = 0.02
"""Over which the mark comes in after the head, so that it does not click."""

_EDGE = WINDOW_SAMPLES // 2
_HOPS = -(-WINDOW_SAMPLES // HOP_SAMPLES)
_ENVELOPE: Final[Samples] = (
    np.pad(WINDOW**2, (0, _HOPS * HOP_SAMPLES - WINDOW_SAMPLES)).reshape(_HOPS, HOP_SAMPLES).sum(0)
)
"""What overlapping windows add up to, at each place within a hop."""


class Encoder:
    """The network that makes the mark; shared by all streams, and never changed by them."""

    def __init__(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        self.stack = Stack(tensors, "encoder.layers")


class Marker:
    """One stream at any rate: samples in, as many marked samples out, later."""

    def __init__(self, encoder: Encoder, sample_rate_hz: int) -> None:
        self._up, self._down = Resampler(sample_rate_hz, RATE_HZ), Resampler(RATE_HZ, sample_rate_hz)
        self._mark = _Mark(encoder)
        self._rate_hz = sample_rate_hz
        self._waiting: Samples = np.zeros(0, np.float32)
        self._marks: Samples = np.zeros(0, np.float32)
        self._given_samples = 0  # and so where `waiting` and `marks` begin
        self._marked_samples = 0

    def push(self, samples: Samples) -> Samples:
        """The samples that are ready after these."""
        self._waiting = np.concatenate([self._waiting, samples])
        self._take(self._down.push(self._mark.push(self._up.push(samples))))
        head = round(HEAD_S * self._rate_hz)
        return self._give(max(self._marked_samples, head) - self._given_samples)

    def flush(self) -> Samples:
        """The rest. The marker is not used after this."""
        rest = [self._mark.push(self._up.flush()), self._mark.flush()]
        self._take(np.concatenate([*map(self._down.push, rest), self._down.flush()]))
        return self._give(len(self._waiting))

    def _take(self, marks: Samples) -> None:
        late = max(0, self._given_samples - self._marked_samples)  # those of the head, which is gone
        self._marked_samples += len(marks)
        self._marks = np.concatenate([self._marks, marks[late:]])

    def _give(self, count: int) -> Samples:
        count = min(count, len(self._waiting))
        given, self._waiting = self._waiting[:count], self._waiting[count:]
        marks, self._marks = self._marks[:count], self._marks[count:]
        places = np.arange(self._given_samples, self._given_samples + len(marks))
        gain = np.clip((places / self._rate_hz - HEAD_S) / RAMP_S, 0, 1).astype(np.float32)
        self._given_samples += count
        marked = given.copy()
        marked[: len(marks)] += gain * marks
        return np.clip(marked, -1.0, 1.0)


class _Mark:
    """What is to be added to a stream at `RATE_HZ`, from its first sample on."""

    def __init__(self, encoder: Encoder) -> None:
        self._stack = encoder.stack
        self._state = self._stack.init_state()
        self._samples: Samples = np.zeros(_EDGE, np.float32)  # frames are centred on their place
        self._spectra: NDArray[np.complex64] = np.zeros((self._stack.delay_frames, self._stack.bands), np.complex64)
        self._sounds = np.zeros(self._stack.delay_frames, bool)
        self._loudest = 0.0
        self._added: Samples = np.zeros(WINDOW_SAMPLES, np.float32)
        # What comes out first belongs to before the first sample: the network's delay, and half of a window.
        self._early = self._stack.delay_frames * HOP_SAMPLES + _EDGE

    def push(self, samples: Samples) -> Samples:
        """What has become known of the mark."""
        self._samples = np.concatenate([self._samples, samples])
        found = []
        while len(self._samples) >= WINDOW_SAMPLES + (BLOCK_FRAMES - 1) * HOP_SAMPLES:
            found.append(self._block(spectra(self._samples, BLOCK_FRAMES)))
            self._samples = self._samples[BLOCK_FRAMES * HOP_SAMPLES :]
        mark = np.concatenate([np.zeros(0, np.float32), *found])
        early, self._early = min(self._early, len(mark)), max(0, self._early - len(mark))
        return mark[early:]

    def flush(self) -> Samples:
        """The mark of all that was pushed, and a little beyond: after the end there is silence."""
        ahead = WINDOW_SAMPLES + (self._stack.delay_frames + 2 * BLOCK_FRAMES) * HOP_SAMPLES
        return self.push(np.zeros(ahead, np.float32))

    def _block(self, block: NDArray[np.complex64]) -> Samples:
        seen = levels(np.abs(block))
        heights = seen.sum(1)
        sounds = np.empty(len(block), bool)
        for place, height in enumerate(heights):
            self._loudest = max(self._loudest, float(height))
            sounds[place] = height > SOUND * self._loudest
        low = seen[:, : self._stack.bands]
        change = self._stack.forward(low, self._state)
        self._spectra = np.concatenate([self._spectra, block[:, : self._stack.bands]])
        self._sounds = np.concatenate([self._sounds, sounds])
        before, sounding = self._spectra[: len(block)], self._sounds[: len(block)]
        self._spectra, self._sounds = self._spectra[len(block) :], self._sounds[len(block) :]
        sizes = np.abs(before)
        direction = before / np.maximum(sizes, FLOOR)
        difference = magnitudes(levels(sizes) + change) - sizes
        mark = difference * direction * sounding[:, None]
        return self._overlap(mark.astype(np.complex64))

    def _overlap(self, spectrum: NDArray[np.complex64]) -> Samples:
        whole = np.zeros((len(spectrum), WINDOW_SAMPLES // 2 + 1), np.complex64)
        whole[:, : self._stack.bands] = spectrum
        found = np.empty((len(spectrum), HOP_SAMPLES), np.float32)
        for place, frame in enumerate(np.fft.irfft(whole).astype(np.float32) * WINDOW):
            self._added += frame
            found[place] = self._added[:HOP_SAMPLES] / _ENVELOPE
            self._added = np.concatenate([self._added[HOP_SAMPLES:], np.zeros(HOP_SAMPLES, np.float32)])
        return found.reshape(-1)
