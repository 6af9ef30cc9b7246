"""Looks for the mark in a recording, a second at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makima.events import Samples
from makima.models.perth.layers import Frames, Stack
from makima.models.perth.spectrum import FRAMES_PER_S, HOP_SAMPLES, RATE_HZ, SOUND, WINDOW_SAMPLES, levels, spectra

_SCALES: Final = {"slow": 1.25, "normal": 1.0, "fast": 0.75}
"""The network reads a recording at three speeds, in case it was played faster or slower."""

PIECE_S: Final = 30
"""Looked at in one go: a longer recording would take memory, and nothing else."""

THRESHOLD: Final = 0.35
"""Of a score. Without the mark no second of speech came above 0.20, of 240 in four languages and three voices; with it
none came below 0.43, as it was, by MP3 or by telephone. The least were first seconds, whose beginning has no mark."""

NOISE: Final = 0.01
"""Added before looking, as a share of the recording's own level: the network takes pure tones with perfect silence
between them for the mark, and no longer does with noise 40 dB below them, which leaves the mark as it is."""


@dataclass(frozen=True, slots=True)
class Detection:
    """In how many seconds of a recording there is sound, and in how many of these the mark."""

    sounding_s: int
    marked_s: int

    @property
    def share(self) -> float:
        """Of the sound that has the mark."""
        return self.marked_s / self.sounding_s if self.sounding_s else 0.0

    @property
    def found(self) -> bool:
        """Whether the recording carries the mark: half of its sound, at least."""
        return self.share >= 0.5


class Detector:
    """The network that finds the mark."""

    def __init__(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        self._stacks = {name: Stack(tensors, f"decoder.{name}_layers") for name in _SCALES}

    def detect(self, samples: Samples) -> Detection:
        """Look for the mark. Shapes: samples [S] at `RATE_HZ`"""
        scores = self.scores(samples)
        return Detection(len(scores), sum(score > THRESHOLD for score in scores))

    def scores(self, samples: Samples) -> list[float]:
        """How sure the network is of each second with sound in it."""
        if not len(samples):
            return []
        noise = NOISE * np.sqrt(np.square(samples).mean())
        step = PIECE_S * RATE_HZ
        pieces = [samples[start : start + step] for start in range(0, len(samples), step)]
        return [score for piece in pieces for score in self._piece(piece, noise)]

    def _piece(self, samples: Samples, noise: np.float32) -> list[float]:
        hiss = np.random.default_rng(0).standard_normal(len(samples), np.float32)
        # Digital silence stays as it is: what has no sound is not looked at.
        padded = np.pad(samples + noise * hiss * (samples != 0), WINDOW_SAMPLES // 2)
        seen = levels(np.abs(spectra(padded, 1 + len(samples) // HOP_SAMPLES)))
        heights = seen.sum(1)
        sounds = heights > SOUND * heights.max()
        low = seen[:, : self._stacks["normal"].bands]
        read = [_back(stack(_scaled(low, _SCALES[name])), len(low)) for name, stack in self._stacks.items()]
        found = []
        for start in range(0, len(low), FRAMES_PER_S):
            here = np.flatnonzero(sounds[start : start + FRAMES_PER_S]) + start
            if len(here) >= FRAMES_PER_S // 4:
                trust, mark = np.array([frames[here].mean(0) for frames in read]).T
                weight = np.exp(trust - trust.max())
                found.append(float((mark * weight).sum() / weight.sum()))
        return found


def _scaled(frames: Frames, scale: float) -> Frames:
    """The same frames at another speed."""
    if scale == 1:
        return frames
    places = np.linspace(0, len(frames) - 1, max(1, int(len(frames) * scale)))
    below = places.astype(np.intp)
    above = np.minimum(below + 1, len(frames) - 1)
    share = (places - below).astype(np.float32)[:, None]
    return frames[below] * (1 - share) + frames[above] * share


def _back(frames: Frames, count: int) -> Frames:
    """One frame for each that there was before `_scaled`."""
    return frames[np.minimum(np.arange(count) * len(frames) // count, len(frames) - 1)]
