"""The language models and the codec on the native kernels, against the same in PyTorch."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
import torch

from makima.errors import ConfigError
from makima.models.qwen3 import Qwen3TTS, Sampling
from makima.models.qwen3 import model as model_module
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.models.qwen3.kernels import language_models as native_module
from makima.nn import native
from makima.nn.native.threads import shared_pool
from tests.models.qwen3.conftest import Checkpoint

if not native.available():
    pytest.skip(f"the kernels were not compiled: {native.why_not()}", allow_module_level=True)

TEXT = "The quick brown fox is jumping over the lazy dog."


@pytest.fixture(scope="module", params=["base", "wide"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    size = "tiny" if request.param == "base" else "tiny-wide"
    return write_random_checkpoint(tmp_path_factory.mktemp(size), size)  # type: ignore[arg-type]


@pytest.fixture
def exact(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Qwen3TTS:
    """The kernels with weights that are not rounded at all."""
    monkeypatch.setattr(model_module, "QUANTIZED", {"float32": "float32"})
    return Qwen3TTS.load(folder, quantize="float32")


def frames(model: Qwen3TTS, sampling: Sampling) -> list[list[int]]:
    return [codes.tolist() for codes in model.generate(TEXT, "English", sampling=sampling, max_frames=16)]


@pytest.mark.parametrize("sampling", [Sampling.greedy(), Sampling(seed=3), Sampling(top_k=5, top_p=0.8, seed=4)])
def test_unrounded_weights_say_the_same(folder: Path, exact: Qwen3TTS, sampling: Sampling) -> None:
    assert frames(exact, sampling) == frames(Qwen3TTS.load(folder), sampling)


@pytest.mark.parametrize(("quantize", "limit"), [("bfloat16", 0.02), ("int8", 0.05), ("int4", 0.5)])
def test_rounded_weights_score_alike(folder: Path, quantize: str, limit: float) -> None:
    plain, rounded = Qwen3TTS.load(folder), Qwen3TTS.load(folder, quantize=quantize)
    embeds, _ = plain.talker_prompt(TEXT, "English")
    expected, found = plain.prompt_logits(embeds), rounded.prompt_logits(embeds)
    assert 0 < (expected - found).abs().max() < limit * expected.abs().max()
    assert len(frames(rounded, Sampling(seed=1))) >= 2


CODECS = pytest.mark.parametrize(("quantize", "limit"), [("bfloat16", 5e-4), ("int8", 1e-2)])
"""With weights in float32, and in words where these pay."""


@CODECS
def test_the_codec_sounds_alike_and_streams_without_a_seam(folder: Path, quantize: str, limit: float) -> None:
    plain, kernels = Qwen3TTS.load(folder), Qwen3TTS.load(folder, quantize=quantize)
    generator = torch.Generator().manual_seed(0)
    heard, codes = (torch.randint(64, (n, 16), generator=generator) for n in (20, 30))
    expected = plain.decode_codes(torch.cat((heard, codes)))[-30 * 1920 :]
    stream = kernels.decoder_stream(heard)
    pieces = torch.cat([stream.push(piece) for piece in torch.split(codes, [1, 1, 5, 1, 22])])
    peak = expected.abs().max()
    # The kernels' sine and their order of sums differ from PyTorch's; among themselves they do not.
    assert (pieces - expected).abs().max() < limit * peak
    assert torch.equal(pieces, kernels.decoder_stream(heard).push(codes))
    assert torch.equal(kernels.decode_codes(codes)[: 9 * 1920], kernels.decode_codes(codes[:9]))


def test_a_stream_outlasts_the_rotations_worked_out_at_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = torch.randint(64, (40, 16), generator=torch.Generator().manual_seed(1))

    def streamed() -> torch.Tensor:
        stream = Qwen3TTS.load(folder, quantize="int8").decoder_stream()
        return torch.cat([stream.push(codes[frame : frame + 1]) for frame in range(40)])

    expected = streamed()
    monkeypatch.setattr(native_module, "RING_POSITIONS", 2)
    assert torch.equal(streamed(), expected)


@CODECS
def test_sizes_that_fill_no_vectors_stay_in_pytorch(checkpoint: Checkpoint, quantize: str, limit: float) -> None:
    plain, kernels = (Qwen3TTS.load(checkpoint("base"), quantize=kind) for kind in (None, quantize))
    codes = torch.randint(64, (12, 16), generator=torch.Generator().manual_seed(2))
    expected = plain.decode_codes(codes)
    assert (kernels.decode_codes(codes) - expected).abs().max() < limit * expected.abs().max()


def test_a_cache_is_let_go_of_with_its_utterance(folder: Path) -> None:
    talker = Qwen3TTS.load(folder, quantize="int8").talker
    cache = talker.init_state(1, 40)
    talker(torch.zeros(1, 3, talker.config.stack.width), cache, torch.ones(1, dtype=torch.bool))
    keys = weakref.ref(cache.keys)
    del cache
    gc.collect()
    assert keys() is None


def test_what_cannot_be_had(folder: Path) -> None:
    with pytest.raises(ConfigError, match="int8, int4"):
        Qwen3TTS.load(folder, quantize="int3")


def test_a_head_leaves_out_rows_of_zeros() -> None:
    weight = torch.randn(48, 64, generator=torch.Generator().manual_seed(2))
    head = native_module.NativeLinear(native.QuantizedMatrix.pack(weight.numpy(), "float32"), shared_pool)
    x = torch.randn(4, 1, 64, generator=torch.Generator().manual_seed(3))
    x[[1, 3]] = 0
    found = head(x)
    torch.testing.assert_close(found, x @ weight.T)
    assert torch.equal(found[2], head(x[2:3])[0])
    assert not head(torch.zeros(2, 64)).any()
