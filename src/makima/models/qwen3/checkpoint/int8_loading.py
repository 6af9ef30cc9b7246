"""A checkpoint in 8 bits on PyTorch alone: what serves a machine that the kernels were not compiled on."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from makima.events import OnLoading
from makima.models.qwen3.checkpoint.loading import Checkpoint
from makima.models.qwen3.parts import Parts
from makima.nn.packed import Int8Linear
from makima.nn.transformer import replace_linears

ROUNDED = ("talker.model.layers.", "talker.codec_head.", "predictor.model.layers.", "predictor.heads")


@torch.inference_mode()
def load_in_int8(folder: Path, on_loading: OnLoading | None = None) -> Parts:
    """Load layers and heads of the language models one by one, rounding each; the codec stays in float32.

    Raises: AssetError, as `Checkpoint.open`
    """
    checkpoint = Checkpoint.open(folder, torch.device("cpu"), torch.float32, on_loading)
    parts = checkpoint.fill(but=ROUNDED)
    speech = parts.speech

    def load(prefix: str) -> None:
        checkpoint.speech_loader.fill_part(speech, prefix)

    for name, stack in (("talker.model", speech.talker.model), ("predictor.model", speech.predictor.model)):
        for index, layer in enumerate(stack.layers):
            load(f"{name}.layers.{index}.")
            replace_linears(layer, Int8Linear.of)
    load("talker.codec_head.")
    speech.talker.codec_head = Int8Linear.of(speech.talker.codec_head)  # type: ignore[assignment]
    load("predictor.heads")
    heads = [Int8Linear(head) for head in cast("Tensor", speech.predictor.heads)]
    del speech.predictor.heads
    speech.predictor.heads = nn.ModuleList(heads)
    parts.codec.decoder.pack()
    _give_memory_back()
    checkpoint.report.done()
    return parts


def _give_memory_back() -> None:
    """What was worked in is left to the C library, which would keep half a gigabyte of it."""
    with contextlib.suppress(OSError, AttributeError):  # a library without this call needs none
        ctypes.CDLL(None).malloc_trim(0)
