"""The language models in 8 bits on PyTorch alone, against float32."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from makima.engines.qwen3.device import chosen_quantization
from makima.errors import ConfigError
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.sampling import Sampling
from makima.nn import native
from makima.nn.packed import Int8Linear, int8_possible, sums_saturate

if not int8_possible():
    pytest.skip("PyTorch was built without products of 8 bits", allow_module_level=True)

TEXT = "The quick brown fox is jumping over the lazy dog."


@pytest.fixture(scope="module", params=["tiny", "tiny-wide"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_random_checkpoint(tmp_path_factory.mktemp(request.param), request.param)


def test_it_scores_alike_and_speaks(folder: Path) -> None:
    plain, rounded = load_model(folder), load_model(folder, quantize="int8-pytorch")
    assert not rounded.native
    embeds, _ = plain.talker_prompt(TEXT, "English")
    expected, found = plain.prompt_logits(embeds), rounded.prompt_logits(embeds)
    bound = 0.1 if sums_saturate() else 0.05  # inputs of 7 bits are rounded to steps twice as large
    assert 0 < (expected - found).abs().max() < bound * expected.abs().max()
    said = [codes.tolist() for codes in rounded.generate(TEXT, "English", sampling=Sampling(seed=1), max_frames=8)]
    assert len(said) >= 2
    assert all(len(codes) == rounded.config.talker.codebooks for codes in said)


def test_the_codec_sounds_alike_in_any_pieces(folder: Path) -> None:
    plain, rounded = load_model(folder), load_model(folder, quantize="int8-pytorch")
    codes = torch.randint(64, (20, 16), generator=torch.Generator().manual_seed(0))
    expected = plain.decode_codes(codes)
    stream = rounded.decoder_stream()
    found = torch.cat([stream.push(piece) for piece in torch.split(codes, [1, 1, 7, 11])])
    assert (found - expected).abs().max() < 2.5e-4 * expected.abs().max()


def test_it_serves_where_there_are_no_kernels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "available", lambda: False)
    assert chosen_quantization("auto") == "int8"
    model = load_model(folder, quantize=chosen_quantization("auto"))
    assert isinstance(model.talker.codec_head, Int8Linear)


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="auto, none, bfloat16, int8, int4, int8-pytorch"):
        chosen_quantization("int3")
