"""The decoder equals the official one, and streams without a seam.

A decoder with random weights magnifies rounding: in float32 the official one differs from itself in float64 by 1e-4 of
the peak, and from itself on another kind of CPU by as much. So equality is tested twice: in float64, where ours is off
by no more than what the goldens' own float32 rounding is, and in float32 with room for two such roundings. Streaming
against one piece is exact: tested in float64.
"""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from makima.models.qwen3.codec.decoder import CodecDecoder, DecoderStream
from makima.models.qwen3.model import Qwen3TTS
from tests.models.qwen3.conftest import Load
from tests.support.models.qwen3 import KINDS, Case, cases, difference, goldens

ROUNDED_ONCE = 1.3e-4
ROUNDED_TWICE = 2.5e-4
EXACT = 1e-9
FRAME = 1920
CHUNKINGS = (1, 2, 3, 7, 11)


@pytest.fixture(scope="module")
def precise(base: Qwen3TTS) -> CodecDecoder:
    """The decoder in float64. All golden sets share one codec."""
    return copy.deepcopy(base.decoder).double()


def streamed(decoder: CodecDecoder, codes: Tensor, step: int, context: Tensor | None = None) -> Tensor:
    stream = DecoderStream(decoder, None if context is None else context.T[None])
    return torch.cat([stream.push(piece) for piece in torch.split(codes, step)])


@pytest.mark.parametrize("clip", [0, 1])
def test_one_piece(base: Qwen3TTS, precise: CodecDecoder, clip: int) -> None:
    codes, audio = (goldens("base")[f"codec/{clip}/{part}"] for part in ("codes", "audio"))
    assert difference(base.decode_codes(codes), audio) < ROUNDED_TWICE
    assert difference(streamed(precise, codes, len(codes)), audio) < 1e-4


@pytest.mark.parametrize("step", CHUNKINGS)
def test_any_chunking_equals_one_piece(base: Qwen3TTS, precise: CodecDecoder, step: int) -> None:
    codes = goldens("base")["codec/1/codes"]
    whole = streamed(precise, codes, len(codes))
    assert difference(streamed(precise, codes, step), whole) < EXACT
    assert difference(streamed(base.decoder, codes, step), base.decode_codes(codes)) < ROUNDED_TWICE


@pytest.mark.parametrize("heard", [1, 9, 25])
@pytest.mark.parametrize("step", [1, 7])
def test_context_sounds_as_if_played_before(base: Qwen3TTS, precise: CodecDecoder, heard: int, step: int) -> None:
    codes = goldens("base")["codec/1/codes"]
    whole = streamed(precise, codes, len(codes))
    assert difference(streamed(precise, codes[heard:], step, codes[:heard]), whole[heard * FRAME :]) < EXACT


def test_long_codes_are_worked_through_in_pieces(base: Qwen3TTS, precise: CodecDecoder) -> None:
    codes = goldens("base")["codec/1/codes"].repeat(7, 1)  # 280 frames, over twice the length of a piece
    audio = base.decode_codes(codes)
    assert audio.shape == (len(codes) * FRAME,)
    assert difference(audio, streamed(precise, codes, len(codes))) < ROUNDED_TWICE


@pytest.mark.parametrize("case", cases(*KINDS), ids=str)
def test_generated_audio(load: Load, precise: CodecDecoder, case: Case) -> None:
    codes, audio = (case.golden("generate", part) for part in ("codes", "audio"))
    model = load(case.kind)
    voice = case.voice(model)
    context = None if voice is None else voice.codes
    assert difference(model.decoder_stream(context).push(codes), audio) < ROUNDED_TWICE
    assert difference(streamed(precise, codes, 5, context), audio) < ROUNDED_ONCE


def test_slots_start_stop_and_reset_at_different_times(precise: CodecDecoder) -> None:
    """Three slots, of which one pauses, one joins late, and one ends and is taken by another utterance."""
    generator = torch.Generator().manual_seed(3)
    utterances = [torch.randint(64, (16, length), generator=generator) for length in (12, 7, 5, 6)]
    wanted = [precise(codes[None], precise.init_state(1), torch.ones(1).bool())[0] for codes in utterances]
    state, at = precise.init_state(3), [0, 0, 0, 0]
    heard: list[list[Tensor]] = [[], [], [], []]
    plan = [  # which utterance each slot plays in each step; None: masked
        *[(0, None, None)] * 2,
        *[(0, 1, None)] * 3,
        *[(None, 1, 2)] * 4,  # slot 0 waits
        *[(0, None, 2)] * 1,
        *[(0, 3, None)] * 6,  # slot 1 was reset for another
    ]
    for row in plan:
        if row[1] == 3 and at[3] == 0:
            state.reset(torch.tensor([False, True, False]))
        codes = torch.randint(64, (3, 16, 1), generator=generator)
        for slot, utterance in enumerate(row):
            if utterance is not None:
                codes[slot] = utterances[utterance][:, at[utterance], None]
                at[utterance] += 1
        audio = precise(codes, state, torch.tensor([utterance is not None for utterance in row]))
        for slot, utterance in enumerate(row):
            if utterance is not None:
                heard[utterance].append(audio[slot])
    for pieces, whole in zip(heard, wanted, strict=True):
        assert difference(torch.cat(pieces), whole[: len(pieces) * FRAME]) < EXACT
    assert at == [12, 7, 5, 6]


def test_audio_stays_within_its_limits(base: Qwen3TTS) -> None:
    audio = base.decode_codes(goldens("base")["codec/0/codes"])
    assert audio.dtype == torch.float32
    assert float(audio.abs().max()) <= 1.0
