"""The model with its slots: prompts in, one frame for every active slot a step, audio out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from torch import Tensor

from makima.engines.qwen3.ahead import DecodingAhead
from makima.engines.qwen3.graphs import CodecGraphs, SpeechGraphs, size_for, sizes
from makima.engines.qwen3.prefixes import Key, Prefixes
from makima.engines.qwen3.primed import HeardPiece, PrimedStates, heard_pieces
from makima.events import Samples
from makima.models.qwen3 import Qwen3TTS, Sampling
from makima.models.qwen3.native_codec import NativeCodecDecoder, NativeCodecState
from makima.nn.graph import Recorder, recorder_for


class Ending(Enum):
    """How a slot's utterance ended: at the model's own end, or because its scores were no numbers."""

    EOS = auto()
    BROKEN = auto()


@dataclass(frozen=True, slots=True)
class Frame:
    """What was chosen for a slot: codes [K], and how likely the end would have been."""

    codes: Tensor
    eos_log_probability: float


class Batch:
    """Slots of one model. A slot is begun, stepped while it has text, and freed; the others never notice.

    Every frame of a slot is two halves: `choose` picks its codes and makes its audio, `advance` feeds the codes back
    together with the next piece of text. Between them a slot may wait for text as long as it must.

    A GPU steps all slots at once, and so do the native kernels, which read the weights once for all rows and leave out
    those that rest. PyTorch on the CPU steps one after the other: sixteen rows, of which most are idle, take it ten
    times as long as one.

    On CUDA the steps are graphs, recorded here and now; `graphs` asks for other ones, or for none. Graphs step the
    slots up to the last active one: whoever hands slots out gives the lowest that is free.
    """

    def __init__(
        self, model: Qwen3TTS, slots: int, capacity: int, *, graphs: Recorder | Literal["auto"] | None = "auto"
    ) -> None:
        self.model = model
        self.slots = slots
        self.capacity = capacity
        recorder = recorder_for(model.device) if isinstance(graphs, str) else graphs
        # PyTorch's threads spin for milliseconds after each of the small things it still does beside the kernels, on
        # cores these need: a frame took 62 ms with them, 57 without, and 84 where the system put both on one core.
        self._threads = one_torch_thread if model.native else nullcontext
        apart = model.device.type == "cpu" and not model.native and recorder is None
        together = 1 if apart else slots
        # A GPU runs most prompts in one piece, so that none begins with another's.
        prefixes = Prefixes() if model.device.type == "cpu" else None
        self._speech = [
            _SpeechRows(model, first, together, capacity, prefixes, recorder) for first in range(0, slots, together)
        ]
        self._codec = [_CodecRows(model, first, together, recorder) for first in range(0, slots, together)]
        self._lengths = [0] * slots
        self._ahead: DecodingAhead | None = None
        self._decoded: dict[int, Samples] = {}
        if isinstance(model.decoder, NativeCodecDecoder) and DecodingAhead.possible():
            (codec,) = self._codec
            self._ahead = DecodingAhead(self.decode, codec.help, model.decoder.lanes)

    @property
    def decodes_ahead(self) -> bool:
        """Whether audio is made beside the next frame, so that it pays to come for it later."""
        return self._ahead is not None

    @torch.inference_mode()
    def begin(self, slot: int, embeds: Tensor, context: Tensor | None, sampling: Sampling) -> None:
        """Start an utterance in a free slot: its prompt is run, and the codec hears `context`, a reference's codes.

        Shapes: embeds [P, H]; context [R, K]
        """
        with self._threads():
            _of(self._speech, slot).begin(slot, embeds, sampling)
            _of(self._codec, slot).begin(slot)
        self._lengths[slot] = len(embeds)
        for piece in self.to_hear(slot, context):
            self.hear(slot, piece)

    @torch.inference_mode()
    def to_hear(self, slot: int, context: Tensor | None) -> list[HeardPiece]:
        """What a slot that was begun without a context must still `hear` of it, piece by piece, before it is decoded.

        Nothing where the very same context was heard before: the codec is then where it was after it.
        """
        return [] if context is None else _of(self._codec, slot).to_hear(slot, context)

    @torch.inference_mode()
    def hear_anew(self, slot: int, context: Tensor | None) -> list[HeardPiece]:
        """The same from the start, after a piece that failed half-way."""
        _of(self._codec, slot).begin(slot)
        return self.to_hear(slot, context)

    @torch.inference_mode()
    def hear(self, slot: int, piece: HeardPiece) -> None:
        """Have the codec hear a piece of what came before an utterance."""
        with self._threads():
            _of(self._codec, slot).hear(slot, piece)

    @torch.inference_mode()
    def extend(self, slot: int, embeds: Tensor) -> None:
        """Run more of the prompt of a slot that was begun. Shapes: embeds [P, H]"""
        with self._threads():
            _of(self._speech, slot).extend(slot, embeds, self._lengths[slot])
        self._lengths[slot] += len(embeds)

    @torch.inference_mode()
    def choose(self, slots: list[int], unfinished: Collection[int] = ()) -> dict[int, Frame | Ending]:
        """The next frame of each of `slots`, or how its utterance has ended, which those `unfinished` may not."""
        chosen: dict[int, Frame | Ending] = {}
        for rows, mine in _shares(self._speech, slots):
            open_slots = [slot for slot in mine if slot in unfinished]
            with self._threads():
                chosen |= zip(mine, rows.choose(mine, open_slots), strict=True)
        return chosen

    @torch.inference_mode()
    def decode(self, frames: Mapping[int, Tensor]) -> dict[int, Samples]:
        """The audio of one frame of each slot. Shapes: codes [K] -> [frame_samples]"""
        heard: dict[int, Samples] = {}
        for rows, mine in _shares(self._codec, list(frames)):
            codes = torch.stack([frames[slot] for slot in mine])
            with self._threads():
                heard |= zip(mine, rows.decode(mine, codes), strict=True)
        return heard

    def start_decoding(self, frames: Mapping[int, Tensor]) -> None:
        """Begin what `decode` does. Until `finish_decoding` nothing may be begun; frames may be chosen and fed back.

        Raises: as `decode`, now or in `finish_decoding`
        """
        if self._ahead is not None:
            self._ahead.start(frames)
        else:
            self._decoded = self.decode(frames)

    def finish_decoding(self) -> dict[int, Samples]:
        """The audio of what was begun last; nothing where nothing was."""
        if self._ahead is not None:
            return self._ahead.finish()
        heard, self._decoded = self._decoded, {}
        return heard

    @torch.inference_mode()
    def advance(self, texts: Mapping[int, Tensor | None]) -> None:
        """Feed back the frame that each slot has chosen, with the text that goes with it: [H], or None for no more."""
        for rows, mine in _shares(self._speech, list(texts)):
            with self._threads():
                rows.advance({slot: texts[slot] for slot in mine}, {slot: self._lengths[slot] for slot in mine})
            for slot in mine:
                self._lengths[slot] += 1

    def free(self, slot: int) -> None:
        """Give a slot back. It is cleared when it is begun again."""
        self._lengths[slot] = 0

    def room(self, slot: int) -> int:
        """How many more frames fit into a slot."""
        return self.capacity - self._lengths[slot]


class _Rows:
    """Neighbouring slots that are stepped together. Callers name slots; inside, each has its place."""

    def __init__(self, model: Qwen3TTS, first: int, size: int, recorder: Recorder | None) -> None:
        self.slots = range(first, first + size)
        self._model, self._size = model, size
        self._prefixes = [size] if recorder is None else sizes(size)
        self._pinned = model.device.type == "cuda"

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
        return tensor.to(self._model.device, non_blocking=True)


class _SpeechRows(_Rows):
    """Slots of talker and code predictor."""

    def __init__(
        self,
        model: Qwen3TTS,
        first: int,
        size: int,
        capacity: int,
        prefixes: Prefixes | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(model, first, size, recorder)
        self._capacity, self._known = capacity, prefixes
        self._run: dict[int, Key] = {}  # what names the prompt of each slot, as far as it was run
        self._pad = model.prompts.pad_embedding()
        self._state = model.generator.init_state(size, capacity)
        self._graphs = None if recorder is None else SpeechGraphs(model.generator, self._state, recorder)

    def begin(self, slot: int, embeds: Tensor, sampling: Sampling) -> None:
        if self._size == 1 and self._graphs is None:
            # Untouched memory costs nothing: cheaper than clearing what may be a long past.
            self._state = self._model.generator.init_state(1, self._capacity)
        else:
            # All of the row is cleared, however long those beside it are. The kernels look at a row's own past alone,
            # and clearing the rest would only make memory of what was never written.
            row = self._state.narrow(slot - self.slots.start, 1)
            row.talker.span = 0 if self._model.native else self._capacity
            row.reset(self._sent(torch.ones(1, dtype=torch.bool)))
        self._model.generator.set_sampling(self._state, slot - self.slots.start, sampling)
        self._run[slot] = b""
        self.extend(slot, embeds, 0)

    def extend(self, slot: int, embeds: Tensor, before: int) -> None:
        generator, place, stop = self._model.generator, slot - self.slots.start, before + len(embeds)
        if self._known is None:
            generator.extend(self._state, place, embeds, before)
            return
        key, row = self._known.key(self._run[slot], embeds), self._state.narrow(place, 1)
        if self._known.recall(key, row, before):
            self._state.talker.span = max(self._state.talker.span, stop)
        else:
            generator.extend(self._state, place, embeds, before)
            self._known.keep(key, row, before, stop)
        self._run[slot] = key

    def choose(self, slots: list[int], unfinished: list[int]) -> list[Frame | Ending]:
        rows = self._rows(slots)
        active, open_slots = self._mask(slots, rows), self._mask(unfinished, rows)
        if self._graphs is not None:
            told = self._graphs.choose(active, open_slots)
        else:
            told = self._model.generator.choose_frame(self._state, self._sent(active), self._sent(open_slots))
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
        self._state.talker.span = longest
        # Tried again after it ran out of memory half-way, a step must not come after itself.
        self._state.talker.position[self._places(lengths)] = torch.tensor(list(lengths.values()), device=active.device)
        self._model.generator.advance(self._state, text, self._sent(active))

    def _told(self, row: Tensor) -> Frame | Ending:
        if not bool(row[0]):
            return Ending.BROKEN
        codes = row[2:].long()
        return Ending.EOS if int(codes[0]) == self._model.generator.eos else Frame(codes, float(row[1]))


class _CodecRows(_Rows):
    """Slots of the codec's decoder."""

    def __init__(self, model: Qwen3TTS, first: int, size: int, recorder: Recorder | None = None) -> None:
        super().__init__(model, first, size, recorder)
        self._state = model.decoder.init_state(size)
        # The whole ring from the first frame on: what is looked at, and so how sums round, is then always the same.
        ring = self._state.pre_transformer
        ring.span = ring.keys.shape[3]
        self._primed = PrimedStates()
        books = model.config.talker.codebooks
        self._graphs = None if recorder is None else CodecGraphs(model.decoder, self._state, size, books, recorder)

    def begin(self, slot: int) -> None:
        self._row(slot).reset(self._sent(torch.ones(1, dtype=torch.bool)))

    def to_hear(self, slot: int, context: Tensor) -> list[HeardPiece]:
        if self._primed.recall(context, self._row(slot)):
            return []
        return heard_pieces(context, self._model.decoder.reach_frames, on_cpu=self._model.device.type == "cpu")

    def hear(self, slot: int, piece: HeardPiece) -> None:
        row = self._row(slot)
        active = self._sent(torch.ones(1, dtype=torch.bool))
        decoder = self._model.decoder
        (decoder if piece.reaches else decoder.pass_over)(piece.codes.T[None], row, active)
        if piece.last:
            self._primed.keep(piece.context, row)

    def _row(self, slot: int) -> Any:
        (place,) = self._places([slot])
        return self._state.narrow(place, 1)

    def help(self) -> bool:
        """Take part in what another thread decodes on the kernels."""
        assert isinstance(self._model.decoder, NativeCodecDecoder)
        assert isinstance(self._state, NativeCodecState)
        return self._model.decoder.help(self._state)

    def decode(self, slots: list[int], codes: Tensor) -> list[Samples]:
        places = self._places(slots)
        rows = self._rows(slots)
        laid_out = torch.zeros(rows, codes.shape[1], 1, dtype=torch.int64, pin_memory=self._pinned)
        laid_out[places, :, 0] = codes
        active = self._mask(slots, rows)
        if self._graphs is not None:
            audio = self._graphs.decode(laid_out, active)
        else:
            audio = self._model.decoder(self._sent(laid_out), self._state, self._sent(active))
        return [np.ascontiguousarray(row) for row in audio.float().cpu()[places].numpy()]


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Have PyTorch work in the calling thread alone."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


R = TypeVar("R", bound=_Rows)


def _of(groups: Iterable[R], slot: int) -> R:
    return next(rows for rows in groups if slot in rows.slots)


def _shares(groups: Iterable[R], slots: Iterable[int]) -> list[tuple[R, list[int]]]:
    shares = ((rows, [slot for slot in slots if slot in rows.slots]) for rows in groups)
    return [(rows, mine) for rows, mine in shares if mine]
