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

    A GPU steps all slots at once, in buffers that stay. The CPU steps one slot after the other, each in buffers of its
    utterance: sixteen rows, of which most are idle, take it ten times as long as one, and 4 GB.
    """

    def __init__(self, model: Qwen3TTS, slots: int, capacity: int) -> None:
        self.model = model
        self.slots = slots
        self.capacity = capacity
        self._one_by_one = model.device.type == "cpu"
        self._rows = [] if self._one_by_one else [_Rows(model, range(slots), capacity)]
        self._lengths = [0] * slots

    @torch.inference_mode()
    def begin(self, slot: int, embeds: Tensor, context: Tensor | None, sampling: Sampling, max_frames: int) -> None:
        """Start an utterance in a free slot: its prompt is run, and the codec primed with the reference's codes.

        Shapes: embeds [P, H]; context [R, K]
        """
        self.free(slot)
        if self._one_by_one:
            self._rows.append(_Rows(self.model, range(slot, slot + 1), len(embeds) + max_frames))
        rows = next(rows for rows in self._rows if slot in rows.slots)
        rows.begin(slot - rows.slots.start, embeds, context, sampling)
        self._lengths[slot] = len(embeds)

    @torch.inference_mode()
    def choose(self, slots: list[int]) -> dict[int, Tensor | Ending]:
        """The next frame of each of `slots`: codes [K], or how its utterance has ended."""
        chosen: dict[int, Tensor | Ending] = {}
        for rows, mine in self._shares(slots):
            chosen |= zip(mine, rows.choose(rows.places(mine)), strict=True)
        return chosen

    @torch.inference_mode()
    def decode(self, frames: Mapping[int, Tensor]) -> dict[int, Samples]:
        """The audio of one frame of each slot. Shapes: codes [K] -> [frame_samples]"""
        heard: dict[int, Samples] = {}
        for rows, mine in self._shares(list(frames)):
            codes = torch.stack([frames[slot] for slot in mine])
            heard |= zip(mine, rows.decode(rows.places(mine), codes), strict=True)
        return heard

    @torch.inference_mode()
    def advance(self, texts: Mapping[int, Tensor | None]) -> None:
        """Feed back the frame that each slot has chosen, with the text that goes with it: [H], or None for no more."""
        for rows, mine in self._shares(list(texts)):
            longest = max(self._lengths[slot] for slot in rows.slots)
            rows.advance({place: texts[slot] for place, slot in zip(rows.places(mine), mine, strict=True)}, longest)
            for slot in mine:
                self._lengths[slot] += 1

    def free(self, slot: int) -> None:
        """Give a slot back. It is cleared when it is begun again."""
        self._lengths[slot] = 0
        if self._one_by_one:
            self._rows = [rows for rows in self._rows if slot not in rows.slots]

    def _shares(self, slots: list[int]) -> list[tuple[_Rows, list[int]]]:
        shares = ((rows, [slot for slot in slots if slot in rows.slots]) for rows in self._rows)
        return [(rows, mine) for rows, mine in shares if mine]


class _Rows:
    """Neighbouring slots that are stepped together; within them a slot is known by its place."""

    def __init__(self, model: Qwen3TTS, slots: range, capacity: int) -> None:
        self.slots = slots
        self._model, self._size, self._capacity = model, len(slots), capacity
        self._pad = model.prompts.pad_embedding()
        self._state = model.generator.init_state(self._size, capacity)
        self._decoder_state = model.decoder.init_state(self._size)
        # The whole ring from the first frame on: what is looked at, and so how sums round, is then always the same.
        ring = self._decoder_state.pre_transformer
        ring.span = ring.keys.shape[3]

    def places(self, slots: list[int]) -> list[int]:
        return [slot - self.slots.start for slot in slots]

    def begin(self, place: int, embeds: Tensor, context: Tensor | None, sampling: Sampling) -> None:
        mask = self._mask([place])
        if self._size > 1:  # else it was made for this utterance
            self._state.talker.span = self._capacity  # all of the row is cleared, however long those beside it are
            self._state.reset(mask)
            self._decoder_state.reset(mask)
        self._model.generator.begin(self._state, place, embeds, sampling)
        if context is not None:
            row = self._decoder_state.narrow(place, 1)
            self._model.decoder.prime(context.T[None], row, mask[place : place + 1])

    def choose(self, places: list[int]) -> list[Tensor | Ending]:
        sound = torch.isfinite(self._state.logits).all(-1)
        codes = self._model.generator.choose_codes(self._state, self._mask(places))
        # One transfer to the host for all there is to know of a frame.
        return [self._told(row) for row in torch.cat((sound[:, None], codes), dim=1).cpu()[places]]

    def decode(self, places: list[int], codes: Tensor) -> list[Samples]:
        laid_out = torch.zeros(self._size, codes.shape[1], 1, dtype=torch.int64)
        laid_out[places, :, 0] = codes
        audio = self._model.decoder(laid_out.to(self._model.device), self._decoder_state, self._mask(places))
        return [np.ascontiguousarray(row) for row in audio[places].float().cpu().numpy()]

    def advance(self, texts: Mapping[int, Tensor | None], longest: int) -> None:
        text = self._pad.expand(self._size, -1).clone()
        for place, row in texts.items():
            if row is not None:
                text[place] = row
        # The cache looks no further back than the longest utterance there is.
        self._state.talker.span = longest
        self._model.generator.advance(self._state, text, self._mask(list(texts)))

    def _told(self, row: Tensor) -> Tensor | Ending:
        if not bool(row[0]):
            return Ending.BROKEN
        return Ending.EOS if int(row[1]) == self._model.generator.eos else row[1:]

    def _mask(self, places: list[int]) -> Tensor:
        mask = torch.zeros(self._size, dtype=torch.bool)
        mask[places] = True
        return mask.to(self._model.device)
