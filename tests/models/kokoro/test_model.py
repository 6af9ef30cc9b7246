"""The graph: loaded, refused, run, ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from makima.errors import AssetError
from makima.models.kokoro.model import Kokoro, Stop
from tests.support.models.kokoro import TOKEN_SAMPLES, style, write_model
from tests.support.models.onnx_graphs import write_smart_turn


@pytest.fixture
def model(tmp_path: Path) -> Kokoro:
    write_model(tmp_path / "model.onnx")
    return Kokoro(tmp_path / "model.onnx", threads=1)


def test_each_token_sounds_between_silence(model: Kokoro) -> None:
    sound = model.run([43, 44, 45], style(0), 1.0, Stop())
    assert sound is not None
    samples = sound.samples
    assert samples.dtype == np.float32
    assert samples.shape == (5 * TOKEN_SAMPLES,)
    silent = samples.reshape(5, -1).any(axis=1)
    assert silent.tolist() == [False, True, True, True, False]
    assert sound.starts.tolist() == [TOKEN_SAMPLES * number for number in (1, 2, 3, 4)]


def test_the_speed_is_the_models(model: Kokoro) -> None:
    slow, fast = (model.run([43, 44], style(0), speed, Stop()) for speed in (0.5, 2.0))
    assert slow is not None
    assert fast is not None
    assert len(slow.samples) == 4 * len(fast.samples)


def test_the_style_is_that_of_the_length(model: Kokoro) -> None:
    by_length = style(0)
    by_length[:, 0] = np.arange(510)
    same = np.full_like(by_length, 0)
    same[:, 0] = 1  # the row of two tokens
    one, other = (model.run([43, 44], each, 1.0, Stop()) for each in (by_length, same))
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one.samples, other.samples)


def test_a_run_that_is_ended_gives_nothing(model: Kokoro) -> None:
    stop = Stop()
    stop.stop()
    assert model.run([43], style(0), 1.0, stop) is None


def test_another_model_is_refused(tmp_path: Path) -> None:
    write_smart_turn(tmp_path)
    with pytest.raises(AssetError, match="input_features"):
        Kokoro(next(tmp_path.glob("*.onnx")))
    (tmp_path / "broken.onnx").write_bytes(b"no graph")
    with pytest.raises(AssetError, match=r"broken\.onnx"):
        Kokoro(tmp_path / "broken.onnx")
