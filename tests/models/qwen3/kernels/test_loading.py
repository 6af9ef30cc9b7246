"""The language models on the native kernels, against the same in PyTorch."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.errors import ConfigError
from makima.models.qwen3 import loading as loading_module
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling
from makima.nn import native

if not native.available():
    pytest.skip(f"the kernels were not compiled: {native.why_not()}", allow_module_level=True)

TEXT = "The quick brown fox is jumping over the lazy dog."


@pytest.fixture
def exact(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Qwen3TTS:
    """The kernels with weights that are not rounded at all."""
    monkeypatch.setattr(loading_module, "QUANTIZED", {"float32": "float32"})
    return load_model(folder, quantize="float32")


def frames(model: Qwen3TTS, sampling: Sampling) -> list[list[int]]:
    return [codes.tolist() for codes in model.generate(TEXT, "English", sampling=sampling, max_frames=16)]


@pytest.mark.parametrize("sampling", [Sampling.greedy(), Sampling(seed=3), Sampling(top_k=5, top_p=0.8, seed=4)])
def test_unrounded_weights_say_the_same(folder: Path, exact: Qwen3TTS, sampling: Sampling) -> None:
    assert frames(exact, sampling) == frames(load_model(folder), sampling)


@pytest.mark.parametrize(("quantize", "limit"), [("bfloat16", 0.02), ("int8", 0.05), ("int4", 0.5)])
def test_rounded_weights_score_alike(folder: Path, quantize: str, limit: float) -> None:
    plain, rounded = load_model(folder), load_model(folder, quantize=quantize)
    embeds, _ = plain.talker_prompt(TEXT, "English")
    expected, found = plain.prompt_logits(embeds), rounded.prompt_logits(embeds)
    assert 0 < (expected - found).abs().max() < limit * expected.abs().max()
    assert len(frames(rounded, Sampling(seed=1))) >= 2


def test_an_unknown_quantization_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="int8, int4"):
        load_model(folder, quantize="int3")
