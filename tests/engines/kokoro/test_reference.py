"""The default voice's recording, made by Kokoro."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.engines.kokoro import KokoroEngine
from makima.engines.kokoro.reference import TEXTS, ensure_reference
from makima.models.assets.store import AssetStore
from makima.voices.library import DEFAULT_ID, open_library
from tests.support.models.kokoro import engine_at, make_files


def test_it_is_made_once_and_says_what_it_is(tmp_path: Path) -> None:
    library = open_library(tmp_path / "voices", tmp_path / "cache")
    voice = ensure_reference(library, engine_at(tmp_path / "kokoro"), lambda _: None)
    assert voice is not None
    assert voice.id == DEFAULT_ID
    assert voice.reference is not None
    assert voice.manifest.origin is not None
    assert voice.manifest.consent is None
    # The small engine has no dictionary, and would leave Japanese to espeak-ng.
    assert voice.transcript == voice.manifest.origin.text == TEXTS["English"]
    made = voice.reference.stat().st_mtime_ns
    again = ensure_reference(library, engine_at(tmp_path / "kokoro"), lambda _: None)
    assert again == voice
    assert voice.reference.stat().st_mtime_ns == made


def test_where_kokoro_cannot_speak_there_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    library = open_library(tmp_path / "voices", tmp_path / "cache")
    files = make_files(tmp_path / "kokoro")
    empty = KokoroEngine(AssetStore(tmp_path / "empty"), files=files)
    assert ensure_reference(library, empty, lambda _: None) is None
    assert "no recording" in caplog.text
