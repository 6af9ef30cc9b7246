"""A step by engines that say when each word is spoken: the embedded voice, and Kokoro where its model is here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from makima.audio.pcm import Encoding, decode
from makima.books.book import Book, Chapter, Paragraph
from makima.config import Settings
from makima.engines.fake import FakeEngine
from makima.engines.protocol import Engine
from makima.engines.registry import choose
from makima.events import Samples
from makima.jobs.files.writing import SRT, WORDS_JSON, book_path
from makima.jobs.job import BookFormat, Manner, State
from makima.jobs.progress import Progress
from makima.jobs.speaking import StepSpeech
from makima.jobs.store import JobStore
from makima.jobs.worker import Worker
from makima.models.assets.bundles import KOKORO_FILES
from makima.models.assets.store import AssetStore
from tests.support.server.servers import make_settings

RATE_HZ = 24_000
TEXT = "“You counted it?” asked Dr. Weiss — it cost $12.50, 15% more than in 1994."
WORDS = [
    "“You",
    "counted",
    "it?”",
    "asked",
    "Dr.",
    "Weiss",
    "it",
    "cost",
    "$12.50,",
    "15%",
    "more",
    "than",
    "in",
    "1994.",
]
BOOK = Book("T", (Chapter("One", (Paragraph(TEXT), Paragraph("And so on."))), Chapter("Two", (Paragraph(TEXT),))))
CACHE = Settings.model_fields["cache_dir"].default
ASSETS = AssetStore(CACHE / "assets")
NO_KOKORO = pytest.mark.skipif(
    bool(ASSETS.missing(KOKORO_FILES.needed)), reason="the model is not here: makima models pull kokoro"
)
SOUND = 0.003
"""Some -50 dB: what is louder can be heard."""


@pytest.fixture(scope="module", params=["espeak", pytest.param("kokoro", marks=NO_KOKORO)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    settings = make_settings(engine=request.param, watermark="off", cache_dir=CACHE)
    engine = choose(settings).engine
    engine.load(lambda _: None)
    yield engine
    engine.close()


@pytest.mark.parametrize("speed", [1.0, 1.5])
def test_each_word_is_told_where_it_sounds(engine: Engine, speed: float) -> None:
    speech = StepSpeech(engine, Manner("makima", "English", speed), TEXT, RATE_HZ)
    samples = decode(b"".join(speech), Encoding.PCM16)
    said = speech.words
    assert said.exact
    assert [word.text for word in said.words] == WORDS
    times = [at for word in said.words for at in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert times[-1] <= len(samples) * 1000 / RATE_HZ
    assert all(sounds(samples, word.start_ms, word.end_ms) for word in said.words)


def sounds(samples: Samples, start_ms: int, end_ms: int) -> bool:
    return bool(np.abs(samples[start_ms * RATE_HZ // 1000 : end_ms * RATE_HZ // 1000]).max(initial=0.0) > SOUND)


def test_a_book_has_the_times_of_its_sound(engine: Engine, tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    job = store.add(BOOK, Manner("makima", "English"), BookFormat.M4B, RATE_HZ)
    taken = Progress(store).take()
    assert taken is not None
    Worker(store, engine).work_on(taken)
    assert store.get(job.id).state is State.DONE
    samples = decoded(book_path(store, job))
    told = json.loads((store.folder_of(job.id) / WORDS_JSON).read_text())
    assert told["exact"]
    texts = [text for chapter in told["chapters"] for text in chapter["texts"]]
    assert [word["text"] for word in texts[2]["words"]] == WORDS
    assert all(sounds(samples, word["startMs"], word["endMs"]) for text in texts for word in text["words"])
    assert not any(sounds(samples, text["endMs"] - 400, text["endMs"] - 100) for text in texts), "the pauses"
    assert "asked Dr. Weiss — it cost $12.50," in (store.folder_of(job.id) / SRT).read_text()
    store.close()


def decoded(path: Path) -> Samples:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(str(path)) as file:
        pieces = [piece.to_ndarray()[0] for frame in file.decode(audio=0) for piece in resampler.resample(frame)]
    return np.concatenate(pieces)


def test_an_engine_that_does_not_say_gets_estimates() -> None:
    engine = FakeEngine()
    engine.load(lambda _: None)
    speech = StepSpeech(engine, Manner("makima", "English"), "Hello there.", RATE_HZ)
    samples = len(b"".join(speech)) // 2
    assert not speech.words.exact
    assert [word.text for word in speech.words.words] == ["Hello", "there."]
    assert speech.words.words[-1].end_ms <= samples * 1000 / RATE_HZ
    engine.close()
