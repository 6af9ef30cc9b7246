"""Frames of codes from a prompt, for many slots at once: sample code 0, predict the others, feed all of them back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from makima.models.qwen3.code_predictor import CodePredictor
from makima.models.qwen3.sampling import (
    MIN_FRAMES,
    SUPPRESSED_TAIL,
    Draw,
    SamplerState,
    Sampling,
    choose,
    penalise,
)
from makima.models.qwen3.talker import Talker
from makima.nn.kv_cache import KVCache
from makima.nn.streaming import State, write_rows


@dataclass
class GenerationState(State):
    """All that generation keeps of each slot between frames.

    Shapes: hidden, said [B, H]; logits [B, V] float32; codes [B, K] int64, the frame that was chosen last
    """

    talker: KVCache
    predictor: KVCache
    sampler: SamplerState
    hidden: Tensor
    logits: Tensor
    codes: Tensor
    said: Tensor


class FrameGenerator:
    """Two calls a frame: `choose_codes`, then `advance` with the text that goes with the next one.

    Between them the host may look at the codes, decide that an utterance has ended, or let a slot wait for text.
    """

    def __init__(self, talker: Talker, predictor: CodePredictor) -> None:
        self.talker, self.predictor = talker, predictor
        config = talker.config
        self.eos = config.ids.eos
        self.vocab, self.predictor_vocab = config.vocab, predictor.vocab
        banned = torch.arange(config.vocab) >= config.vocab - SUPPRESSED_TAIL
        banned[self.eos] = False
        self._banned = banned.to(talker.codec_embedding.device)
        self._is_eos = (torch.arange(config.vocab) == self.eos).to(talker.codec_embedding.device)

    def init_state(self, slots: int, capacity: int) -> GenerationState:
        """Empty slots. `capacity` counts prompt positions and frames of an utterance together."""
        weight, config = self.talker.codec_embedding, self.talker.config
        device, width = weight.device, config.stack.width
        return GenerationState(
            talker=self.talker.init_state(slots, capacity),
            predictor=self.predictor.init_state(slots),
            sampler=SamplerState.empty(slots, config.vocab, device),
            hidden=torch.zeros(slots, width, dtype=weight.dtype, device=device),
            logits=torch.zeros(slots, config.vocab, device=device),
            codes=torch.zeros(slots, config.codebooks, dtype=torch.int64, device=device),
            said=torch.zeros(slots, width, dtype=weight.dtype, device=device),
        )

    def begin(self, state: GenerationState, slot: int, embeds: Tensor, sampling: Sampling) -> None:
        """Start an utterance in a fresh slot: run its prompt through the talker. Other slots are left alone.

        Shapes: embeds [P, H]
        """
        self.set_sampling(state, slot, sampling)
        self.extend(state, slot, embeds, 0)

    def set_sampling(self, state: GenerationState, slot: int, sampling: Sampling) -> None:
        """Say how a slot's utterance is to be sampled; its noise begins anew."""
        state.sampler.set(slot, sampling, self.vocab, self.predictor_vocab)

    def extend(self, state: GenerationState, slot: int, embeds: Tensor, before: int) -> None:
        """Run more of a prompt of which `before` positions have been run. Frames may come of other slots in between.

        Shapes: embeds [P, H]
        """
        row = state.row(slot)
        # Tried again after it ran out of memory half-way, a piece must not come after itself.
        row.talker.position.fill_(before)
        row.talker.span = before
        self._step(row, embeds[None], torch.ones(1, dtype=torch.bool, device=embeds.device))
        state.talker.span = max(state.talker.span, row.talker.span)

    def choose_codes(self, state: GenerationState, active: Tensor, unfinished: Tensor | None = None) -> Tensor:
        """Choose the next frame of each active slot. Code 0 is EOS where an utterance has ended, which those that are
        `unfinished`, having text left to say, may not.

        Shapes: active, unfinished [B] bool -> codes [B, K] int64, the state's own buffer
        """
        sampler = state.sampler
        logits = penalise(state.logits, sampler.said, sampler.penalty)
        early = (sampler.frame < MIN_FRAMES)[:, None] & self._is_eos
        if unfinished is not None:
            early = early | (unfinished[:, None] & self._is_eos)
        logits = logits.masked_fill(self._banned | early, -torch.inf)
        draw = Draw.of(sampler.predictor, sampler.seed, sampler.frame, state.codes.shape[1])
        first = choose(logits, sampler.talker, draw.noise[:, 0])
        embedded = self.talker.embed_codes(first)
        rest, total = self.predictor(state.hidden, embedded, state.predictor, active, draw)
        write_rows(state.codes, torch.cat((first[:, None], rest), dim=1), active)
        write_rows(state.said, embedded + total, active)
        sampler.said.logical_or_((torch.arange(self.vocab, device=first.device) == first[:, None]) & active[:, None])
        sampler.frame += active
        return state.codes

    def choose_frame(self, state: GenerationState, active: Tensor, unfinished: Tensor) -> Tensor:
        """`choose_codes`, and all that the host wants to know of the frame in one tensor, for one transfer.

        Shapes: -> [B, 2 + K] float64: 1 where the scores are numbers, how likely the end was, then the codes
        """
        sound = torch.isfinite(state.logits).all(-1)
        end = self.eos_log_probability(state)
        codes = self.choose_codes(state, active, unfinished)
        return torch.cat((sound[:, None].double(), end[:, None].double(), codes.double()), dim=1)

    def eos_log_probability(self, state: GenerationState) -> Tensor:
        """How likely the end was, at the frame chosen next. Shapes: -> [B] float32"""
        return state.logits[:, self.eos] - state.logits.logsumexp(-1)

    def advance(self, state: GenerationState, text: Tensor, active: Tensor) -> None:
        """Feed the chosen frame back, together with the text that goes with it.

        Shapes: text [B, H], active [B] bool
        """
        self._step(state, (state.said + text)[:, None], active)

    def _step(self, state: GenerationState, x: Tensor, active: Tensor) -> None:
        hidden = self.talker(x, state.talker, active)[:, -1]
        write_rows(state.hidden, hidden, active)
        write_rows(state.logits, self.talker.logits(hidden), active)
