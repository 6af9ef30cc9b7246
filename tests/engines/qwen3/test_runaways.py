"""Guards at work in the engine, driven by a model that says what a script tells it to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from makima.engines.guards import LOOP_FRAMES, MAX_PERIOD_FRAMES, QUIET_FRAMES, TRIM_KEEP_S, most_frames
from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.runner.rows import Ending, Frame
from makima.engines.qwen3.runner.runner import Runner
from makima.errors import SynthesisFailed
from makima.events import Samples
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling
from tests.engines.qwen3.conftest import MakeEngine
from tests.support.models.checkpoints import FRAME_SAMPLES, RATE_HZ
from tests.support.server.streams import Events, begin, speak

TEXT = "Hello there."

LOUD: Samples = (0.3 * np.sin(np.arange(FRAME_SAMPLES) * 0.1)).astype(np.float32)
QUIET: Samples = (0.001 * LOUD).astype(np.float32)


@dataclass
class Script:
    """What the model says in each frame of an utterance, counted from 0."""

    code: Callable[[int], int] = lambda frame: frame % 97
    audio: Callable[[int], Samples] = lambda frame: LOUD
    eos_log_probability: Callable[[int], float] = lambda frame: -3.0
    end: int | None = None
    broken: int | None = None


class ScriptedRunner(Runner):
    """A runner that runs prompts, and whose frames are written beforehand."""

    script = Script()

    def __init__(self, model: Qwen3TTS, slots: int, capacity: int) -> None:
        super().__init__(model, slots, capacity)
        self._chosen = [0] * slots

    def begin(self, slot: int, embeds: Tensor, context: Tensor | None, sampling: Sampling) -> None:
        super().begin(slot, embeds, context, sampling)
        self._chosen[slot] = 0

    def choose(self, slots: list[int], unfinished: Collection[int] = ()) -> dict[int, Frame | Ending]:
        return {slot: self._next(slot) for slot in slots}

    def advance(self, texts: Mapping[int, Tensor | None]) -> None:
        for slot in texts:
            self._lengths[slot] += 1

    def decode(self, frames: Mapping[int, Tensor]) -> dict[int, Samples]:
        return {slot: self.script.audio(self._chosen[slot] - 1).copy() for slot in frames}

    def _next(self, slot: int) -> Frame | Ending:
        frame = self._chosen[slot]
        self._chosen[slot] += 1
        if frame == self.script.end:
            return Ending.EOS
        if frame == self.script.broken:
            return Ending.BROKEN
        codes = torch.full((self.model.config.talker.codebooks,), self.script.code(frame))
        return Frame(codes, self.script.eos_log_probability(frame))


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    monkeypatch.setattr(ScriptedRunner, "script", Script())
    return ScriptedRunner.script


@pytest.fixture
def engine(script: Script, make_engine: MakeEngine) -> Qwen3Engine:
    return make_engine(slots=2, make_runner=ScriptedRunner)


def acted(engine: Qwen3Engine) -> dict[str, int]:
    """The guards that have acted, and how often."""
    return {guard: count for guard, count in engine.figures().guards.items() if count}


def test_speech_that_ends_by_itself_is_left_alone(engine: Qwen3Engine, script: Script) -> None:
    script.end = 40
    end = speak(engine, TEXT).end
    assert (end.reason, end.total_samples, end.onset_sample) == ("end", 40 * FRAME_SAMPLES, 1)
    assert engine.figures().guards == dict.fromkeys(("missed_eos", "loop", "cap", "not_a_number", "leading_silence"), 0)


def test_a_missed_end_is_made_up_for_inside_the_stream(engine: Qwen3Engine, script: Script) -> None:
    script.audio = lambda frame: LOUD if frame < 30 else QUIET
    script.eos_log_probability = lambda frame: -3.0 if frame < 30 else -32.0
    heard = speak(engine, TEXT)
    assert (heard.end.reason, heard.end.error) == ("recovered", None)
    assert heard.end.total_samples == (30 + QUIET_FRAMES) * FRAME_SAMPLES
    assert acted(engine) == {"missed_eos": 1}


def test_a_loop_is_broken(engine: Qwen3Engine, script: Script) -> None:
    script.code = lambda frame: (5, 6, 7)[frame % 3]
    heard = speak(engine, "This text is so long that its cap lies far beyond, as most of its words are still unsaid.")
    assert heard.end.reason == "recovered"
    assert heard.end.total_samples == (LOOP_FRAMES + MAX_PERIOD_FRAMES) * FRAME_SAMPLES
    assert acted(engine) == {"loop": 1}


def test_what_comes_after_a_run_away_is_still_said(engine: Qwen3Engine, script: Script) -> None:
    script.code = lambda frame: 5
    end = speak(engine, "This is the first sentence of a text. And this is the second one of them.").end
    assert (end.reason, end.total_samples) == ("recovered", 2 * (LOOP_FRAMES + MAX_PERIOD_FRAMES) * FRAME_SAMPLES)
    assert acted(engine) == {"loop": 2}


def test_an_endless_utterance_is_cut_at_its_cap(
    engine: Qwen3Engine, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    heard = speak(engine, TEXT)
    frames, rest = divmod(heard.end.total_samples, FRAME_SAMPLES)
    assert (heard.end.reason, rest) == ("length", 0)
    assert frames in [most_frames(tokens) for tokens in range(3, 13)]
    assert acted(engine) == {"cap": 1}
    assert f"cap after {frames} frames" in caplog.text


def test_silence_before_the_first_sound_is_trimmed_and_the_onset_told(engine: Qwen3Engine, script: Script) -> None:
    script.audio = lambda frame: LOUD if frame >= 2 else 0 * LOUD
    script.end = 10
    heard = speak(engine, TEXT)
    kept = round(TRIM_KEEP_S * RATE_HZ)
    # Of frames of silence nothing can be kept: that the sound comes next is not known when they are sent.
    assert heard.end.total_samples == 8 * FRAME_SAMPLES
    assert heard.end.onset_sample is not None
    assert heard.end.onset_sample <= kept
    assert abs(heard.samples[heard.end.onset_sample]) > 0
    assert acted(engine) == {"leading_silence": 1}


def test_scores_that_are_no_numbers_end_one_utterance(engine: Qwen3Engine, script: Script) -> None:
    script.broken = 3
    stream = begin(engine, SpeechRequest("makima", seed=1), TEXT)
    end = Events(stream).rest().end
    assert end.reason == "failed"
    assert isinstance(end.error, SynthesisFailed)
    assert acted(engine) == {"not_a_number": 1}
    script.broken, script.end = None, 3
    assert speak(engine, TEXT).end.reason == "end"
