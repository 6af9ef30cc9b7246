"""Frames in a batch: what an utterance says is its own affair."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import MIN_FRAMES, Sampling
from tests.models.qwen3.conftest import Load
from tests.support.models.qwen3 import Case, cases, difference

CASES = cases("wide")[:4]
FRAMES = 10
SEEDED = Sampling(seed=11)


def alone(model: Qwen3TTS, case: Case, sampling: Sampling, frames: int = FRAMES) -> list[list[int]]:
    said = model.generate(**case.prompt(model), sampling=sampling, max_frames=frames)
    return [frame.tolist() for frame in said]


def together(model: Qwen3TTS, samplings: list[Sampling]) -> list[list[list[int]]]:
    """All cases in one batch of slots: they join one frame after another, and leave when they are done."""
    generator, pad = model.generator, model.prompts.pad_embedding()
    prompts = [model.talker_prompt(**case.prompt(model)) for case in CASES]
    state = generator.init_state(len(CASES) + 1, 160)  # one slot stays empty
    said: list[list[list[int]]] = [[] for _ in CASES]
    done = [False] * len(CASES)
    for step in range(2 * FRAMES):
        if step < len(CASES):
            generator.begin(state, step, prompts[step][0], samplings[step])
        here = [slot <= step and not done[slot] for slot in range(len(CASES))]
        active = torch.tensor([*here, False])
        codes = generator.choose_codes(state, active).clone()
        text = pad.expand(len(CASES) + 1, -1).clone()
        for slot in range(len(CASES)):
            if not here[slot]:
                continue
            if int(codes[slot, 0]) == generator.eos or len(said[slot]) == FRAMES:
                done[slot] = True
                continue
            trailing, frame = prompts[slot][1], len(said[slot])
            said[slot].append(codes[slot].tolist())
            if frame < len(trailing):
                text[slot] = trailing[frame]
        generator.advance(state, text, torch.tensor([*(h and not d for h, d in zip(here, done, strict=True)), False]))
    return said


@pytest.mark.parametrize("sampling", [Sampling.greedy(), SEEDED], ids=["greedy", "sampled"])
def test_codes_do_not_hang_on_batch_neighbours(load: Load, sampling: Sampling) -> None:
    model = load("wide")
    assert together(model, [sampling] * len(CASES)) == [alone(model, case, sampling) for case in CASES]


def test_greedy_and_sampled_utterances_share_a_batch(load: Load) -> None:
    model = load("wide")
    samplings = [Sampling.greedy(), SEEDED, replace(SEEDED, top_k=0), replace(SEEDED, seed=12, top_p=0.5)]
    wanted = [alone(model, case, sampling) for case, sampling in zip(CASES, samplings, strict=True)]
    assert together(model, samplings) == wanted


def test_seeds(base: Qwen3TTS) -> None:
    case = cases("base")[0]
    first = alone(base, case, SEEDED, 4)
    assert alone(base, case, SEEDED, 4) == first
    assert alone(base, case, Sampling(seed=12), 4) != first


def test_a_slot_is_fresh_for_the_next_utterance(load: Load) -> None:
    model = load("wide")
    generator, case = model.generator, CASES[0]
    embeds, trailing = model.talker_prompt(**case.prompt(model))
    state = generator.init_state(2, 120)
    active = torch.tensor([False, True])
    runs: list[list[Tensor]] = []
    for _ in range(2):
        generator.begin(state, 1, embeds, Sampling.greedy())
        frames = []
        for frame in range(3):
            frames.append(generator.choose_codes(state, active)[1].clone())
            generator.advance(state, trailing[frame].expand(2, -1), active)
        runs.append(frames)
        state.reset(torch.tensor([False, True]))
    assert torch.equal(torch.stack(runs[0]), torch.stack(runs[1]))


def test_a_paused_slot_goes_on_where_it_was(load: Load) -> None:
    model = load("wide")
    generator, case = model.generator, CASES[0]
    embeds, trailing = model.talker_prompt(**case.prompt(model))
    state = generator.init_state(2, 120)
    for slot in (0, 1):
        generator.begin(state, slot, embeds, Sampling(seed=5))
    frames: list[list[list[int]]] = [[], []]
    for step in range(8):
        active = torch.tensor([step not in (2, 3), True])  # slot 0 waits for text for two frames
        codes = generator.choose_codes(state, active)
        text = torch.zeros(2, embeds.shape[1])
        for slot in (0, 1):
            if active[slot]:
                text[slot] = trailing[len(frames[slot])]
                frames[slot].append(codes[slot].tolist())
        generator.advance(state, text, active)
    assert frames[0] == frames[1][:6]


def test_a_prompt_may_be_run_in_pieces_between_the_frames_of_others(load: Load) -> None:
    model = load("wide")
    generator, pad = model.generator, model.prompts.pad_embedding().expand(2, -1)
    first, second = (model.talker_prompt(**case.prompt(model))[0] for case in CASES[:2])
    whole = generator.init_state(1, 160)
    generator.begin(whole, 0, second, SEEDED)
    state = generator.init_state(2, 160)
    generator.begin(state, 0, first, SEEDED)
    speaking = torch.tensor([True, False])
    before = 0
    for piece in torch.split(second, 7):
        if before:
            generator.extend(state, 1, piece, before)
        else:
            generator.begin(state, 1, piece, SEEDED)
        before += len(piece)
        generator.choose_codes(state, speaking)
        generator.advance(state, pad, speaking)
    assert state.talker.position.tolist() == [len(first) + -(-len(second) // 7), len(second)]
    assert difference(state.logits[1], whole.logits[0]) < 1e-4
    assert torch.equal(
        generator.choose_codes(state, torch.ones(2, dtype=torch.bool))[1],
        generator.choose_codes(whole, torch.ones(1, dtype=torch.bool))[0],
    )


def test_no_buffer_moves(load: Load) -> None:
    model = load("wide")
    generator = model.generator
    embeds, _ = model.talker_prompt(**CASES[0].prompt(model))
    state = generator.init_state(2, 120)
    before = [tensor.data_ptr() for tensor in state.tensors()]
    generator.begin(state, 0, embeds, SEEDED)
    active = torch.tensor([True, False])
    for _ in range(2):
        generator.choose_codes(state, active)
        generator.advance(state, torch.zeros(2, embeds.shape[1]), active)
    state.reset(~active)
    assert [tensor.data_ptr() for tensor in state.tensors()] == before


def test_the_end_is_not_said_and_not_before_its_time(load: Load) -> None:
    model = load("wide")
    generator = model.generator
    embeds, _ = model.talker_prompt(**CASES[0].prompt(model))
    state = generator.init_state(1, 120)
    active = torch.ones(1, dtype=torch.bool)
    generator.begin(state, 0, embeds, Sampling.greedy())
    for frame in range(MIN_FRAMES + 1):
        state.logits[:] = 0
        state.logits[0, generator.eos] = 100
        code = int(generator.choose_codes(state, active)[0, 0])
        assert (code == generator.eos) == (frame >= MIN_FRAMES)
        generator.advance(state, torch.zeros(1, embeds.shape[1]), active)


def test_only_sounds_are_said(load: Load) -> None:
    model = load("wide")
    generator, vocab = model.generator, model.config.talker.vocab
    embeds, _ = model.talker_prompt(**CASES[0].prompt(model))
    state = generator.init_state(1, 120)
    generator.begin(state, 0, embeds, Sampling.greedy())
    state.logits[:] = torch.arange(vocab).float()
    assert int(generator.choose_codes(state, torch.ones(1, dtype=torch.bool))[0, 0]) == vocab - 1024 - 1


def test_what_was_said_is_penalised(load: Load) -> None:
    model = load("wide")
    generator = model.generator
    embeds, _ = model.talker_prompt(**CASES[0].prompt(model))
    state = generator.init_state(1, 120)
    active = torch.ones(1, dtype=torch.bool)
    generator.begin(state, 0, embeds, replace(Sampling.greedy(), repetition_penalty=2.0))
    said = []
    for _ in range(2):
        state.logits[:] = 0
        state.logits[0, :2] = torch.tensor([1.5, 1.0])
        said.append(int(generator.choose_codes(state, active)[0, 0]))
        generator.advance(state, torch.zeros(1, embeds.shape[1]), active)
    assert said == [0, 1]


def test_frames_are_limited(base: Qwen3TTS) -> None:
    assert len(alone(base, cases("base")[0], Sampling.greedy(), 2)) == 2
    assert alone(base, cases("base")[0], Sampling.greedy(), 0) == []
