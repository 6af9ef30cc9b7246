"""Neighbouring slots that are stepped together: of the language models, and of the codec's decoder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np
import torch
from torch import Tensor

from makima.engines.qwen3.runner.codec_cache import CodecCache, ContextPiece, context_pieces
from makima.engines.qwen3.runner.graphs import CodecGraphs, SpeechGraphs, size_for, sizes
from makima.engines.qwen3.runner.prefix_cache import Key, PrefixCache
from makima.events import Samples
from makima.models.qwen3.kernels.codec import NativeCodecDecoder, NativeCodecState
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling
from makima.nn.graph import Recorder


class Ending(Enum):
    """How a slot's utterance ended: at the model's own end, or because its scores were no numbers."""

    EOS = auto()
    BROKEN = auto()


@dataclass(frozen=True, slots=True)
class Frame:
    """What was chosen for a slot: codes [K], and how likely the end would have been."""

    codes: Tensor
    eos_log_probability: float


class Rows:
    """Neighbouring slots that are stepped together. Callers name slots; inside, each has its place."""

    def __init__(self, model: Qwen3TTS, first: int, size: int, recorder: Recorder | None) -> None:
        self.slots = range(first, first + size)
        self._model, self._size = model, size
        self._prefixes = [size] if recorder is None else sizes(size)
        self._device = model.device
        self._pinned = self._device.type == "cuda"
        self._one = torch.ones(1, dtype=torch.bool, device=self._device)  # the mask of a row alone

    def _places(self, slots: Iterable[int]) -> list[int]:
        return [slot - self.slots.start for slot in slots]

    def _rows(self, slots: Iterable[int]) -> int:
        """How many of the first places are stepped for these slots."""
        return size_for(max(self._places(slots)) + 1, self._prefixes)

    def _mask(self, slots: Iterable[int], rows: int) -> Tensor:
        """The first `rows` places, of which `slots` are true; on the host, whence nothing waits for its copy."""
        mask = torch.zeros(rows, dtype=torch.bool, pin_memory=self._pinned)
        mask[self._places(slots)] = True
        return mask

    def _sent(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._device, non_blocking=True)


class SpeechRows(Rows):
    """Slots of talker and code predictor."""

    def __init__(
        self,
        model: Qwen3TTS,
        first: int,
        size: int,
        capacity: int,
        prefix_cache: PrefixCache | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(model, first, size, recorder)
        self._capacity, self.prefix_cache = capacity, prefix_cache
        self._run: dict[int, Key] = {}  # what names the prompt of each slot, as far as it was run
        self._pad = model.prompts.pad_embedding()
        self.state = model.generator.init_state(size, capacity)
        self._views = [self.state.row(place) for place in range(size)]
        self._graphs = None if recorder is None else SpeechGraphs(model.generator, self.state, recorder)

    def begin(self, slot: int, embeds: Tensor, sampling: Sampling) -> None:
        if self._size == 1 and self._graphs is None:
            # Untouched memory costs nothing: cheaper than clearing what may be a long past.
            self.state = self._model.generator.init_state(1, self._capacity)
            self._views = [self.state]
        else:
            # All of the row is cleared, however long those beside it are. The kernels look at a row's own past alone,
            # and clearing the rest would only make memory of what was never written.
            row = self._views[slot - self.slots.start]
            row.talker.span = 0 if self._model.native else self._capacity
            row.reset(self._one)
        self._model.generator.set_sampling(self.state, slot - self.slots.start, sampling)
        self._run[slot] = b""
        self.extend(slot, embeds, 0)

    def extend(self, slot: int, embeds: Tensor, before: int) -> None:
        generator, place, stop = self._model.generator, slot - self.slots.start, before + len(embeds)
        if self.prefix_cache is None:
            generator.extend(self.state, place, embeds, before)
            return
        row = self._views[place]
        key, known = self.prefix_cache.recall(self._run[slot], embeds, row, before)
        if known:
            self.state.talker.span = max(self.state.talker.span, stop)
        else:
            generator.extend(self.state, place, embeds, before)
            self.prefix_cache.keep(key, row, before, stop)
        self._run[slot] = key

    def choose(self, slots: list[int], unfinished: list[int]) -> list[Frame | Ending]:
        rows = self._rows(slots)
        active, open_slots = self._mask(slots, rows), self._mask(unfinished, rows)
        if self._graphs is not None:
            told = self._graphs.choose(active, open_slots)
        else:
            told = self._model.generator.choose_frame(self.state, self._sent(active), self._sent(open_slots))
        # The one transfer to the host, which waits here and nowhere else.
        return [self._told(row) for row in told.cpu()[self._places(slots)]]

    def advance(self, texts: Mapping[int, Tensor | None], lengths: Mapping[int, int]) -> None:
        rows, longest = self._rows(texts), max(lengths.values())
        spoken = [texts.get(self.slots.start + place) for place in range(rows)]
        text = torch.stack([self._pad if row is None else row for row in spoken])
        active = self._mask(texts, rows)
        if self._graphs is not None:
            self._graphs.advance(text, active, longest)
            return
        # The cache looks no further back than the longest utterance that goes on.
        self.state.talker.span = longest
        # Tried again after it ran out of memory half-way, a step must not come after itself.
        self.state.talker.position[self._places(lengths)] = torch.tensor(list(lengths.values()), device=active.device)
        self._model.generator.advance(self.state, text, self._sent(active))

    def _told(self, row: Tensor) -> Frame | Ending:
        if not bool(row[0]):
            return Ending.BROKEN
        codes = row[2:].long()
        return Ending.EOS if int(codes[0]) == self._model.generator.eos else Frame(codes, float(row[1]))


class CodecRows(Rows):
    """Slots of the codec's decoder."""

    def __init__(self, model: Qwen3TTS, first: int, size: int, recorder: Recorder | None = None) -> None:
        super().__init__(model, first, size, recorder)
        self.state = model.decoder.init_state(size)
        # The whole ring from the first frame on: what is looked at, and so how sums round, is then always the same.
        ring = self.state.pre_transformer
        ring.span = ring.keys.shape[3]
        self._views = [self.state.row(place) for place in range(size)]
        self.codec_cache = CodecCache()
        books = model.config.talker.codebooks
        self._graphs = None if recorder is None else CodecGraphs(model.decoder, self.state, size, books, recorder)

    def begin(self, slot: int) -> None:
        self._row(slot).reset(self._one)

    def context_pieces(self, slot: int, context: Tensor) -> list[ContextPiece]:
        if self.codec_cache.recall(context, self._row(slot)):
            return []
        return context_pieces(context, self._model.decoder.reach_frames, on_cpu=self._device.type == "cpu")

    def run_context(self, slot: int, piece: ContextPiece) -> None:
        row = self._row(slot)
        decoder = self._model.decoder
        (decoder if piece.reaches else decoder.pass_over)(piece.codes.T[None], row, self._one)
        if piece.last:
            self.codec_cache.keep(piece.context, row)

    def _row(self, slot: int) -> Any:
        return self._views[slot - self.slots.start]

    def help(self) -> bool:
        """Take part in what another thread decodes on the kernels."""
        assert isinstance(self._model.decoder, NativeCodecDecoder)
        assert isinstance(self.state, NativeCodecState)
        return self._model.decoder.help(self.state)

    def decode(self, slots: list[int], codes: Tensor) -> list[Samples]:
        places = self._places(slots)
        rows = self._rows(slots)
        laid_out = torch.zeros(rows, codes.shape[1], 1, dtype=torch.int64, pin_memory=self._pinned)
        laid_out[places, :, 0] = codes
        active = self._mask(slots, rows)
        if self._graphs is not None:
            audio = self._graphs.decode(laid_out, active)
        else:
            audio = self._model.decoder(self._sent(laid_out), self.state, self._sent(active))
        return [np.ascontiguousarray(row) for row in audio.float().cpu()[places].numpy()]
