"""Batches of recorded graphs say what batches without them say, here on the CPU; and on CUDA, where there is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.runner import graphs
from makima.engines.qwen3.runner.graphs import size_for, sizes
from makima.engines.qwen3.runner.rows import Ending, Frame
from makima.engines.qwen3.runner.runner import Runner
from makima.events import Samples
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.prompt import VoicePrompt
from makima.models.qwen3.sampling import Sampling
from makima.nn.graph import EagerRecorder, Graph, recorder_for
from tests.engines.qwen3.conftest import MakeEngine
from tests.support.models.checkpoints import hum
from tests.support.recording import TapeRecorder
from tests.support.server.streams import begin, hear, speak

CPU = torch.device("cpu")
TEXTS = ["Short.", "This is quite a bit longer than the other one.", "And a third."]
CAPACITY = 120
SAME = 1e-3
"""Of the peak: other shapes round otherwise, and random codecs magnify it."""


@dataclass
class Utterance:
    """Joins at a step, waits for text at others, and leaves after a number of frames."""

    slot: int
    joins: int
    frames: int
    sampling: Sampling
    waits: frozenset[int] = frozenset()
    text: int = 0
    codes: list[list[int]] = field(default_factory=list)
    audio: list[Samples] = field(default_factory=list)

    @property
    def here(self) -> bool:
        return len(self.codes) < self.frames


def mixed() -> list[Utterance]:
    """Three slots, of which one is used twice; greedy and sampled; one waits while the others go on."""
    return [
        Utterance(0, 0, 5, Sampling(seed=1)),
        Utterance(1, 1, 9, Sampling(seed=2), frozenset({3, 4, 6}), text=1),
        Utterance(2, 2, 6, Sampling.greedy(), text=2),
        Utterance(0, 7, 4, Sampling(seed=3, top_p=0.8), text=1),
    ]


def play(runner: Runner, utterances: list[Utterance], voice: VoicePrompt | None) -> list[Utterance]:
    """Have all of them spoken, joining and leaving as they say."""
    prompts = [runner.model.talker_prompt(text, "English", voice) for text in TEXTS]
    step = 0
    while any(each.here for each in utterances):
        for each in utterances:
            if each.joins == step:
                context = None if voice is None else voice.codes
                runner.begin(each.slot, prompts[each.text][0], context, each.sampling)
        now = {e.slot: e for e in utterances if e.joins <= step and e.here and step not in e.waits}
        texts = {slot: prompts[each.text][1][len(each.codes) - 1 :][:1] for slot, each in now.items() if each.codes}
        if texts:
            runner.advance({slot: text[0] if len(text) else None for slot, text in texts.items()})
        chosen = runner.choose(list(now), unfinished=list(now))
        frames = {slot: frame.codes for slot, frame in chosen.items() if isinstance(frame, Frame)}
        assert len(frames) == len(now)
        heard = runner.decode(frames)
        for slot, each in now.items():
            each.codes.append(frames[slot].tolist())
            each.audio.append(heard[slot])
            if not each.here:
                runner.free(slot)
        step += 1
    return utterances


def assert_same(found: list[Utterance], wanted: list[Utterance], atol: float = SAME) -> None:
    for mine, other in zip(found, wanted, strict=True):
        assert mine.codes == other.codes
        audio, expected = np.concatenate(mine.audio), np.concatenate(other.audio)
        np.testing.assert_allclose(audio, expected, rtol=0, atol=atol * float(np.abs(expected).max()))


@pytest.fixture(scope="module")
def model(home: Path) -> Qwen3TTS:
    return load_model(home / "checkpoint")


@pytest.fixture(scope="module")
def voice(model: Qwen3TTS) -> VoicePrompt:
    return model.clone_prompt(hum(1.0, 220.0), "Hum.")


@pytest.fixture
def short_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """So short that these utterances pass from one to the next."""
    monkeypatch.setattr(graphs, "SHORTEST_SPAN", 30)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """How many rows graphs were called with."""
    rows: set[int] = set()
    call = Graph.__call__

    def noting(self: Graph, **arguments: torch.Tensor) -> torch.Tensor | None:
        rows.add(len(arguments["active"]))
        return call(self, **arguments)

    monkeypatch.setattr(Graph, "__call__", noting)
    return rows


def test_sizes() -> None:
    assert sizes(32) == [1, 2, 4, 8, 16, 32]
    assert sizes(10) == [1, 2, 4, 8, 10]
    assert sizes(1) == [1]
    assert sizes(1024, 256) == [256, 512, 1024]
    assert sizes(100, 256) == [100]
    assert [size_for(rows, sizes(10)) for rows in (1, 2, 3, 8, 9, 10)] == [1, 2, 4, 8, 10, 10]
    assert size_for(1025, [256, 1024]) == 1024


@pytest.mark.usefixtures("short_spans")
@pytest.mark.parametrize("make", [EagerRecorder, TapeRecorder])
def test_graphs_say_what_is_said_without(
    make: type[EagerRecorder], model: Qwen3TTS, voice: VoicePrompt, called: set[int]
) -> None:
    plain = play(Runner(model, 3, CAPACITY, graphs=None), mixed(), voice)
    assert not called
    assert_same(play(Runner(model, 3, CAPACITY, graphs=make(CPU)), mixed(), voice), plain)
    assert called == {1, 2, 3}


def test_every_number_of_rows(model: Qwen3TTS, called: set[int]) -> None:
    slots = (0, 1, 3, 7, 15, 31)
    utterances = [Utterance(slot, joins, 2, Sampling(seed=slot)) for joins, slot in enumerate(slots)]
    alone = [play(Runner(model, 1, 64), [Utterance(0, 0, 2, Sampling(seed=slot))], None)[0] for slot in slots]
    assert_same(play(Runner(model, 32, 64, graphs=EagerRecorder(CPU)), utterances, None), alone)
    assert called == {1, 2, 4, 8, 16, 32}


def test_recording_leaves_what_is_being_said(model: Qwen3TTS) -> None:
    """Settings that no graph was made for are recorded while others speak."""

    def utterances(limit: int) -> list[Utterance]:
        return [Utterance(0, 0, 5, Sampling(seed=1)), Utterance(1, 2, 3, Sampling(seed=2, top_k=limit), text=1)]

    runner = Runner(model, 2, CAPACITY, graphs=TapeRecorder(CPU))
    plain = Runner(model, 2, CAPACITY, graphs=None)
    for limit in (50, 60):
        assert_same(play(runner, utterances(limit), None), play(plain, utterances(limit), None))


def test_no_buffer_moves(model: Qwen3TTS) -> None:
    runner = Runner(model, 1, CAPACITY, graphs=EagerRecorder(CPU))
    states = runner.speech_rows[0].state, runner.codec_rows[0].state
    before = [tensor.data_ptr() for state in states for tensor in state.tensors()]
    play(runner, [Utterance(0, 0, 2, Sampling(seed=1)), Utterance(0, 2, 2, Sampling(seed=2))], None)
    states = runner.speech_rows[0].state, runner.codec_rows[0].state
    assert [tensor.data_ptr() for state in states for tensor in state.tensors()] == before


def test_ends_are_told(model: Qwen3TTS) -> None:
    runner = Runner(model, 2, CAPACITY, graphs=TapeRecorder(CPU))
    prompt, _ = model.talker_prompt(TEXTS[0], "English")
    for slot in (0, 1):
        runner.begin(slot, prompt, None, Sampling(seed=slot))
    state = runner.speech_rows[0].state
    state.sampler.frame.fill_(9)
    state.logits[0].zero_()[model.generator.eos] = 100
    state.logits[1].fill_(torch.nan)
    assert runner.choose([0, 1]) == {0: Ending.EOS, 1: Ending.BROKEN}


def test_an_engine_speaks_with_graphs(make_engine: MakeEngine, calm: Qwen3Engine, called: set[int]) -> None:
    engine = make_engine(slots=3, make_runner=partial(Runner, graphs=EagerRecorder(CPU)))
    streams = [begin(engine, SpeechRequest("makima", seed=1), text) for text in TEXTS]
    for stream, text in zip(streams, TEXTS, strict=True):
        heard, expected = hear(stream), speak(calm, text)
        assert heard.end == expected.end
        atol = SAME * np.abs(expected.samples).max()
        np.testing.assert_allclose(heard.samples, expected.samples, rtol=0, atol=atol)
    assert called


@pytest.mark.gpu
@pytest.mark.usefixtures("short_spans")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_cuda_graphs_say_what_the_device_says_without(home: Path, dtype: torch.dtype) -> None:
    """The same shapes on the same device, so the same kernels."""
    device = torch.device("cuda:0")
    model = load_model(home / "checkpoint", device, dtype)
    voice = model.clone_prompt(hum(1.0, 220.0), "Hum.")
    plain = play(Runner(model, 3, CAPACITY, graphs=EagerRecorder(device)), mixed(), voice)
    recorder = recorder_for(device)
    assert recorder is not None
    assert_same(play(Runner(model, 3, CAPACITY, graphs=recorder), mixed(), voice), plain)
