"""The model with its slots: prompts in, one frame for every active slot a step, audio out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

import numpy as np
import torch
from torch import Tensor

from makima.events import Samples
from makima.models.qwen3 import Qwen3TTS, Sampling


class Ending(Enum):
    """How a slot's utterance ended: at the model's own end, or because its scores were no numbers."""

    EOS = auto()
    BROKEN = auto()


class Batch:
    """Slots of one model. A slot is begun, stepped while it has text, and freed; the others never notice.

    Every frame of a slot is two halves: `choose` picks its codes and makes its audio, `advance` feeds the codes back
    together with the next piece of text. Between them a slot may wait for text as long as it must.
    """

    def __init__(self, model: Qwen3TTS, slots: int, capacity: int) -> None:
        self.model = model
        self.slots = slots
        self.capacity = capacity
        self._generator = model.generator
        self._state = model.generator.init_state(slots, capacity)
        self._decoder_state = model.decoder.init_state(slots)
        # The whole ring from the first frame on: what is looked at, and so how sums round, is then always the same.
        ring = self._decoder_state.pre_transformer
        ring.span = ring.keys.shape[3]
        self._positions = [0] * slots
        self._pad = model.prompts.pad_embedding()

    @torch.inference_mode()
    def begin(self, slot: int, embeds: Tensor, context: Tensor | None, sampling: Sampling) -> None:
        """Start an utterance in a free slot: its prompt is run, and the codec primed with the reference's codes.

        Shapes: embeds [P, H]; context [R, K]
        """
        mask = self._mask([slot])
        self._state.reset(mask)
        self._decoder_state.reset(mask)
        self._positions[slot] = len(embeds)
        self._generator.begin(self._state, slot, embeds, sampling)
        if context is not None:
            row = self._decoder_state.narrow(slot, 1)
            self.model.decoder.prime(context.T[None], row, torch.ones_like(mask[:1]))

    @torch.inference_mode()
    def choose(self, slots: list[int]) -> dict[int, Tensor | Ending]:
        """The next frame of each of `slots`: codes [K], or how its utterance has ended."""
        sound = torch.isfinite(self._state.logits).all(-1)
        codes = self._generator.choose_codes(self._state, self._mask(slots))
        # One transfer to the host for all there is to know of a frame.
        rows = torch.cat((sound[:, None], codes), dim=1).cpu()[slots]
        return {slot: self._told(row) for slot, row in zip(slots, rows, strict=True)}

    def _told(self, row: Tensor) -> Tensor | Ending:
        if not bool(row[0]):
            return Ending.BROKEN
        return Ending.EOS if int(row[1]) == self._generator.eos else row[1:]

    @torch.inference_mode()
    def decode(self, frames: Mapping[int, Tensor]) -> dict[int, Samples]:
        """The audio of one frame of each slot. Shapes: codes [K] -> [frame_samples]"""
        slots = list(frames)
        codes = torch.zeros(self.slots, len(next(iter(frames.values()))), 1, dtype=torch.int64)
        for slot, row in frames.items():
            codes[slot, :, 0] = row
        audio = self.model.decoder(codes.to(self.model.device), self._decoder_state, self._mask(slots))
        heard = audio[slots].float().cpu().numpy()
        return {slot: np.ascontiguousarray(row) for slot, row in zip(slots, heard, strict=True)}

    @torch.inference_mode()
    def advance(self, texts: Mapping[int, Tensor | None]) -> None:
        """Feed back the frame that each slot has chosen, with the text that goes with it: [H], or None for no more."""
        text = self._pad.expand(self.slots, -1).clone()
        for slot, row in texts.items():
            if row is not None:
                text[slot] = row
        # The cache looks no further back than the longest utterance there is.
        self._state.talker.span = max(self._positions)
        self._generator.advance(self._state, text, self._mask(list(texts)))
        for slot in texts:
            self._positions[slot] += 1

    def free(self, slot: int) -> None:
        """Give a slot back. It is cleared when it is begun again."""
        self._positions[slot] = 0

    def room(self, slot: int) -> int:
        """How many more frames fit into a slot."""
        return self.capacity - self._positions[slot]

    def _mask(self, slots: list[int]) -> Tensor:
        mask = torch.zeros(self.slots, dtype=torch.bool)
        mask[slots] = True
        return mask.to(self.model.device)
