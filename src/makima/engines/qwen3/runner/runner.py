"""The model with its slots: prompts in, one frame for every active slot a step, audio out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import nullcontext
from typing import Literal, TypeVar

import torch
from torch import Tensor

from makima.engines.qwen3.runner.codec_cache import ContextPiece
from makima.engines.qwen3.runner.codec_thread import CodecThread
from makima.engines.qwen3.runner.prefix_cache import PrefixCache
from makima.engines.qwen3.runner.rows import CodecRows, Ending, Frame, Rows, SpeechRows
from makima.events import Samples
from makima.models.qwen3.kernels.codec import NativeCodecDecoder
from makima.models.qwen3.kernels.stack import NativeStack
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling
from makima.nn.graph import Recorder, recorder_for
from makima.nn.native.threads import usable_cores
from makima.nn.threads import one_torch_thread


class Runner:
    """Slots of one model. A slot is begun, stepped while it has text, and freed; the others never notice.

    Every frame of a slot is two halves: `choose` picks its codes and makes its audio, `advance` feeds the codes back
    together with the next piece of text. Between them a slot may wait for text as long as it must.

    A GPU steps all slots at once, and so do the native kernels, which read the weights once for all rows and leave out
    those that rest. PyTorch on the CPU steps one after the other: sixteen rows, of which most are idle, take it ten
    times as long as one.

    On CUDA the steps are graphs, recorded here; `graphs` asks for other ones, or for none. Graphs step the slots up to
    the last active one, so the lowest free slot is to be begun first.
    """

    def __init__(
        self,
        model: Qwen3TTS,
        slots: int,
        capacity: int,
        *,
        graphs: Recorder | Literal["auto"] | None = "auto",
        together: bool = False,
    ) -> None:
        """`together`: step all slots at once also where that is slower than one after the other."""
        self.model = model
        self.slots = slots
        self.capacity = capacity
        recorder = recorder_for(model.device) if isinstance(graphs, str) else graphs
        # PyTorch's threads spin for milliseconds after each of the small things it still does beside the kernels, on
        # cores these need: a frame took 62 ms with them, 57 without, and 84 where the system put both on one core.
        self._threads = one_torch_thread if model.native else nullcontext
        apart = model.device.type == "cpu" and not model.native and recorder is None and not together
        size = 1 if apart else slots
        # A GPU runs most prompts in one piece, so that none begins with another's.
        prefix_cache = PrefixCache() if model.device.type == "cpu" else None
        self.speech_rows = [
            SpeechRows(model, first, size, capacity, prefix_cache, recorder) for first in range(0, slots, size)
        ]
        self.codec_rows = [CodecRows(model, first, size, recorder) for first in range(0, slots, size)]
        self._lengths = [0] * slots
        self._codec_thread: CodecThread | None = None
        self._decoded: dict[int, Samples] = {}
        if isinstance(model.decoder, NativeCodecDecoder) and CodecThread.possible():
            (codec,) = self.codec_rows
            self._codec_thread = CodecThread(self.decode, codec.help, model.decoder.lanes)
        self._least_ahead = 2 if _fills_the_memory(model) else 1

    @property
    def decodes_ahead(self) -> bool:
        """Whether audio may be made beside the next frame."""
        return self._codec_thread is not None

    @property
    def decoding(self) -> bool:
        """Whether audio is being made beside what is done next, so that it pays to come for it later."""
        return self._codec_thread is not None and self._codec_thread.busy

    @torch.inference_mode()
    def begin(self, slot: int, embeds: Tensor, context: Tensor | None, sampling: Sampling) -> None:
        """Start an utterance in a free slot: its prompt is run, and the codec runs over `context`, a reference's codes.

        Shapes: embeds [P, H]; context [R, K]
        """
        with self._threads():
            _of(self.speech_rows, slot).begin(slot, embeds, sampling)
            _of(self.codec_rows, slot).begin(slot)
        self._lengths[slot] = len(embeds)
        for piece in self.context_pieces(slot, context):
            self.run_context(slot, piece)

    @torch.inference_mode()
    def context_pieces(self, slot: int, context: Tensor | None) -> list[ContextPiece]:
        """The pieces of a context that `run_context` is to run in a slot begun without one, before it is decoded.

        Nothing where the codec ran over the very same context before: the codec is then where it was after it.
        """
        return [] if context is None else _of(self.codec_rows, slot).context_pieces(slot, context)

    @torch.inference_mode()
    def context_again(self, slot: int, context: Tensor | None) -> list[ContextPiece]:
        """The same from the start, after a piece that failed half-way."""
        _of(self.codec_rows, slot).begin(slot)
        return self.context_pieces(slot, context)

    @torch.inference_mode()
    def run_context(self, slot: int, piece: ContextPiece) -> None:
        """Run the codec over a piece of what came before an utterance, without output."""
        with self._threads():
            _of(self.codec_rows, slot).run_context(slot, piece)

    @torch.inference_mode()
    def extend(self, slot: int, embeds: Tensor) -> None:
        """Run more of the prompt of a slot that was begun. Shapes: embeds [P, H]"""
        with self._threads():
            _of(self.speech_rows, slot).extend(slot, embeds, self._lengths[slot])
        self._lengths[slot] += len(embeds)

    @torch.inference_mode()
    def choose(self, slots: list[int], unfinished: Collection[int] = ()) -> dict[int, Frame | Ending]:
        """The next frame of each of `slots`, or how its utterance has ended, which those `unfinished` may not."""
        chosen: dict[int, Frame | Ending] = {}
        for rows, mine in _shares(self.speech_rows, slots):
            open_slots = [slot for slot in mine if slot in unfinished]
            with self._threads():
                chosen |= zip(mine, rows.choose(mine, open_slots), strict=True)
        return chosen

    @torch.inference_mode()
    def decode(self, frames: Mapping[int, Tensor]) -> dict[int, Samples]:
        """The audio of one frame of each slot. Shapes: codes [K] -> [frame_samples]"""
        decoded: dict[int, Samples] = {}
        for rows, mine in _shares(self.codec_rows, list(frames)):
            codes = torch.stack([frames[slot] for slot in mine])
            with self._threads():
                decoded |= zip(mine, rows.decode(mine, codes), strict=True)
        return decoded

    def start_decoding(self, frames: Mapping[int, Tensor]) -> None:
        """Begin what `decode` does. Until `finish_decoding` nothing may be begun; frames may be chosen and fed back.

        Raises: as `decode`, now or in `finish_decoding`
        """
        if self._codec_thread is not None and len(frames) >= self._least_ahead:
            self._codec_thread.start(frames)
        else:
            self._decoded = self.decode(frames)

    def finish_decoding(self) -> dict[int, Samples]:
        """The audio of what was begun last; nothing where nothing was."""
        if self._codec_thread is not None and self._codec_thread.busy:
            return self._codec_thread.finish()
        decoded, self._decoded = self._decoded, {}
        return decoded

    @torch.inference_mode()
    def advance(self, texts: Mapping[int, Tensor | None]) -> None:
        """Feed back the frame that each slot has chosen, with the text that goes with it: [H], or None for no more."""
        for rows, mine in _shares(self.speech_rows, list(texts)):
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


def _fills_the_memory(model: Qwen3TTS) -> bool:
    """Whether one core cannot read the language models' weights about as fast as all of them can.

    Where there are but two, and weights of 8 bits or more, one stream is then spoken sooner if the codec waits for its
    turn: measured at a socket, 87 ms from chunk to chunk for 91 and 117 to the first audio for 136.
    """
    stack = model.talker.model
    return usable_cores() < 4 and isinstance(stack, NativeStack) and stack.weights.bits_per_weight > 6


R = TypeVar("R", bound=Rows)


def _of(groups: Iterable[R], slot: int) -> R:
    return next(rows for rows in groups if slot in rows.slots)


def _shares(groups: Iterable[R], slots: Iterable[int]) -> list[tuple[R, list[int]]]:
    shares = ((rows, [slot for slot in slots if slot in rows.slots]) for rows in groups)
    return [(rows, mine) for rows, mine in shares if mine]
