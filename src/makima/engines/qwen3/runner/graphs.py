"""The steps of a runner as recorded graphs: one for each number of rows, and for each span that attention looks over.

Slots are stepped as a prefix: the rows up to the last one that is active, rounded up to a number there is a graph for.
Those in between that rest are masked, as without graphs. docs/decisions/0007-cuda-graphs.md says why.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from makima.models.qwen3.codec.decoder import CodecDecoder, CodecDecoderState
from makima.models.qwen3.generation import FrameGenerator, GenerationState
from makima.models.qwen3.sampling import SamplerState, Sampling
from makima.nn.graph import Graph, Recorder

SHORTEST_SPAN: Final = 256
"""Positions that the shortest graphs look over: most prompts of a cloned voice and the first seconds of speech."""


def sizes(most: int, least: int = 1) -> list[int]:
    """What there are graphs for: `least` and its doublings below `most`, and `most` itself."""
    found = [most]
    while least < most:
        found.insert(-1, least)
        least *= 2
    return found


def size_for(needed: int, offered: list[int]) -> int:
    """The smallest of those offered that is enough; the largest is always."""
    return next((size for size in offered if size >= needed), offered[-1])


class SpeechGraphs:
    """Talker step and frame choice over the slots of a state. All graphs for the usual settings are made at once.

    A prefix is as long as the masks that are passed in, which must be one of the `sizes` of all slots.
    """

    def __init__(self, generator: FrameGenerator, state: GenerationState, recorder: Recorder) -> None:
        self._generator, self._state, self._recorder = generator, state, recorder
        slots, width = state.hidden.shape
        self._spans = sizes(state.talker.capacity, SHORTEST_SPAN)
        self._text = torch.empty(slots, width, dtype=state.hidden.dtype, device="meta")
        usual = SamplerState.empty(1, generator.vocab, state.hidden.device)
        usual.set(0, Sampling(), generator.vocab, generator.predictor_vocab)
        self._choosing: dict[tuple[int, int, int], Graph] = {}
        self._advancing: dict[tuple[int, int], Graph] = {}
        # The largest first: those after it make do with its memory.
        for rows in reversed(sizes(slots)):
            self._record_choice(rows, usual.talker.depth, usual.predictor.depth)
            for span in reversed(self._spans):
                self._record_step(rows, span)

    def choose(self, active: Tensor, unfinished: Tensor) -> Tensor:
        """`FrameGenerator.choose_frame` of the first rows. Shapes: active, unfinished [n] bool -> [n, 2 + K] float64"""
        sampler = self._state.sampler
        key = len(active), sampler.talker.depth, sampler.predictor.depth
        graph = self._choosing.get(key) or self._record_choice(*key)
        told = graph(active=active, unfinished=unfinished)
        assert told is not None
        return told

    def advance(self, text: Tensor, active: Tensor, longest: int) -> None:
        """`FrameGenerator.advance` of the first rows, the longest of which has had `longest` steps.

        Shapes: text [n, H], active [n] bool
        """
        span = size_for(longest + 1, self._spans)
        self._advancing[len(active), span](text=text, active=active)

    def _record_choice(self, rows: int, depth: int, predictor_depth: int) -> Graph:
        view = self._state.narrow(0, rows)
        view.sampler.talker.depth, view.sampler.predictor.depth = depth, predictor_depth

        def choose(active: Tensor, unfinished: Tensor) -> Tensor:
            return self._generator.choose_frame(view, active, unfinished)

        graph = Graph(choose, self._recorder, active=_mask(rows), unfinished=_mask(rows))
        self._choosing[rows, depth, predictor_depth] = graph
        return graph

    def _record_step(self, rows: int, span: int) -> None:
        view = self._state.narrow(0, rows)

        def advance(text: Tensor, active: Tensor) -> None:
            view.talker.span = span - 1  # which the step itself adds one to
            self._generator.advance(view, text, active)

        graph = Graph(advance, self._recorder, text=self._text[:rows], active=_mask(rows))
        self._advancing[rows, span] = graph


class CodecGraphs:
    """The codec's decoder over the slots of a state, a frame at a time. Prefixes as those of `SpeechGraphs`."""

    def __init__(
        self, decoder: CodecDecoder, state: CodecDecoderState, slots: int, codebooks: int, recorder: Recorder
    ) -> None:
        largest_first = reversed(sizes(slots))
        self._graphs = {rows: _record_codec(decoder, state, rows, codebooks, recorder) for rows in largest_first}

    def decode(self, codes: Tensor, active: Tensor) -> Tensor:
        """Shapes: codes [n, K, 1] int64, active [n] bool -> [n, S] float32"""
        audio = self._graphs[len(active)](codes=codes, active=active)
        assert audio is not None
        return audio


def _record_codec(
    decoder: CodecDecoder, state: CodecDecoderState, rows: int, codebooks: int, recorder: Recorder
) -> Graph:
    view = state.narrow(0, rows)

    def decode(codes: Tensor, active: Tensor) -> Tensor:
        audio: Tensor = decoder(codes, view, active)
        return audio

    codes = torch.empty(rows, codebooks, 1, dtype=torch.int64, device="meta")
    return Graph(decode, recorder, codes=codes, active=_mask(rows))


def _mask(rows: int) -> Tensor:
    return torch.empty(rows, dtype=torch.bool, device="meta")
