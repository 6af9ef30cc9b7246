"""The engine that marks what another one says, beyond what every engine promises."""

from __future__ import annotations

import re

import numpy as np
import pytest

from makima import installation
from makima.engines import marked, registry
from makima.engines.espeak import EspeakEngine
from makima.engines.fake import FAIL_WORD, FakeEngine
from makima.engines.marked import MarkedEngine
from makima.engines.protocol import EngineFigures, Observable, SpeechRequest
from makima.errors import AssetError, SynthesisFailed
from makima.models.perth import weights
from makima.models.perth.marker import Marker
from tests.support.marks import TEXT, look, mark, speech
from tests.support.server.servers import make_settings
from tests.support.server.streams import begin, hear, speak

pytestmark = pytest.mark.skipif(not weights.installed(), reason="the extra watermark is not installed")


def test_what_is_spoken_carries_the_mark() -> None:
    engine = MarkedEngine(EspeakEngine(workers=1))
    engine.load(lambda _: None)
    heard = speak(engine, TEXT).samples
    engine.close()
    np.testing.assert_array_equal(heard, mark(speech()))
    assert look(heard).found


def test_a_failure_is_passed_on_with_what_was_said_before() -> None:
    engine = MarkedEngine(FakeEngine())
    engine.load(lambda _: None)
    heard = speak(engine, f"Hello there {FAIL_WORD}")
    assert heard.end.reason == "failed"
    assert FAIL_WORD in str(heard.end.error)
    assert len(heard.samples) == len("Hello there ") * 960
    engine.close()


def test_marking_that_fails_ends_the_utterance(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = MarkedEngine(FakeEngine())
    engine.load(lambda _: None)
    monkeypatch.setattr(Marker, "push", lambda *_: 1 / 0)
    end = speak(engine, "Hello.").end
    assert end.reason == "failed"
    assert isinstance(end.error, SynthesisFailed)
    monkeypatch.undo()
    assert speak(engine, "Hello.").end.reason == "end", "the others go on"
    engine.close()


def test_cancel_reaches_the_engine() -> None:
    inner = FakeEngine()
    engine = MarkedEngine(inner)
    engine.load(lambda _: None)
    stream = begin(engine, SpeechRequest("makima"), "Hello there, " * 100)
    stream.cancel()
    assert hear(stream).end.reason == "cancelled"
    assert all(spoken.ended for spoken in inner._streams)
    engine.close()


class TellingEngine(FakeEngine):
    """Tells how it is doing."""

    def figures(self) -> EngineFigures:
        return EngineFigures(2, 1, 0, {"loop": 3})


def test_what_the_engine_tells_of_itself_is_told() -> None:
    engine = marked.marked(TellingEngine())
    assert isinstance(engine, Observable)
    assert engine.figures().guards == {"loop": 3}
    engine.close()
    silent = marked.marked(FakeEngine())
    assert not isinstance(silent, Observable)
    silent.close()


def test_it_wants_to_be_loaded() -> None:
    engine = MarkedEngine(EspeakEngine(workers=1))
    with pytest.raises(AssetError, match="before it is loaded"):
        engine.open(SpeechRequest("makima"))
    engine.close()


class TestSetting:
    """`MAKIMA_WATERMARK`."""

    @pytest.mark.parametrize(("word", "marks"), [("auto", True), ("on", True), ("off", False)])
    def test_where_the_extra_is_installed(self, word: str, marks: bool) -> None:
        choice = registry.choose(make_settings(engine="fake", watermark=word))
        assert isinstance(choice.engine, marked.MarkedEngine) is marks
        assert choice.engine.name == "fake"

    def test_where_it_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(weights, "find_spec", lambda _: None)
        for word in ("auto", "off"):
            choice = registry.choose(make_settings(engine="fake", watermark=word))
            assert not isinstance(choice.engine, marked.MarkedEngine)
        with pytest.raises(AssetError, match=re.escape(installation.install("watermark"))):
            registry.choose(make_settings(engine="fake", watermark="on"))
