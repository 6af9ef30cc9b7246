"""Pieces of prompts that come again: recalled instead of run, and nothing is said otherwise."""

from __future__ import annotations

import pytest
import torch

from makima.engines.qwen3.runner import prefix_cache
from makima.engines.qwen3.runner.rows import Frame
from makima.engines.qwen3.runner.runner import Runner
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.models.qwen3.generation import FrameGenerator
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling
from makima.nn import native

PIECE = 8


@pytest.fixture(scope="module", params=["kernels", "float32", "bfloat16"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Qwen3TTS:
    if request.param == "kernels" and not native.available():
        pytest.skip(f"the kernels were not compiled: {native.why_not()}")
    folder = write_random_checkpoint(tmp_path_factory.mktemp("tiny"), "tiny")
    if request.param == "kernels":
        return load_model(folder, quantize="int8")
    return load_model(folder, dtype=getattr(torch, request.param))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where the pieces began that were run and not recalled."""
    pieces: list[int] = []
    extend = FrameGenerator.extend

    def watched(self: FrameGenerator, state: object, slot: int, embeds: torch.Tensor, before: int) -> None:
        pieces.append(before)
        extend(self, state, slot, embeds, before)  # type: ignore[arg-type]

    monkeypatch.setattr(FrameGenerator, "extend", watched)
    return pieces


def prompt(model: Qwen3TTS, text: str) -> torch.Tensor:
    return model.talker_prompt(text, "English", prefilled=True)[0]


def say(runner: Runner, slot: int, embeds: torch.Tensor, frames: int = 3) -> list[list[int]]:
    first, *rest = torch.split(embeds, PIECE)
    runner.begin(slot, first, None, Sampling(seed=7))
    for piece in rest:
        runner.extend(slot, piece)
    said: list[list[int]] = []
    for _ in range(frames):
        frame = runner.choose([slot], [slot])[slot]
        assert isinstance(frame, Frame)
        said.append(frame.codes.tolist())
        runner.advance({slot: None})
    runner.free(slot)
    return said


def test_a_prompt_that_comes_again_is_recalled_in_any_slot(model: Qwen3TTS, run: list[int]) -> None:
    embeds = prompt(model, "The quick brown fox is jumping over the lazy dog.")
    starts = list(range(0, len(embeds), PIECE))
    assert len(starts) > 2
    runner = Runner(model, 2, 256)
    expected = say(runner, 0, embeds)
    assert run == starts
    assert say(runner, 1, embeds) == expected
    assert run == 2 * starts, "once is not again"
    for slot in (0, 1):
        assert say(runner, slot, embeds) == expected
    assert run == 2 * starts


def test_another_end_is_run_and_another_beginning_too(model: Qwen3TTS, run: list[int]) -> None:
    embeds = prompt(model, "The quick brown fox is jumping over the lazy dog.")
    runner = Runner(model, 1, 256)
    for _ in range(2):
        say(runner, 0, embeds)
    other = embeds.clone()
    other[-1] += 0.5
    run.clear()
    found = say(runner, 0, other)
    assert run == [(len(embeds) - 1) // PIECE * PIECE]
    assert found == say(Runner(model, 1, 256), 0, other)
    other = embeds.clone()
    other[0] += 0.5
    run.clear()
    say(runner, 0, other)
    assert run == list(range(0, len(embeds), PIECE)), "the same piece after another is another"


def test_only_the_last_few_are_kept(model: Qwen3TTS, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefix_cache, "MAX_KEPT", 3)
    runner = Runner(model, 1, 256)
    for text in ("One and two and three and four.", "Five and six and seven and eight and nine."):
        for _ in range(3):
            say(runner, 0, prompt(model, text))
    known = runner.speech_rows[0].prefix_cache
    assert known is not None
    assert len(known) == 3
