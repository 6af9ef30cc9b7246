"""Streams that share the engine's thread and its slots."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load, save_file

from makima.engines import guards
from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3 import engine as engine_module
from makima.engines.qwen3 import thread
from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.runner.runner import Runner
from makima.engines.qwen3.stepper import Stepper
from makima.engines.qwen3.text import prompting
from makima.engines.qwen3.text.prompting import Prompting
from makima.engines.qwen3.text.segment import Preparing
from makima.errors import AssetError, CapacityError, ConfigError, VoiceNotFound
from makima.events import AudioChunk, Loading
from makima.models.qwen3.config import read_model_config
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.text.language import LANGUAGES
from tests.engines.qwen3.conftest import MakeEngine
from tests.support.models.checkpoints import FRAME_SAMPLES, hum, make_home, write_checkpoint, write_voice
from tests.support.server.streams import Events, begin, eventually, hear, speak

TEXT = "Hello there. It is late."
SENTENCE = "This sentence is here so that there is a great deal to say, one thing after the other. "


def occupied(engine: Qwen3Engine) -> int:
    return engine.figures().speaking


class Model:
    """What was asked of the model."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        self.frames: list[list[int]] = []
        self.spoken = ""
        begin, spoken, choose = Stepper.begin, Prompting._spoken, Runner.choose

        def written_out(prompting: Prompting, text: str) -> str:
            self.spoken += spoken(prompting, text)
            return spoken(prompting, text)

        def begun(stepper: Stepper, slot: int, item: Preparing) -> None:
            self.texts.append(item.source.text)
            begin(stepper, slot, item)

        def chosen(runner: Runner, slots: list[int], unfinished: Collection[int] = ()) -> object:
            self.frames.append(slots)
            return choose(runner, slots, unfinished)

        patch.setattr(Stepper, "begin", begun)
        patch.setattr(Prompting, "_spoken", written_out)
        patch.setattr(Runner, "choose", chosen)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    return Model(monkeypatch)


def test_audio_comes_frame_by_frame(calm: Qwen3Engine) -> None:
    heard = speak(calm, "This is a sentence of some length, to be spoken.")
    assert len(heard.chunks) > 10
    assert {len(chunk.samples) for chunk in heard.chunks} == {FRAME_SAMPLES}


def test_seeds(calm: Qwen3Engine) -> None:
    first, second = (speak(calm, TEXT, seed=seed).samples for seed in (1, 2))
    assert first.tobytes() != second.tobytes()
    np.testing.assert_array_equal(speak(calm, TEXT, seed=1).samples, first)
    drawn = [hear(begin(calm, SpeechRequest("makima"), TEXT)).samples.tobytes() for _ in range(2)]
    assert drawn[0] != drawn[1], "without a seed it is another one each time"


def test_capabilities_come_from_the_checkpoint(calm: Qwen3Engine) -> None:
    told = calm.capabilities
    assert told.languages == LANGUAGES
    assert (told.sample_rate_hz, told.cloning, told.text_streaming, told.embedded) == (24_000, True, True, False)
    assert told.device == "cpu"


class TestSegments:
    def test_a_first_sentence_and_then_several_together(self, make_engine: MakeEngine, model: Model) -> None:
        sentences = [
            f"This is the sentence of {name}." for name in ("Anna", "Ben", "Carla", "Dora", "Emil", "Fritz") * 2
        ]
        heard = speak(make_engine(), " ".join(sentences))
        assert model.texts[0] == sentences[0]
        assert len(model.texts) >= 3
        assert all(200 <= len(text) <= 300 for text in model.texts[1:-1])
        assert " ".join(model.texts) == " ".join(sentences)
        assert heard.end.reason == "end"

    def test_the_text_may_come_between_segments(self, make_engine: MakeEngine) -> None:
        engine = make_engine()
        expected = speak(engine, f"{TEXT} {SENTENCE}").samples
        stream = engine.open(SpeechRequest("makima", seed=1))
        stream.feed(f"{TEXT} {SENTENCE[0]}")  # too little for a segment to begin with
        events = Events(stream)
        first = events.next()
        assert isinstance(first, AudioChunk)
        assert eventually(lambda: occupied(engine) == 0)
        speak(engine, "Somebody else in between.")
        stream.feed(SENTENCE[1:])
        stream.end_text()
        rest = events.rest()
        np.testing.assert_array_equal(np.concatenate([first.samples, rest.samples]), expected)

    def test_what_has_no_sound_is_passed_over(self, make_engine: MakeEngine, model: Model) -> None:
        assert speak(make_engine(), "🎉" * 20 + "! \n\n ... \n\nWell done 🎉.").end.reason == "end"
        assert len(model.texts) == 1
        assert "Well done" in model.texts[0]
        assert "Well done" in model.spoken
        assert "🎉" not in model.spoken


class TestCaps:
    """A model that never finds an end."""

    @pytest.fixture
    def endless(self, tmp_path: Path) -> Path:
        write_checkpoint(tmp_path / "checkpoint")
        write_voice(tmp_path / "voices", "makima", hum(1.0), "Hum.")
        path = tmp_path / "checkpoint" / "model.safetensors"
        tensors = load(path.read_bytes())
        head = tensors["talker.codec_head.weight"]
        eos = read_model_config(tmp_path / "checkpoint").talker.ids.eos
        # Whatever it hears, the end is less likely than the first code, or the second.
        head[0], head[1], head[eos] = 10 * head[2], -10 * head[2], 0
        save_file(tensors, path, {"format": "pt"})
        return tmp_path

    def test_a_run_away_is_cut(
        self, endless: Path, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, model: Model
    ) -> None:
        monkeypatch.setattr(guards, "EXTRA_FRAMES", 3)
        monkeypatch.setattr(guards, "FRAMES_PER_TOKEN", 0)
        heard = speak(make_engine(endless), "Hello there, this is the first one. And the second one.")
        assert model.texts == ["Hello there, this is the first one.", "And the second one."]
        assert (heard.end.reason, heard.end.total_samples) == ("length", 2 * 3 * FRAME_SAMPLES)

    def test_a_slot_that_is_full(self, endless: Path, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine_module, "CAPACITY", 140)
        heard = speak(make_engine(endless), TEXT)
        assert heard.end.reason == "length"
        assert prompting.MIN_FRAMES <= len(heard.chunks) < 140


class TestSlots:
    def test_more_streams_than_slots(self, make_engine: MakeEngine, calm: Qwen3Engine, model: Model) -> None:
        engine = make_engine(slots=2)
        texts = [f"Stream number {number} has a text." for number in range(6)]
        streams = [begin(engine, SpeechRequest("makima", seed=1), text) for text in texts]
        heard = [hear(stream).samples for stream in streams]
        assert max(map(len, model.frames)) == 2
        for samples, text in zip(heard, texts, strict=True):
            np.testing.assert_array_equal(samples, speak(calm, text).samples)

    def test_a_prompt_is_run_between_the_frames_of_others(
        self, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However long it is, and where a piece takes as long as a frame: no speaker waits for two of them."""
        monkeypatch.setattr(thread, "PROMPTS_S", 0.0)
        work: list[str] = []
        for name, letter in {"begin": "p", "extend": "p", "choose": "f"}.items():
            monkeypatch.setattr(Runner, name, _noted(getattr(Runner, name), work, letter))
        engine = make_engine(slots=2)
        speaking = begin(engine, SpeechRequest("hummer", seed=1), SENTENCE * 3)
        assert isinstance(Events(speaking).next(), AudioChunk)
        work.clear()
        begin(engine, SpeechRequest("makima", seed=1), TEXT)
        assert eventually(lambda: work.count("p") >= 2)
        assert eventually(lambda: work[-5:] == ["f"] * 5)
        order = "".join(work)
        assert "pp" not in order
        speaking.cancel()

    def test_too_many_that_wait(self, make_engine: MakeEngine) -> None:
        engine = make_engine(slots=1, max_waiting=3)
        streams = [engine.open(SpeechRequest("makima", seed=1)) for _ in range(1 + 3)]
        with pytest.raises(CapacityError) as caught:
            engine.open(SpeechRequest("makima"))
        assert caught.value.retry_after_s > 0
        for stream in streams:
            stream.cancel()
        assert speak(engine, TEXT).end.reason == "end"

    def test_cancel_frees_the_slot_within_a_frame(self, make_engine: MakeEngine, model: Model) -> None:
        engine = make_engine(slots=1)
        stream = begin(engine, SpeechRequest("makima", seed=1), SENTENCE * 20)
        assert isinstance(Events(stream).next(), AudioChunk)
        stream.cancel()
        made = len(model.frames)
        assert eventually(lambda: occupied(engine) == 0)
        assert len(model.frames) - made <= 1
        assert speak(engine, TEXT).end.reason == "end"

    def test_a_stalled_listener_is_masked_while_others_run(
        self, make_engine: MakeEngine, calm: Qwen3Engine, model: Model
    ) -> None:
        engine = make_engine(slots=2)
        stalled = engine.open(SpeechRequest("makima", seed=1))
        stalled.feed(SENTENCE * 60)
        assert eventually(lambda: stalled.full)
        model.frames.clear()
        expected = speak(calm, TEXT).samples
        model.frames.clear()
        np.testing.assert_array_equal(speak(engine, TEXT).samples, expected)
        assert {tuple(slots) for slots in model.frames} == {(1,)}
        assert occupied(engine) == 1, "it keeps its slot"
        stalled.cancel()

    def test_close_ends_all(self, make_engine: MakeEngine) -> None:
        others = set(threading.enumerate())
        engine = make_engine(slots=1)
        streams = [begin(engine, SpeechRequest("makima", seed=1), SENTENCE * 20) for _ in range(3)]
        assert isinstance(Events(streams[0]).next(), AudioChunk)
        assert "qwen3" in {thread.name for thread in set(threading.enumerate()) - others}
        engine.close()
        assert [hear(stream).end.reason for stream in streams] == ["cancelled"] * 3
        assert "qwen3" not in {thread.name for thread in set(threading.enumerate()) - others}


def _noted(work: Callable[..., object], notes: list[str], letter: str) -> Callable[..., object]:
    def noted(*args: Any, **kwargs: Any) -> object:
        notes.append(letter)
        return work(*args, **kwargs)

    return noted


def test_all_slots_at_once_sound_as_one_by_one(make_engine: MakeEngine, calm: Qwen3Engine) -> None:
    """As on a GPU, here on the CPU: other shapes, and so other rounding, but the same codes."""
    engine = make_engine(slots=3, make_runner=partial(Runner, together=True))
    texts = [f"Stream number {number} has a text." for number in range(5)]
    streams = [begin(engine, SpeechRequest("makima", seed=1), text) for text in texts]
    for stream, text in zip(streams, texts, strict=True):
        heard, expected = hear(stream), speak(calm, text)
        assert heard.end == expected.end
        atol = 1e-3 * np.abs(expected.samples).max()
        np.testing.assert_allclose(heard.samples, expected.samples, rtol=0, atol=atol)


class TestLoading:
    def test_news(self, make_engine: MakeEngine) -> None:
        news: list[Loading] = []
        engine = make_engine()
        engine.load(news.append)
        progress = [item.progress for item in news if item.progress is not None]
        assert progress == sorted(progress)
        assert (progress[0] < 0.2, progress[-1]) == (True, 1.0)
        assert news[-1].what == "the default voice"

    def test_many_at_once_load_once(self, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        loads: list[object] = []

        def load_and_count(*args: Any, **kwargs: Any) -> Qwen3TTS:
            loads.append(args)
            return load_model(*args, **kwargs)

        monkeypatch.setattr(engine_module, "load_model", load_and_count)
        engine = make_engine()
        streams = [begin(engine, SpeechRequest("makima", seed=1), TEXT) for _ in range(2)]
        callers = [threading.Thread(target=engine.load, args=(lambda _: None,)) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert [hear(stream).end.reason for stream in streams] == ["end"] * 2
        assert len(loads) == 1

    def test_idle_and_back(self, make_engine: MakeEngine) -> None:
        engine = make_engine(idle_s=0.2)
        engine.load(lambda _: None)
        expected = speak(engine, TEXT).samples
        assert eventually(lambda: not engine.loaded)
        np.testing.assert_array_equal(speak(engine, TEXT).samples, expected)
        assert engine.loaded

    def test_not_idle_while_a_text_is_being_written(self, make_engine: MakeEngine) -> None:
        engine = make_engine(idle_s=0.1)
        engine.load(lambda _: None)
        stream = engine.open(SpeechRequest("makima"))
        assert not eventually(lambda: not engine.loaded, within_s=0.4)
        stream.cancel()
        assert eventually(lambda: not engine.loaded)

    @pytest.mark.parametrize("file", ["model.safetensors", "speech_tokenizer/model.safetensors"])
    def test_a_file_that_is_cut_short(self, make_engine: MakeEngine, tmp_path: Path, file: str) -> None:
        home = make_home(tmp_path / "home")
        path = home / "checkpoint" / file
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        engine = make_engine(home)
        with pytest.raises(AssetError, match="models pull") as caught:
            engine.load(lambda _: None)
        assert caught.value.asset == str(path)
        heard = speak(engine, TEXT)
        assert isinstance(heard.end.error, AssetError), "the thread loads too, and says the same"
        path.write_bytes(whole)
        engine.load(lambda _: None)
        assert speak(engine, TEXT).end.reason == "end"

    def test_a_folder_that_is_no_model(self, tmp_path: Path) -> None:
        with pytest.raises(AssetError, match=r"config\.json"):
            Qwen3Engine(str(tmp_path), "cpu", tmp_path)

    def test_weights_that_are_not_here(self, tmp_path: Path) -> None:
        with pytest.raises(AssetError, match=r"makima models pull qwen3-tts-1\.7b"):
            Qwen3Engine("Qwen/Qwen3-TTS-12Hz-1.7B-Base", "cpu", tmp_path)

    @pytest.mark.parametrize("device", ["cuda:99", "nonsense"])
    def test_a_device_that_is_not_here(self, home: Path, device: str) -> None:
        engine = Qwen3Engine(str(home / "checkpoint"), device, home / "voices")
        with pytest.raises(ConfigError, match=f"TTS_DEVICE.*{device}"):
            engine.load(lambda _: None)
        engine.close()


def test_a_voice_deleted_while_it_speaks_speaks_to_the_end(make_engine: MakeEngine, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    write_voice(home / "voices", "ann", hum(1.0), "Hum.")
    engine = make_engine(home)
    first, second = "Hello there, this is the first one. ", "And this is the second."
    whole = speak(engine, first, second, voice="ann")
    stream = engine.open(SpeechRequest("ann", "English", 1))
    events = Events(stream)
    stream.feed(first)
    events.next()
    shutil.rmtree(home / "voices" / "ann")
    stream.feed(second)
    stream.end_text()
    assert events.rest().end.total_samples == whole.end.total_samples
    with pytest.raises(VoiceNotFound):
        engine.open(SpeechRequest("ann"))


class TestOtherKinds:
    def test_preset_speakers(self, make_engine: MakeEngine, tmp_path: Path) -> None:
        write_checkpoint(tmp_path / "checkpoint", "custom_voice")
        engine = make_engine(tmp_path)
        assert [voice.id for voice in engine.voices()] == ["makima", "ryan", "dylan"]
        assert not engine.capabilities.cloning
        sounds = [speak(engine, TEXT, voice=voice).samples.tobytes() for voice in ("makima", "ryan", "dylan")]
        assert sounds[0] == sounds[1] != sounds[2]
        with pytest.raises(VoiceNotFound):
            engine.open(SpeechRequest("unknown"))

    def test_described_voices(self, make_engine: MakeEngine, tmp_path: Path) -> None:
        write_checkpoint(tmp_path / "checkpoint", "voice_design")
        for voice_id, description in {"low": "A low voice.", "high": "A high voice."}.items():
            write_voice(tmp_path / "voices", voice_id, description=description)
        engine = make_engine(tmp_path)
        assert {voice.id for voice in engine.voices()} == {"makima", "low", "high"}
        assert len({speak(engine, TEXT, voice=voice).samples.tobytes() for voice in ("low", "high", "makima")}) == 3


def test_a_configuration_that_is_no_json(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    (home / "checkpoint" / "config.json").write_text(json.dumps({"talker_config": {}})[:-3])
    with pytest.raises(AssetError, match=r"config\.json"):
        Qwen3Engine(str(home / "checkpoint"), "cpu", home / "voices")
