"""The model itself, where it has been fetched into the usual folder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from makima.config import Settings
from makima.engines.kokoro import KokoroEngine
from makima.engines.protocol import SpeechRequest
from makima.events import AudioChunk
from makima.models.assets.bundles import DEFAULT_STYLE, KOKORO, KOKORO_FILES
from makima.models.assets.store import AssetStore
from makima.models.kokoro.model import Kokoro, Stop, kernels_pay
from makima.models.kokoro.styles import read_style
from makima.models.kokoro.symbols import tokens
from tests.support.server.streams import Events, begin, speak

STORE = AssetStore(Settings.model_fields["cache_dir"].default / "assets")

pytestmark = pytest.mark.skipif(
    bool(STORE.missing(KOKORO_FILES.needed)), reason="the model is not here: makima models pull kokoro"
)


@pytest.fixture(scope="module")
def engine() -> Iterator[KokoroEngine]:
    engine = KokoroEngine(STORE)
    engine.load(lambda _: None)
    yield engine
    engine.close()


def test_a_sentence_lasts_as_long_as_it_should(engine: KokoroEngine) -> None:
    samples = speak(engine, "Good morning, and thank you for calling.").samples
    assert 1.5 < len(samples) / 24_000 < 4.0
    level = float(np.sqrt(np.mean(samples**2)))
    assert 0.02 < level < 0.3
    np.testing.assert_array_equal(speak(engine, "Good morning, and thank you for calling.").samples, samples)


@pytest.mark.skipif(not kernels_pay(), reason="the kernels are not here")
def test_the_kernels_make_the_sound_that_the_whole_graph_makes() -> None:
    path = STORE.require(KOKORO_FILES.needed[0], KOKORO)
    style = read_style(STORE.require(KOKORO_FILES.voices[DEFAULT_STYLE], KOKORO))
    spoken = tokens("ðə kwˈɪk bɹˈaʊn fˈɑːks.")
    runs = (Kokoro(path, native=native).run(spoken, style, 1.0, Stop()) for native in (True, False))
    found, wanted = runs
    assert found is not None
    assert wanted is not None
    np.testing.assert_array_equal(found.starts, wanted.starts)
    assert found.samples.shape == wanted.samples.shape
    # The graph rounds rows to 8 bits, which is what lies between the two.
    assert np.sqrt(np.mean((found.samples - wanted.samples) ** 2)) < 0.35 * np.sqrt(np.mean(wanted.samples**2))


def test_a_cancel_ends_the_run(engine: KokoroEngine) -> None:
    stream = begin(engine, SpeechRequest("makima"), "One thing after the other is said here at some length. " * 20)
    events = Events(stream)
    assert isinstance(events.next(), AudioChunk)
    stream.cancel()
    assert events.next().reason == "cancelled"  # type: ignore[union-attr]
    assert speak(engine, "Yes.").end.reason == "end"
