"""The model itself, where it has been fetched into the usual folder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from makima.config import Settings
from makima.engines.kokoro import KokoroEngine
from makima.engines.protocol import SpeechRequest
from makima.events import AudioChunk
from makima.models.assets.bundles import KOKORO_FILES
from makima.models.assets.store import AssetStore
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


def test_a_cancel_ends_the_run(engine: KokoroEngine) -> None:
    stream = begin(engine, SpeechRequest("makima"), "One thing after the other is said here at some length. " * 20)
    events = Events(stream)
    assert isinstance(events.next(), AudioChunk)
    stream.cancel()
    assert events.next().reason == "cancelled"  # type: ignore[union-attr]
    assert speak(engine, "Yes.").end.reason == "end"
