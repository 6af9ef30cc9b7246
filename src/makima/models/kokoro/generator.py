"""Kokoro's last part on the native kernels: from frames and the source's spectrum to audio.

It is the generator of iSTFTNet with instance norms that depend on the style: two levels that upsample, each with
residual blocks of dilated convolutions, then an inverse Fourier transform. In ONNX Runtime it takes nine tenths of the
time.

Source: the graph of Kokoro-82M v1.0, whose names are used; the weights' 8 bits are those of the file
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makima.events import Samples
from makima.models.kokoro.graph_file import GraphFile
from makima.nn.native.library import instruction_set, tiles, words_pay
from makima.nn.native.memory import Arena
from makima.nn.native.threads import ThreadPool
from makima.nn.native.vocoder import (
    ADD,
    LEAKY,
    SNAKE,
    STORE,
    Buffer,
    Filter,
    FilterKind,
    FilterWeights,
    NativeVocoder,
    packed_filter,
)

_AT: Final = "/decoder/decoder/generator/"
_OF: Final = "decoder.decoder.generator."
FRONT_OUTPUTS: Final = (f"{_AT}LeakyRelu_output_0", f"{_AT}Concat_3_output_0", "/decoder/Slice_output_0")
"""Where the graph is cut: the frames [1, 512, T], the source's spectrum [1, 22, 60 T + 1], the style [1, 128]."""

_LATENT, _SOURCE, _SOURCE_ROWS, _HEAD, _FIRST_OWN = range(5)
_FRAME_CHANNELS: Final = 512
_BINS: Final = 22
"""Of the source: 11 magnitudes and 11 phases, and as many come out."""
_SPACE: Final = 32
"""Channels that rows of the source have, and of what comes out: a whole tile."""
_RATES: Final = (10, 6)
_CHANNELS: Final = (256, 128)
_DILATIONS: Final = (1, 3, 5)
_BLOCKS: Final = 3
"""Residual blocks a level, whose mean is taken."""
_SLOPE, _LAST_SLOPE = 0.1, 0.01
_HOP, _GAIN, _TRIM = 5, 4.0, 10
_LEAD_ROWS: Final = 3
"""Rows of zeros before the source's: the padding of its first convolution."""
_STRIDE: Final = 6
"""Of that convolution, in rows; its kernel is two of these."""


@dataclass(slots=True)
class _Norms:
    """The linear layers that make factors and shifts of the style, joined. Shapes: matrices [128, N], biases [N]"""

    matrices: list[NDArray[np.float32]] = field(default_factory=list)
    biases: list[NDArray[np.float32]] = field(default_factory=list)
    width: int = 0

    def add(self, matrix: NDArray[np.float32], bias: NDArray[np.float32]) -> int:
        """Where this layer's part begins. Its first half are factors, less one."""
        at, channels = self.width, len(bias) // 2
        self.matrices.append(matrix)
        self.biases.append(bias + np.repeat(np.array([1, 0], np.float32), channels))
        self.width += len(bias)
        return at


class Generator:
    """The generator of a graph. One run at a time.

    Raises: AssetError where the graph is built in another way, or there are no kernels
    """

    def __init__(
        self,
        graph: GraphFile,
        pool: ThreadPool,
        *,
        kind: FilterKind | None = None,
        instruction_set: str | None = None,
    ) -> None:
        self.kind = kind or best_kind()
        reader = _Reader(graph, self.kind)
        level = [reader.level(number) for number in (0, 1)]
        filters = [*level[0], *level[1], reader.head(2)]
        self._vocoder = NativeVocoder(filters, reader.buffers, pool=pool, instruction_set=instruction_set)
        self._norms = np.concatenate(reader.norms.matrices, axis=1), np.concatenate(reader.norms.biases)
        basis = graph.constant(graph.nodes[f"{_AT}istft/stft/ConvTranspose"].inputs[1])
        self._basis = np.ascontiguousarray(basis.reshape(_BINS, -1))

    def run(
        self,
        frames: NDArray[np.float32],
        source: NDArray[np.float32],
        style: NDArray[np.float32],
        stop: ctypes.c_int32 | None = None,
    ) -> Samples | None:
        """Audio; None where `stop` was set meanwhile.

        Shapes: frames [512, T], source [22, 60 T + 1], style [128] -> [300 T]
        """
        count = frames.shape[1]
        rows = 60 * count + 1
        latent = np.ascontiguousarray(frames.T, np.float32)
        spaced = np.zeros((rows + _STRIDE - 1, _SPACE), np.float32)
        spaced[_LEAD_ROWS : _LEAD_ROWS + rows, :_BINS] = source.T
        head = np.empty((rows, _SPACE), np.float32)
        matrix, bias = self._norms
        norms = np.ascontiguousarray(style @ matrix + bias, np.float32)
        if not self._vocoder.run(count, (latent, spaced, spaced[_LEAD_ROWS:], head), norms, stop):
            return None
        return self._audio(head)

    def _audio(self, head: NDArray[np.float32]) -> Samples:
        """The inverse transform. Shapes: [R, 32] -> [5 (R - 1)]"""
        bins = _BINS // 2
        magnitude, phase = np.exp(head[:, :bins]), np.sin(head[:, bins:_BINS])
        spectrum = np.concatenate([magnitude * np.cos(phase), magnitude * np.sin(phase)], axis=1)
        pieces = (spectrum @ self._basis).reshape(len(head), -1, _HOP)  # windows, each in hops
        audio = np.zeros((len(head) + pieces.shape[1] - 1, _HOP), np.float32)
        for hop in range(pieces.shape[1]):
            audio[hop : hop + len(head)] += pieces[:, hop]
        samples: Samples = audio.reshape(-1)[_TRIM:-_TRIM] * np.float32(_GAIN)
        return samples


def best_kind() -> FilterKind:
    """What takes the least time here. Raises: AssetError where there are no kernels"""
    if tiles():
        return "bfloat16"
    # With AVX2 alone words are two instructions for one of floats, and still took 0.48 s for 0.60.
    return "int16" if words_pay() or instruction_set() == "avx2" else "float32"


class _Reader:
    """Makes filters of a graph's nodes and constants, in the order in which they run."""

    def __init__(self, graph: GraphFile, kind: FilterKind) -> None:
        self._graph, self._kind, self._arena = graph, kind, Arena(8 << 20)
        self.norms = _Norms()
        self.buffers = [
            Buffer(_FRAME_CHANNELS, 1, given=0),
            Buffer(_STRIDE * _SPACE, 10, 1, given=1),  # the source, as many rows at once as it is strided by
            Buffer(_SPACE, 60, 1, given=2),  # the same, row by row
            Buffer(_SPACE, 60, 1, given=3),
        ]
        for channels, rows in zip(_CHANNELS, ((10, 0), (60, 1)), strict=True):
            self.buffers += [Buffer(channels, *rows) for _ in range(4)]

    def level(self, number: int) -> Iterator[Filter]:
        """What the source adds, the upsampling, and the residual blocks."""
        joined, middle, running, total = self._own(number)
        yield self._from_source(number, joined)
        yield from self._block(f"noise_res.{number}", joined, middle, joined)
        yield self._upsampling(number, joined)
        for block in range(_BLOCKS):
            name = f"resblocks.{number * _BLOCKS + block}"
            yield from self._block(name, joined, middle, running, total, STORE if block == 0 else ADD)

    def head(self, levels: int) -> Filter:
        """The spectrum of the audio."""
        node = self._graph.nodes[f"{_AT}conv_post/Conv"]
        weight = np.zeros((_SPACE, _CHANNELS[-1], 7), np.float32)
        weight[:_BINS] = self._graph.constant(node.inputs[1])
        weights = self._packed(weight, np.pad(self._graph.constant(node.inputs[2]), (0, _SPACE - _BINS)))
        lead = weights.taps // 2
        source = self._own(levels - 1)[3]
        return Filter(weights, source, _HEAD, lead=lead, activation=LEAKY, slope=_LAST_SLOPE, scale=1 / _BLOCKS)

    @staticmethod
    def _own(level: int) -> range:
        return range(_FIRST_OWN + 4 * level, _FIRST_OWN + 4 * level + 4)

    def _from_source(self, number: int, out: int) -> Filter:
        weight, bias = self._convolution(f"noise_convs.{number}")
        spaced = np.pad(weight, ((0, 0), (0, _SPACE - weight.shape[1]), (0, 0)))
        if number == 1:
            return Filter(self._packed(spaced, bias), _SOURCE_ROWS, out)
        outputs, channels, taps = spaced.shape  # rows in strides: two taps of as many channels as a stride has
        strided = spaced.reshape(outputs, channels, taps // _STRIDE, _STRIDE).transpose(0, 3, 1, 2)
        return Filter(self._packed(strided.reshape(outputs, -1, taps // _STRIDE), bias), _SOURCE, out)

    def _upsampling(self, number: int, joined: int) -> Filter:
        node = self._graph.nodes[f"{_AT}ups.{number}/ConvTranspose"]
        rate = _RATES[number]
        weight, bias = self._graph.constant(node.inputs[1]), self._graph.constant(node.inputs[2])
        weights = packed_filter(weight, bias, self._arena, self._kind, rate=rate)
        if number == 0:  # its activation is in what comes before the cut
            return Filter(weights, _LATENT, joined, joined, lead=1, skip=rate // 2)
        source, third = self._own(0)[3], 1 / _BLOCKS
        padded = Filter(weights, source, joined, joined, lead=1, skip=rate // 2 - 1, reflect=True)
        return replace(padded, activation=LEAKY, slope=_SLOPE, scale=third)

    def _block(
        self, name: str, source: int, middle: int, running: int, total: int = -1, adding: int = 0
    ) -> Iterator[Filter]:
        """A residual block. What it gives goes to `running`, or where there is a total, to that alone."""
        for place, dilation in enumerate(_DILATIONS):
            last = total >= 0 and place == len(_DILATIONS) - 1
            yield replace(self._normed(name, 1, place, dilation), source=source, out=middle)
            second = replace(self._normed(name, 2, place, 1), source=middle, residual=source)
            yield replace(second, total=total, adding=adding) if last else replace(second, out=running)
            source = running

    def _normed(self, name: str, which: int, place: int, dilation: int) -> Filter:
        """Norm, snake and convolution, from no buffer to none yet."""
        weights = self._packed(*self._convolution(f"{name}.convs{which}.{place}"))
        alpha = self._graph.constant(f"{_OF}{name}.alpha{which}.{place}").reshape(-1).astype(np.float32)
        norm = self.norms.add(*self._linear(f"{name}.adain{which}.{place}.fc"))
        lead = (weights.taps - 1) * dilation // 2
        normed = Filter(weights, -1, dilation=dilation, lead=lead, norm=norm)
        return replace(normed, activation=SNAKE, frequency=alpha, amplitude=np.reciprocal(alpha))

    def _packed(self, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> FilterWeights:
        return packed_filter(weight, bias, self._arena, self._kind)

    def _convolution(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Shapes: [outputs, inputs, taps], [outputs]"""
        head, _, tail = name.partition(".convs")
        path = f"{head}/convs{tail}" if tail else name
        node = self._graph.nodes[f"{_AT}{path}/Conv_quant"]
        scale = self._graph.constant(self._graph.nodes[f"{_OF}{name}.bias_scale_node"].inputs[1])
        return self._wide(node.inputs, scale), self._graph.constant(f"{_OF}{name}.bias")

    def _linear(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Shapes: [128, outputs], [outputs]"""
        path = name.replace(".adain", "/adain").replace(".fc", "/fc")
        node = self._graph.nodes[f"{_AT}{path}/Gemm_MatMul_quant"]
        scale = self._graph.constant(self._graph.nodes[f"{_AT}{path}/Gemm_MatMul_quant_scales_mul"].inputs[1])
        return self._wide(node.inputs, scale), self._graph.constant(f"{_OF}{name}.bias")

    def _wide(self, inputs: tuple[str, ...], scale: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weights of 8 bits as floats."""
        values, zero = (self._graph.constant(inputs[i]).astype(np.float32) for i in (1, 3))
        return (values - zero) * scale
