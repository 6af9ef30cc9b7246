"""A recording for the default voice, read by a preset speaker; and how alike clones are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from makima.engines.qwen3 import default_voice
from makima.engines.qwen3.default_voice import ATTEMPTS, make_default_voice
from makima.engines.qwen3.similarity import load_for_similarity, similarity
from makima.errors import AssetError, InvalidMessage, SynthesisFailed
from makima.events import Loading
from makima.voices.library import Library, open_library
from makima.voices.recording import RATE_HZ, prepare
from tests.support.models.checkpoints import hum, write_checkpoint, write_voice
from tests.support.recordings import speech

TEXT = "Good evening. I will read to you whatever you write."


@pytest.fixture(scope="module")
def presets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CustomVoice model: random, so that what it reads is noise, but as long as the text."""
    return write_checkpoint(tmp_path_factory.mktemp("presets"), "custom_voice")


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seconds are enough to be kept."""
    monkeypatch.setattr(default_voice, "TEXT", TEXT)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return open_library(tmp_path / "voices", tmp_path)


def test_it_is_read_and_kept_with_where_it_comes_from(library: Library, presets: Path) -> None:
    earlier = {"model": "another", "speaker": "somebody", "text": "Hm."}
    write_voice(library.folder, "makima", hum(4.0), origin=earlier)  # what a machine made may be made again
    (library.folder / "makima" / "README.md").write_text("About it.")
    news: list[Loading] = []
    voice = make_default_voice(library, news.append, source=str(presets), device="cpu")
    assert (voice.id, voice.transcript, voice.manifest.language) == ("makima", TEXT, "English")
    assert voice.manifest.origin is not None
    assert voice.manifest.origin.speaker == "ryan", "the first there is, as ono_anna is not in this model"
    assert (voice.manifest.origin.model, voice.manifest.origin.text) == (str(presets), TEXT)
    assert voice.manifest.consent is None
    duration_ms = voice.as_voice("qwen3").duration_ms
    assert duration_ms is not None
    assert duration_ms >= 3_000
    assert (voice.folder / "README.md").read_text() == "About it."
    assert "the reading by ryan" in {each.what for each in news}
    progress = [each.progress for each in news if each.what.startswith("the reading") and each.progress is not None]
    assert progress == sorted(progress)


def test_somebodys_own_recording_stays(library: Library, presets: Path) -> None:
    folder = write_voice(library.folder, "makima", hum(4.0), "Hm.")
    before = (folder / "reference.wav").read_bytes()
    with pytest.raises(InvalidMessage, match="--replace"):
        make_default_voice(library, lambda _: None, source=str(presets), device="cpu")
    assert (folder / "reference.wav").read_bytes() == before
    make_default_voice(library, lambda _: None, source=str(presets), device="cpu", replace=True)
    assert json.loads((folder / "manifest.json").read_text())["origin"]["speaker"] == "ryan"


def test_a_model_without_preset_speakers(library: Library, home: Path) -> None:
    with pytest.raises(AssetError, match="no preset speakers"):
        make_default_voice(library, lambda _: None, source=str(home / "checkpoint"), device="cpu")


def test_readings_that_are_of_no_use(library: Library, presets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def read(_: object, __: str, seed: int, ___: object) -> object:
        seeds.append(seed)
        return np.zeros(RATE_HZ, np.float32)

    monkeypatch.setattr("makima.engines.qwen3.default_voice._read", read)
    with pytest.raises(SynthesisFailed, match=r"ryan.*silent"):
        make_default_voice(library, lambda _: None, source=str(presets), device="cpu")
    assert seeds == list(range(ATTEMPTS))
    assert library.voices() == []


def test_similarity(home: Path) -> None:
    model = load_for_similarity(str(home / "checkpoint"), "cpu", "none", lambda _: None)
    reference = prepare(speech(4.0), None).samples
    found = similarity(model, reference, "Hm hm.", "Hello.", "English")
    assert -1.0 <= found.cosine <= 1.0
    assert 0 < found.spoken_s <= 20.0
    assert similarity(model, reference, "Hm hm.", "Hello.", "English") == found


def test_similarity_needs_a_model_that_clones(presets: Path) -> None:
    with pytest.raises(InvalidMessage, match="Base"):
        load_for_similarity(str(presets), "cpu", "none", lambda _: None)
    with pytest.raises(AssetError, match="makima models pull"):
        load_for_similarity("no/such-model", "cpu", "none", lambda _: None)
