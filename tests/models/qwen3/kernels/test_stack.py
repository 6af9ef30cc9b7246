"""A decoder stack on the native kernels: its caches and rotations."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
import torch

from makima.models.qwen3.kernels import stack
from makima.models.qwen3.loading import load_model
from makima.nn import native

if not native.available():
    pytest.skip(f"the kernels were not compiled: {native.why_not()}", allow_module_level=True)


def test_a_stream_outlasts_the_rotations_worked_out_at_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = torch.randint(64, (40, 16), generator=torch.Generator().manual_seed(1))

    def streamed() -> torch.Tensor:
        stream = load_model(folder, quantize="int8").decoder_stream()
        return torch.cat([stream.push(codes[frame : frame + 1]) for frame in range(40)])

    expected = streamed()
    monkeypatch.setattr(stack, "RING_POSITIONS", 2)
    assert torch.equal(streamed(), expected)


def test_a_cache_is_let_go_of_with_its_utterance(folder: Path) -> None:
    talker = load_model(folder, quantize="int8").talker
    cache = talker.init_state(1, 40)
    talker(torch.zeros(1, 3, talker.config.stack.width), cache, torch.ones(1, dtype=torch.bool))
    keys = weakref.ref(cache.keys)
    del cache
    gc.collect()
    assert keys() is None
