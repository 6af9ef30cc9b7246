"""The Chatterbox engine beyond what every engine promises."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from makima.engines.chatterbox import ChatterboxEngine
from makima.engines.chatterbox.stream import ChatterboxStream
from makima.engines.chatterbox.thread import EngineThread
from makima.engines.protocol import SpeechRequest
from makima.errors import AssetError, InvalidAudio, SynthesisFailed, VoiceNotFound
from makima.events import SpeechEnd
from makima.models.chatterbox.layout import graph_path
from makima.models.chatterbox.model import MAX_TOKENS, Chatterbox
from tests.support.models.chatterbox import (
    TOKEN_SAMPLES,
    Plan,
    audio_of,
    engine_at,
    make_home,
    timbre_of,
    write_release,
)
from tests.support.models.checkpoints import RATE_HZ, hum, write_voice
from tests.support.server.streams import Events, begin, hear, speak

MakeEngine: TypeAlias = Callable[..., ChatterboxEngine]

TIMBRE = timbre_of((np.rint(hum(1.0, 220.0) * 32767) / 32768).astype(np.float32))
"""Of the voice `makima`, once it has been through a file of 16 bits."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("chatterbox") / "home")


@pytest.fixture
def make_engine(home: Path) -> Iterator[MakeEngine]:
    engines: list[ChatterboxEngine] = []

    def make(folder: Path = home, **options: object) -> ChatterboxEngine:
        engines.append(engine_at(folder, **options))
        engines[-1].load(lambda _: None)
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def test_sentences_are_spoken_one_by_one(make_engine: MakeEngine) -> None:
    heard = speak(make_engine(), "Hello there. How are you?")
    expected = [audio_of(Plan().tokens(text, TIMBRE), TIMBRE) for text in ("Hello there.", "How are you?")]
    np.testing.assert_allclose(heard.samples, np.concatenate(expected), atol=1e-4)
    assert heard.end.reason == "end"


def test_emoji_are_left_out(make_engine: MakeEngine) -> None:
    engine = make_engine()
    np.testing.assert_array_equal(
        speak(engine, "I have two dogs 🎉").samples, speak(engine, "i have two dogs.").samples
    )


def test_the_cap_ends_a_sentence_and_is_told(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine(make_home(tmp_path / "home", Plan(extra_tokens=5_000)))
    heard = speak(engine, "Hello there.")
    assert heard.end.reason == "length"
    assert len(heard.samples) == (MAX_TOKENS + 3) * TOKEN_SAMPLES
    assert max(len(chunk.samples) for chunk in heard.chunks) == RATE_HZ, "handed on a second at a time"


def test_the_seed_decides_where_there_is_a_choice(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine(make_home(tmp_path / "home", Plan(peak=1.0)))
    one, again, other = (speak(engine, "Hello there. Hello there.", seed=seed).samples for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert one.tobytes() != other.tobytes()
    unseeded = [hear(begin(engine, SpeechRequest("makima"), "Hello there.")).samples.tobytes() for _ in range(2)]
    assert unseeded[0] != unseeded[1]


def test_streams_take_turns(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence each: a long text that came first delays the others by one of its sentences at most."""
    engine = make_engine()
    spoken: list[str] = []
    gate = threading.Event()
    tokens = Chatterbox.tokens

    def watched(self: Chatterbox, voice: object, text: str, *rest: object) -> Iterator[int]:
        spoken.append(text)
        gate.wait()
        return tokens(self, voice, text, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Chatterbox, "tokens", watched)
    streams = [
        begin(engine, SpeechRequest("makima", seed=1), text) for text in ("A one. A two. A three.", "B one. B two.")
    ]
    gate.set()
    for stream in streams:
        assert hear(stream).end.reason == "end"
    assert spoken == ["A one.", "B one.", "A two.", "B two.", "A three."]


def test_cancel_in_mid_sentence_takes_effect_at_the_next_token(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine()
    made: list[int] = []
    decoded: list[int] = []
    reached, gone_on = threading.Event(), threading.Event()
    tokens = Chatterbox.tokens

    def watched(self: Chatterbox, *arguments: object) -> Iterator[int]:
        for token in tokens(self, *arguments):  # type: ignore[arg-type]
            made.append(token)
            if len(made) == 3:
                reached.set()
                gone_on.wait()
            yield token

    monkeypatch.setattr(Chatterbox, "tokens", watched)
    monkeypatch.setattr(Chatterbox, "decode", lambda *_: decoded.append(1))
    stream = begin(engine, SpeechRequest("makima", seed=1), "Hello there.")
    assert reached.wait(20)
    stream.cancel()
    assert hear(stream).end == SpeechEnd("cancelled", 0)
    gone_on.set()
    monkeypatch.undo()
    assert speak(engine, "Next.").end.reason == "end", "the thread goes on with the others"
    assert len(made) == 3
    assert decoded == []


class TestVoices:
    """Every voice needs a recording."""

    def test_without_one(self, make_engine: MakeEngine, tmp_path: Path) -> None:
        folder = make_home(tmp_path / "home")
        (folder / "voices" / "makima" / "reference.wav").unlink()
        write_voice(folder / "voices", "silent")
        engine = make_engine(folder)
        assert [voice.id for voice in engine.voices()] == ["hummer", "makima"], "the default voice is always listed"
        for voice_id in ("makima", "silent"):
            with pytest.raises(VoiceNotFound, match=f"recording.*{voice_id}.*reference.wav") as caught:
                engine.open(SpeechRequest(voice_id))
            assert caught.value.available == ("hummer",)
        assert speak(engine, "Hello.", voice="hummer").end.reason == "end"

    def test_a_new_recording_is_noticed(self, make_engine: MakeEngine, tmp_path: Path) -> None:
        folder = make_home(tmp_path / "home")
        engine = make_engine(folder)
        before = speak(engine, "Hello.").samples
        write_voice(folder / "voices", "makima", hum(2.0, 300.0) * np.float32(0.25))
        assert speak(engine, "Hello.").samples.tobytes() != before.tobytes()

    def test_a_voice_deleted_while_it_speaks_speaks_to_the_end(self, make_engine: MakeEngine, tmp_path: Path) -> None:
        folder = make_home(tmp_path / "home")
        write_voice(folder / "voices", "ann", hum(2.0, 300.0))
        engine = make_engine(folder)
        whole = speak(engine, "Hello there. How are you?", voice="ann")
        stream = engine.open(SpeechRequest("ann", "English", 1))
        events = Events(stream)
        stream.feed("Hello there. How")
        events.next()
        shutil.rmtree(folder / "voices" / "ann")
        stream.feed(" are you?")
        stream.end_text()
        rest = events.rest()
        assert (rest.end.reason, rest.end.total_samples) == ("end", whole.end.total_samples)
        with pytest.raises(VoiceNotFound):
            engine.open(SpeechRequest("ann"))

    def test_what_was_heard_is_kept(self, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        engine = make_engine()
        speak(engine, "Hello.", voice="hummer")
        monkeypatch.setattr(Chatterbox, "voice", lambda *_: pytest.fail("heard again"))
        assert speak(engine, "Hello.", voice="hummer").end.reason == "end"

    def test_a_recording_that_is_none(self, make_engine: MakeEngine, tmp_path: Path) -> None:
        folder = make_home(tmp_path / "home")
        (folder / "voices" / "makima" / "reference.wav").write_bytes(b"nothing")
        engine = make_engine(folder)  # the others can do without it
        end = speak(engine, "Hello.").end
        assert end.reason == "failed"
        assert isinstance(end.error, InvalidAudio)
        assert speak(engine, "Hello.", voice="hummer").end.reason == "end"


def test_a_graph_that_fails_ends_one_stream(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine()
    encode = Chatterbox._embedded

    def broken(self: Chatterbox, ids: list[int]) -> object:
        return encode(self, [99_999_999] if ord("!") in ids or 0 in ids else ids)

    monkeypatch.setattr(Chatterbox, "_embedded", broken)
    end = speak(engine, "Hello there!").end
    assert end.reason == "failed"
    assert isinstance(end.error, SynthesisFailed)
    assert "embed_tokens_q4.onnx failed" in str(end.error)
    monkeypatch.undo()
    assert speak(engine, "Hello there.").end.reason == "end"


def test_a_broken_file_is_named_and_mending_it_is_enough(tmp_path: Path) -> None:
    folder = make_home(tmp_path / "home")
    path = graph_path(folder / "release", "conditional_decoder", "_q4")
    path.unlink()
    engine = engine_at(folder)
    with pytest.raises(AssetError, match=r"conditional_decoder_q4\.onnx.*makima models pull chatterbox-turbo"):
        engine.load(lambda _: None)
    write_release(folder / "release")
    assert speak(engine, "Hello.").end.reason == "end", "it loads by itself too"
    engine.close()


def test_a_stream_that_is_handed_to_a_closed_engine_ends(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine()
    submit = EngineThread.submit

    def closed_before(thread: EngineThread, stream: ChatterboxStream) -> None:
        engine.close()
        submit(thread, stream)

    monkeypatch.setattr(EngineThread, "submit", closed_before)
    assert Events(engine.open(SpeechRequest("makima"))).next() == SpeechEnd("cancelled", 0)
