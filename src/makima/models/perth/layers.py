"""The network's stacks of convolutions over time, whole and in a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Frames: TypeAlias = NDArray[np.float32]
"""[T, C] float32."""

_SLOPE: Final = np.float32(0.01)

BLOCK_FRAMES: Final = 8
"""The number of frames that are computed at once, always the same: sums of other lengths round differently, so that
audio in other pieces would not be the same to the last bit."""

_TILE: Final = 128
"""The number of outputs of one product. BLAS computes a product of this size in one thread: on a busy machine, waiting
for a second thread takes seven times as long as computing all of it."""


class Convolution:
    """One layer. Shapes: weight [O, I, K], bias [O]"""

    def __init__(self, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        outs, self.ins, self.taps = (int(size) for size in weight.shape)
        self._bias = bias
        self._tiles = [
            [np.ascontiguousarray(weight[start : start + _TILE, :, tap].T) for start in range(0, outs, _TILE)]
            for tap in range(self.taps)
        ]

    def __call__(self, frames: Frames) -> Frames:
        """Without padding. Shapes: [T + K - 1, I] -> [T, O]"""
        count = len(frames) - self.taps + 1
        found = np.tile(self._bias, (count, 1))
        for start in range(0, count, BLOCK_FRAMES):
            block = found[start : start + BLOCK_FRAMES]
            for tap, tiles in enumerate(self._tiles):
                seen = frames[start + tap : start + tap + len(block)]
                for place, tile in enumerate(tiles):
                    block[:, place * _TILE : place * _TILE + tile.shape[1]] += seen @ tile
        return found


class Stack:
    """Convolutions with a leaky ReLU after each but the last."""

    def __init__(self, tensors: Mapping[str, NDArray[np.float32]], prefix: str) -> None:
        self._layers: list[Convolution] = []
        while (name := f"{prefix}.{len(self._layers)}.conv") + ".weight" in tensors:
            self._layers.append(Convolution(tensors[f"{name}.weight"], tensors[f"{name}.bias"]))

    @property
    def bands(self) -> int:
        """How many inputs a frame has."""
        return self._layers[0].ins

    @property
    def delay_frames(self) -> int:
        """How far ahead the output of a frame looks."""
        return sum(layer.taps // 2 for layer in self._layers)

    def __call__(self, frames: Frames) -> Frames:
        """Of a whole clip. Shapes: [T, C] -> [T, O]"""
        for layer in self._layers:
            side = layer.taps // 2
            frames = self._bent(layer, layer(np.pad(frames, ((side, side), (0, 0)))))
        return frames

    def init_state(self) -> list[Frames]:
        """What came before a stream's first frame, by layer: nothing."""
        return [np.zeros((layer.taps - 1, layer.ins), np.float32) for layer in self._layers]

    def forward(self, frames: Frames, state: list[Frames]) -> Frames:
        """Of the next frames of a stream, advancing `state` in place: as many out as in, `delay_frames` late."""
        for place, layer in enumerate(self._layers):
            known = np.concatenate([state[place], frames])
            state[place] = known[len(known) - layer.taps + 1 :]
            frames = self._bent(layer, layer(known))
        return frames

    def _bent(self, layer: Convolution, frames: Frames) -> Frames:
        return frames if layer is self._layers[-1] else np.where(frames < 0, _SLOPE * frames, frames)
