"""What goes wrong in the middle of it, and what is heard then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3 import engine as engine_module
from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.runner.runner import Runner
from makima.engines.qwen3.voices.voices import Voices
from makima.errors import InvalidAudio, OutOfMemory, SynthesisFailed
from makima.events import AudioChunk, Loading
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from tests.engines.qwen3.conftest import KeptRunner, MakeEngine
from tests.support.models.checkpoints import FRAME_SAMPLES
from tests.support.server.streams import Events, begin, hear, speak

TEXT = "Hello there. It is late."
LONG_TEXT = "This sentence is here so that there is a great deal to say, one thing after the other. " * 20


def full() -> torch.OutOfMemoryError:
    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB.")


class Failing:
    """Stands in front of a method of `owner`, and fails its calls by their number, from 1."""

    def __init__(
        self, patch: pytest.MonkeyPatch, owner: type, method: str, calls: set[int], error: Callable[[], Exception]
    ) -> None:
        self.calls = 0
        real = getattr(owner, method)

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls in calls:
                raise error()
            return real(*args, **kwargs)

        patch.setattr(owner, method, stand_in)


class Gpu:
    """Makes engines believe that there is a GPU: what they load there lies in the CPU's memory, and says otherwise."""

    def __init__(self, patch: pytest.MonkeyPatch, failing_loads: int = 0) -> None:
        self.loads: list[str] = []
        real_load, real_init = load_model, Runner.__init__

        def load(folder: Any, device: torch.device, dtype: torch.dtype, _: str | None, **options: Any) -> Qwen3TTS:
            self.loads.append(device.type)
            if device.type == "cuda" and self.loads.count("cuda") <= failing_loads:
                raise full()
            return real_load(folder, "cpu", torch.float32, **options)

        def init(runner: Runner, model: Qwen3TTS, slots: int, capacity: int) -> None:
            on_gpu = self.loads[-1] == "cuda"
            real_init(runner, model, slots, capacity, together=on_gpu)
            if on_gpu:
                runner.model = _Elsewhere(model)  # type: ignore[assignment]

        patch.setattr(engine_module, "load_model", load)
        patch.setattr(Runner, "__init__", init)
        patch.setattr(engine_module, "chosen_device", torch.device)


class _Elsewhere:
    """A model that says it is on a GPU."""

    def __init__(self, model: Qwen3TTS) -> None:
        self._model = model
        self.device = torch.device("cuda:0")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


@pytest.mark.parametrize("method", ["begin", "choose", "advance"])
def test_a_step_that_fits_the_second_time(
    make_engine: MakeEngine, calm: Qwen3Engine, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    expected = speak(calm, TEXT).samples
    failing = Failing(monkeypatch, Runner, method, {1}, full)
    np.testing.assert_array_equal(speak(make_engine(), TEXT).samples, expected)
    assert failing.calls > 1


def test_no_text_is_lost_where_a_voice_fits_the_second_time(
    make_engine: MakeEngine, calm: Qwen3Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine()
    engine.load(lambda _: None)
    expected = speak(calm, TEXT).samples
    Failing(monkeypatch, Voices, "conditioning", {1}, full)
    np.testing.assert_array_equal(speak(engine, TEXT).samples, expected)


class TestNoMemoryTwice:
    """From then on the CPU is used."""

    @pytest.fixture
    def engine(self, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> Qwen3Engine:
        self.gpu = Gpu(monkeypatch)
        engine = make_engine(device="cuda:0")
        engine.load(lambda _: None)
        assert self.gpu.loads == ["cuda"]
        return engine

    @pytest.mark.parametrize("method", ["begin", "choose", "advance"])
    def test_the_utterance_fails_and_the_next_is_spoken(
        self, engine: Qwen3Engine, calm: Qwen3Engine, monkeypatch: pytest.MonkeyPatch, method: str
    ) -> None:
        Failing(monkeypatch, Runner, method, {1, 2}, full)
        heard = speak(engine, TEXT)
        assert heard.end.reason == "failed"
        assert isinstance(heard.end.error, OutOfMemory)
        assert heard.end.error.recoverable
        assert "CPU" in str(heard.end.error)
        assert not engine.loaded
        assert engine.capabilities.device == "cpu"
        news: list[Loading] = []
        engine.load(news.append)
        assert news, "the next client is told that it loads"
        assert self.gpu.loads == ["cuda", "cpu"]
        np.testing.assert_array_equal(speak(engine, TEXT).samples, speak(calm, TEXT).samples)

    def test_what_waits_is_spoken_on_the_cpu(
        self, engine: Qwen3Engine, calm: Qwen3Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held = engine.open(SpeechRequest("makima", seed=1))
        Failing(monkeypatch, Runner, "choose", {1, 2}, full)
        assert speak(engine, TEXT).end.reason == "failed"
        held.feed(TEXT)
        held.end_text()
        np.testing.assert_array_equal(hear(held).samples, speak(calm, TEXT).samples)
        assert self.gpu.loads == ["cuda", "cpu"]

    def test_the_error_holds_on_to_nothing(self, engine: Qwen3Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        """A listener may keep it for long, and with it the frames that hold the model."""
        Failing(monkeypatch, Runner, "choose", {1, 2}, full)
        error = speak(engine, TEXT).end.error
        assert error is not None
        assert error.__traceback__ is None
        assert error.__context__ is None
        assert error.__cause__ is None


class TestLoading:
    def test_once_too_little_memory(self, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        gpu = Gpu(monkeypatch, failing_loads=1)
        engine = make_engine(device="cuda:0")
        engine.load(lambda _: None)
        assert gpu.loads == ["cuda", "cuda"]
        assert engine.loaded

    def test_twice_too_little_memory(
        self, make_engine: MakeEngine, calm: Qwen3Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gpu = Gpu(monkeypatch, failing_loads=2)
        engine = make_engine(device="cuda:0")
        news: list[Loading] = []
        engine.load(news.append)
        assert gpu.loads == ["cuda", "cuda", "cpu"]
        assert any("CPU" in item.what and "cuda:0" in item.what for item in news)
        np.testing.assert_array_equal(speak(engine, TEXT).samples, speak(calm, TEXT).samples)

    def test_too_little_memory_everywhere(self, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        said = RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory")
        Failing(monkeypatch, Runner, "__init__", {1, 2}, lambda: said)
        engine = make_engine()
        with pytest.raises(OutOfMemory, match="smaller"):
            engine.load(lambda _: None)
        assert not engine.loaded
        engine.load(lambda _: None)
        assert engine.loaded

    def test_a_first_frame_that_fails_is_not_the_last_word(
        self, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        Failing(monkeypatch, Runner, "choose", {1}, lambda: RuntimeError("a kernel failed"))
        engine = make_engine()
        with caplog.at_level(logging.WARNING):
            engine.load(lambda _: None)
        assert "the first frame could not be made" in caplog.text
        assert speak(engine, TEXT).end.reason == "end"

    def test_a_default_voice_that_cannot_be_used_keeps_nobody_else_from_speaking(
        self, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        Failing(monkeypatch, Voices, "conditioning", {1}, lambda: InvalidAudio("There is no sound in reference.wav."))
        engine = make_engine()
        with caplog.at_level(logging.WARNING):
            engine.load(lambda _: None)
        assert "reference.wav" in caplog.text
        assert speak(engine, TEXT, voice="hummer").end.reason == "end"


def kernel_failed() -> Exception:
    return RuntimeError("a kernel failed")


@pytest.mark.parametrize(
    ("error", "frame", "voice"),  # a voice with a reference's codes before it, and one without
    [(full, 1, "makima"), (kernel_failed, 4, "makima"), (kernel_failed, 1, "hummer"), (full, 4, "hummer")],
)
def test_a_codec_that_fails_in_mid_stream(
    make_engine: MakeEngine,
    calm: Qwen3Engine,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], Exception],
    frame: int,
    voice: str,
) -> None:
    text = "This is a sentence of some length, to be spoken."
    expected = speak(calm, text, voice=voice)
    engine = make_engine()
    engine.load(lambda _: None)
    Failing(monkeypatch, Runner, "decode", {frame}, error)
    heard = speak(engine, text, voice=voice)
    assert heard.end == expected.end
    assert [len(chunk.samples) for chunk in heard.chunks[: frame - 1]] == [FRAME_SAMPLES] * (frame - 1)
    assert len(heard.chunks) == frame, "the rest comes in one piece"
    peak = np.abs(expected.samples).max()
    # Another order of sums, which the random codec magnifies.
    np.testing.assert_allclose(heard.samples, expected.samples, rtol=0, atol=1e-3 * peak)
    np.testing.assert_array_equal(speak(engine, text, voice=voice).samples, expected.samples)


def test_a_codec_that_fails_for_good(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The utterance has left its slot by then, or nearly: it must be told all the same."""
    engine = make_engine()
    engine.load(lambda _: None)
    Failing(monkeypatch, Runner, "decode", {2}, lambda: RuntimeError("a kernel failed"))
    Failing(monkeypatch, Qwen3TTS, "decode_codes", {1}, lambda: RuntimeError("a kernel failed"))
    heard = speak(engine, TEXT)
    assert heard.end.reason == "failed"
    assert isinstance(heard.end.error, SynthesisFailed)
    assert heard.end.total_samples == FRAME_SAMPLES
    assert speak(engine, TEXT).end.reason == "end"


class TestScoresThatAreNoNumbers:
    @pytest.fixture
    def engine(self, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> Qwen3Engine:
        """Its third step leaves the first slot's past full of what is no number."""
        kept = KeptRunner()
        engine = make_engine(slots=2, make_runner=kept)
        engine.load(lambda _: None)
        runner = kept.runner
        real, steps = runner.advance, [0]

        def advance(texts: Mapping[int, Tensor | None]) -> None:
            real(texts)
            steps[0] += 1
            if steps[0] == 3:
                state = runner.speech_rows[0].state
                with torch.inference_mode():
                    state.logits[0] = torch.nan
                    state.talker.keys[0] = torch.nan
                    state.talker.values[0] = torch.nan

        monkeypatch.setattr(runner, "advance", advance)
        return engine

    def test_it_fails_alone(self, engine: Qwen3Engine, calm: Qwen3Engine) -> None:
        expected = speak(calm, TEXT, voice="hummer").samples
        first = begin(engine, SpeechRequest("makima", seed=1), LONG_TEXT)
        events = Events(first)
        assert isinstance(events.next(), AudioChunk)
        beside = begin(engine, SpeechRequest("hummer", seed=1), TEXT)
        end = events.rest().end
        assert end.reason == "failed"
        assert isinstance(end.error, SynthesisFailed)
        assert end.error.code == "SYNTHESIS_ERROR"
        np.testing.assert_array_equal(hear(beside).samples, expected)

    def test_the_slot_is_clean_afterwards(self, engine: Qwen3Engine, calm: Qwen3Engine) -> None:
        assert speak(engine, LONG_TEXT).end.reason == "failed"
        np.testing.assert_array_equal(speak(engine, TEXT).samples, speak(calm, TEXT).samples)


def test_a_step_that_fails_otherwise(
    make_engine: MakeEngine, calm: Qwen3Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine()
    engine.load(lambda _: None)
    Failing(monkeypatch, Runner, "choose", {1}, lambda: RuntimeError("a kernel failed"))
    heard = speak(engine, TEXT)
    assert isinstance(heard.end.error, SynthesisFailed)
    assert engine.loaded
    np.testing.assert_array_equal(speak(engine, TEXT).samples, speak(calm, TEXT).samples)


def test_an_utterance_that_cannot_be_begun(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine()
    engine.load(lambda _: None)
    Failing(monkeypatch, Runner, "begin", {1}, lambda: RuntimeError("a kernel failed"))
    heard = speak(engine, TEXT)
    assert isinstance(heard.end.error, SynthesisFailed)
    assert speak(engine, TEXT).end.reason == "end"


def test_a_prompt_without_room(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "CAPACITY", 40)
    heard = speak(make_engine(), TEXT)
    assert isinstance(heard.end.error, SynthesisFailed)
    assert "'makima' is too long" in str(heard.end.error)
