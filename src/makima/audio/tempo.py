"""Faster or slower speech at the same pitch, as a stream."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from makima import installation
from makima.audio.pcm import Encoding, decode, encode
from makima.errors import AssetError, InvalidMessage
from makima.events import Samples

if TYPE_CHECKING:
    import av.filter

MIN_SPEED = 0.25
MAX_SPEED = 4.0

_LEAST_STAGE, _MOST_STAGE = 0.5, 2.0
"""Within this FFmpeg's filter stretches by overlapping; beyond it drops samples, so two stages are chained."""


def check_speed(speed: float) -> float:
    """`speed` as it is.

    Raises: InvalidMessage where it is out of range; AssetError where the filter is not installed
    """
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise InvalidMessage(f"speed: {speed:g} is out of range.", mend=f"Use {MIN_SPEED:g} to {MAX_SPEED:g}.")
    if speed != 1.0 and find_spec("av") is None:
        raise AssetError("av", "Another speed than 1 needs it.", mend=installation.run_install())
    return speed


class Tempo:
    """Changes the tempo of a stream of samples and keeps the pitch.

    Units: after `flush`, samples out are about samples in / speed
    """

    def __init__(self, rate_hz: int, speed: float) -> None:
        self._rate_hz = rate_hz
        self._samples = 0
        self._graph: av.filter.Graph | None = None
        if check_speed(speed) == 1.0:
            return
        import av.filter

        graph = av.filter.Graph()
        source = graph.add_abuffer(format="flt", sample_rate=rate_hz, layout="mono")
        nodes = [source, *(graph.add("atempo", f"{stage:.6f}") for stage in _stages(speed))]
        nodes.append(graph.add("abuffersink"))
        for before, after in pairwise(nodes):
            before.link_to(after)
        graph.configure()
        self._graph = graph

    def push(self, samples: Samples) -> Samples:
        """The samples that are settled after `samples` [S]."""
        if self._graph is None or not len(samples):
            return samples
        import av

        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32)[None], format="flt", layout="mono")
        frame.sample_rate = self._rate_hz
        frame.pts = self._samples
        self._samples += len(samples)
        self._graph.push(frame)
        return self._pulled()

    def flush(self) -> Samples:
        """The samples that are still inside. The stage is not used after this."""
        if self._graph is None or not self._samples:
            return np.zeros(0, np.float32)
        self._graph.push(None)
        return self._pulled()

    def push_pcm(self, pcm: bytes) -> bytes:
        """The same as `push`, of PCM (s16le). Without a change of speed it is not touched."""
        return pcm if self._graph is None else encode(self.push(decode(pcm, Encoding.PCM16)), Encoding.PCM16)

    def flush_pcm(self) -> bytes:
        """The same as `flush`, as PCM (s16le)."""
        return encode(self.flush(), Encoding.PCM16)

    def _pulled(self) -> Samples:
        import av

        assert self._graph is not None
        pieces: list[Samples] = []
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                break
            assert isinstance(frame, av.AudioFrame)
            pieces.append(np.asarray(frame.to_ndarray(), np.float32).reshape(-1))
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _stages(speed: float) -> list[float]:
    """Factors within what one stage takes, whose product is `speed`."""
    stages: list[float] = []
    while speed > _MOST_STAGE:
        stages.append(_MOST_STAGE)
        speed /= _MOST_STAGE
    while speed < _LEAST_STAGE:
        stages.append(_LEAST_STAGE)
        speed /= _LEAST_STAGE
    return [*stages, speed]
