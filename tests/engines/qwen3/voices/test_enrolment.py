"""Voices are worked out once, beside those who speak, and found again on the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from makima.audio import wav
from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.thread import EngineThread
from makima.engines.qwen3.voices import prompt_files, voices
from makima.engines.qwen3.voices.voices import Voices
from makima.errors import CapacityError, InvalidAudio, OutOfMemory, SynthesisFailed
from makima.models import hub
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.prompt import VoicePrompt
from tests.engines.qwen3.conftest import KeptRunner, MakeEngine
from tests.support.models.checkpoints import RATE_HZ, hum, make_home, write_voice
from tests.support.server.streams import begin, eventually, hear, speak

TEXT = "Hello there. It is late."
LATE = SpeechRequest("late")


@pytest.fixture(scope="module")
def model(home: Path) -> Qwen3TTS:
    return load_model(home / "checkpoint")


class Learned:
    """Counts how often a recording is really worked out."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = Qwen3TTS.clone_prompt

        def clone_prompt(model: Qwen3TTS, audio: object, transcript: str | None) -> VoicePrompt:
            self.count += 1
            return real(model, audio, transcript)

        patch.setattr(Qwen3TTS, "clone_prompt", clone_prompt)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> Learned:
    return Learned(monkeypatch)


class TestBesideTheRecording:
    @pytest.fixture
    def make_voices(self, model: Qwen3TTS, home: Path, tmp_path: Path) -> Callable[[], Voices]:
        return lambda: Voices(model.config, tmp_path, hub.fingerprint(home / "checkpoint"))

    @pytest.mark.parametrize("transcript", ["Hm hm hm.", None])
    def test_found_again(
        self,
        make_voices: Callable[[], Voices],
        model: Qwen3TTS,
        tmp_path: Path,
        learned: Learned,
        transcript: str | None,
    ) -> None:
        write_voice(tmp_path, "ann", hum(), transcript)
        first, second = (make_voices().conditioning("ann", model).voice for _ in range(2))
        assert learned.count == 1
        assert first is not None
        assert second is not None
        torch.testing.assert_close(first.speaker, second.speaker, rtol=0, atol=0)
        assert first.transcript == second.transcript == transcript
        assert (first.codes is None) == (second.codes is None) == (transcript is None)
        if first.codes is not None:
            assert second.codes is not None
            assert torch.equal(first.codes, second.codes)

    def test_one_file_for_each_model_and_none_that_is_old(
        self, make_voices: Callable[[], Voices], model: Qwen3TTS, tmp_path: Path, learned: Learned
    ) -> None:
        folder = write_voice(tmp_path, "ann", hum(), "Hm.")
        make_voices().conditioning("ann", model)
        wav.write(folder / "reference.wav", hum(pitch_hz=300.0), RATE_HZ)
        make_voices().conditioning("ann", model)
        (folder / "transcript.txt").write_text("Something else.")
        make_voices().conditioning("ann", model)
        assert learned.count == 3
        assert len(list(folder.glob("prompt-*.safetensors"))) == 1
        Voices(model.config, tmp_path, "another").conditioning("ann", model)
        assert learned.count == 4
        assert len(list(folder.glob("prompt-*.safetensors"))) == 2
        assert not list(folder.glob(".prompt*"))

    @pytest.mark.parametrize("content", [b"", b"nonsense" * 100])
    def test_a_broken_file_is_made_anew(
        self, make_voices: Callable[[], Voices], model: Qwen3TTS, tmp_path: Path, learned: Learned, content: bytes
    ) -> None:
        folder = write_voice(tmp_path, "ann", hum(), "Hm.")
        make_voices().conditioning("ann", model)
        (path,) = folder.glob("prompt-*.safetensors")
        whole = path.read_bytes()
        path.write_bytes(content)
        make_voices().conditioning("ann", model)
        assert learned.count == 2
        assert path.read_bytes() == whole

    def test_where_nothing_can_be_kept(
        self, make_voices: Callable[[], Voices], model: Qwen3TTS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError("read-only")

        folder = write_voice(tmp_path, "ann", hum(), "Hm.")
        monkeypatch.setattr("os.replace", refuse)
        assert make_voices().conditioning("ann", model).voice is not None
        assert {path.name for path in folder.iterdir()} == {"manifest.json", "reference.wav", "transcript.txt"}

    def test_other_weights_have_another_fingerprint(self, home: Path, tmp_path: Path) -> None:
        other = make_home(tmp_path / "home") / "checkpoint"
        first = hub.fingerprint(other)
        assert first == hub.fingerprint(other) != hub.fingerprint(home / "checkpoint")
        weights = other / "speech_tokenizer" / "model.safetensors"
        weights.write_bytes(weights.read_bytes() + b" ")
        assert hub.fingerprint(other) != first


class Gate:
    """Enrolling waits here, in whatever thread it is."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        self.threads: list[str] = []
        self.failure: Exception | None = None
        real = prompt_files.enrol

        def enrol_behind(model: Qwen3TTS, reference: Path, *rest: str | None) -> VoicePrompt:
            self.threads.append(threading.current_thread().name)
            self.reached.set()
            assert self.open.wait(20)
            if self.failure is not None:
                raise self.failure
            return real(model, reference, *rest)

        patch.setattr(voices, "enrol", enrol_behind)


class TestBesideThoseWhoSpeak:
    @pytest.fixture
    def kept(self) -> KeptRunner:
        return KeptRunner()

    @pytest.fixture
    def engine(self, make_engine: MakeEngine, kept: KeptRunner, tmp_path: Path) -> Qwen3Engine:
        home = make_home(tmp_path / "home")
        engine = make_engine(home, make_runner=kept)
        engine.load(lambda _: None)
        write_voice(home / "voices", "late", hum(pitch_hz=90.0), "Hm.")
        return engine

    @pytest.fixture
    def gate(self, engine: Qwen3Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
        gate = Gate(monkeypatch)
        yield gate
        gate.open.set()

    def test_nobody_waits_but_those_who_want_that_voice(self, engine: Qwen3Engine, gate: Gate) -> None:
        waiting = [begin(engine, LATE, TEXT) for _ in range(3)]
        assert gate.reached.wait(20)
        assert speak(engine, TEXT).end.reason == "end"
        assert not any(stream.poll() for stream in waiting)
        gate.open.set()
        heard = [hear(stream) for stream in waiting]
        assert [each.end.reason for each in heard] == ["end"] * 3
        assert len(gate.threads) == 1, "it is worked out once"
        assert gate.threads[0].startswith("enrol")

    def test_it_sounds_as_if_it_had_been_there(self, engine: Qwen3Engine, gate: Gate) -> None:
        gate.open.set()
        first, second = (speak(engine, TEXT, voice="late", seed=3) for _ in range(2))
        np.testing.assert_array_equal(first.samples, second.samples)
        assert len(gate.threads) == 1

    def test_learning_and_speaking_at_once_change_neither(
        self, engine: Qwen3Engine, kept: KeptRunner, model: Qwen3TTS
    ) -> None:
        """The encoders of the model that speaks, from another thread."""
        clip, alone = hum(3.0, 90.0), speak(engine, TEXT, seed=3)
        expected = prompt_files.enrol_samples(model, clip, "Hm.")
        stop = threading.Event()
        learned: list[VoicePrompt] = []

        def learn(model: Qwen3TTS = kept.runner.model) -> None:
            while not stop.is_set():
                learned.append(prompt_files.enrol_samples(model, clip, "Hm."))

        thread = threading.Thread(target=learn)
        thread.start()
        heard = speak(engine, TEXT, seed=3)
        stop.set()
        thread.join()
        np.testing.assert_array_equal(heard.samples, alone.samples)
        assert expected.codes is not None
        for prompt in learned:
            torch.testing.assert_close(prompt.speaker, expected.speaker, rtol=0, atol=0)
            assert prompt.codes is not None
            assert torch.equal(prompt.codes, expected.codes)

    def test_cancelled_while_it_waits(self, engine: Qwen3Engine, gate: Gate) -> None:
        stream = begin(engine, LATE, TEXT)
        assert gate.reached.wait(20)
        stream.cancel()
        assert hear(stream).end.reason == "cancelled"
        gate.open.set()
        assert speak(engine, TEXT, voice="late").end.reason == "end"

    def test_closed_while_it_waits(self, engine: Qwen3Engine, gate: Gate) -> None:
        stream = begin(engine, LATE, TEXT)
        assert gate.reached.wait(20)
        engine.close()
        assert hear(stream).end.reason == "cancelled"

    @pytest.mark.parametrize(
        ("failure", "expected"),
        [
            (InvalidAudio("There is no sound in it."), InvalidAudio),
            (torch.OutOfMemoryError("CUDA out of memory."), OutOfMemory),
            (RuntimeError("a kernel failed"), SynthesisFailed),
        ],
    )
    def test_what_fails_there_fails_those_who_want_that_voice(
        self, engine: Qwen3Engine, gate: Gate, failure: Exception, expected: type[Exception]
    ) -> None:
        gate.failure = failure
        stream = begin(engine, LATE, TEXT)
        gate.open.set()
        end = hear(stream).end
        assert (end.reason, type(end.error)) == ("failed", expected)
        assert speak(engine, TEXT).end.reason == "end"
        gate.failure = None
        assert speak(engine, TEXT, voice="late").end.reason == "end"

    def test_too_many_wait_then(self, engine: Qwen3Engine, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise CapacityError("Too many wait.", retry_after_s=1.0)

        monkeypatch.setattr(EngineThread, "submit", refuse)
        stream = engine.open(LATE)
        gate.open.set()
        end = hear(stream).end
        assert (end.reason, end.error is not None and end.error.code) == ("failed", "RATE_LIMITED")

    def test_the_default_voice_is_ready_before_anybody_asks(
        self, make_engine: MakeEngine, tmp_path: Path, learned: Learned
    ) -> None:
        home = make_home(tmp_path / "other")
        engine = make_engine(home, default_voice="hummer")
        engine.load(lambda _: None)
        assert learned.count == 1
        assert speak(engine, TEXT, voice="hummer").end.reason == "end"
        assert learned.count == 1
        assert eventually(lambda: list((home / "voices" / "hummer").glob("prompt-*")) != [])
