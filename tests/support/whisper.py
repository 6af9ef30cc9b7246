"""Whisper with its real weights, where they are on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from makima.config import load_settings
from makima.stt.whisper import weights
from makima.stt.whisper.recognizer import WhisperRecognizer

# Read when tests are collected: later on they have an empty folder of their own.
_CACHE = Path(os.environ.get("MAKIMA_CACHE_DIR", "~/.cache/makima"))


def whisper_recognizer() -> WhisperRecognizer:
    """The recogniser, not loaded; the test is skipped where its weights have not been pulled."""
    pytest.importorskip("ctranslate2")
    settings = load_settings(cache_dir=_CACHE)
    if missing := weights.missing(settings):
        pytest.skip(str(missing))
    return WhisperRecognizer(lambda: weights.folder(settings))
