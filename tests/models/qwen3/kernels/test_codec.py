"""The codec on the native kernels, against the same in PyTorch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from makima.models.qwen3.loading import load_model
from makima.nn import native
from tests.models.qwen3.conftest import Checkpoint

if not native.available():
    pytest.skip(f"the kernels were not compiled: {native.why_not()}", allow_module_level=True)

CODECS = pytest.mark.parametrize(("quantize", "limit"), [("bfloat16", 5e-4), ("int8", 1e-2)])
"""With weights in float32, and in words where these pay."""


@CODECS
def test_the_codec_sounds_alike_and_streams_without_a_seam(folder: Path, quantize: str, limit: float) -> None:
    plain, kernels = load_model(folder), load_model(folder, quantize=quantize)
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


@CODECS
def test_sizes_that_fill_no_vectors_stay_in_pytorch(checkpoint: Checkpoint, quantize: str, limit: float) -> None:
    plain, kernels = (load_model(checkpoint("base"), quantize=kind) for kind in (None, quantize))
    codes = torch.randint(64, (12, 16), generator=torch.Generator().manual_seed(2))
    expected = plain.decode_codes(codes)
    assert (kernels.decode_codes(codes) - expected).abs().max() < limit * expected.abs().max()
