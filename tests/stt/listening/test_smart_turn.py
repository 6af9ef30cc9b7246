"""Smart Turn's adapter: its features, and a small graph of the same interface."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxruntime")

from makima.errors import AssetError
from makima.stt.listening.smart_turn import WINDOW_S, SmartTurn, _mel_bands, features
from makima.stt.protocol import RATE_HZ
from tests.support.models.onnx_graphs import write_smart_turn
from tests.support.speech import conversation, spoken

SPEECH = spoken("I would like a cup of coffee.")


def test_the_mel_bands_are_whispers() -> None:
    pytest.importorskip("onnx_asr")
    with (files("onnx_asr.preprocessors") / "data" / "fbanks.npz").open("rb") as file:
        np.testing.assert_allclose(_mel_bands().T, np.load(file)["whisper80"], atol=1e-6)


def test_features_are_whispers_own() -> None:
    numpy_preprocessor = pytest.importorskip("onnx_asr.preprocessors.numpy_preprocessor")
    whisper = numpy_preprocessor.WhisperPreprocessorNumpy("whisper80")
    whisper._chunk_length = WINDOW_S
    audio = np.tile(SPEECH, 8)[: WINDOW_S * RATE_HZ].astype(np.float64)
    audio = (audio - audio.mean()) / audio.std()
    expected, _ = whisper(audio[None].astype(np.float32), np.array([len(audio)]))
    ours = features(np.tile(SPEECH, 8)[: WINDOW_S * RATE_HZ])
    assert ours.shape == (80, 800)
    np.testing.assert_allclose(ours, expected[0], atol=2e-3)


def test_the_end_of_the_turn_is_at_the_end() -> None:
    short, long = features(SPEECH), features(np.concatenate([np.zeros(10 * RATE_HZ, np.float32), SPEECH]))
    np.testing.assert_allclose(short, long, atol=1e-5)
    assert features(np.zeros(0, np.float32)).shape == (80, 800)


def test_a_graph_is_asked_for_its_probability(tmp_path: Path) -> None:
    turns = SmartTurn(write_smart_turn(tmp_path))
    assert turns.complete(conversation(SPEECH, 0.6)) > 0.5
    assert turns.complete(SPEECH[: len(SPEECH) // 2]) < 0.5


def test_another_graph_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="input_features"):
        SmartTurn(write_smart_turn(tmp_path, "audio"))


def test_a_folder_without_a_graph_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="makima models pull smart-turn"):
        SmartTurn(tmp_path)
