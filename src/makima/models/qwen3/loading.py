"""A folder in the released layout to a model that speaks, in the precision asked for."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Final

import torch

from makima.errors import ConfigError
from makima.events import OnLoading
from makima.models.qwen3.checkpoint.int8_loading import load_in_int8
from makima.models.qwen3.checkpoint.loading import load_parts
from makima.models.qwen3.kernels.loading import load_on_kernels
from makima.models.qwen3.model import Qwen3TTS
from makima.nn import native
from makima.nn.native.quantized import Kind
from makima.text.tokenizer import TextTokenizer

QUANTIZED: Final[Mapping[str, Kind]] = {"bfloat16": "bfloat16", "int8": "int8", "int4": "int4"}
"""What `quantize` may be, and how the native kernels keep the weights then."""
INT8_PYTORCH: Final = "int8-pytorch"
"""8 bits on PyTorch alone; also what `int8` means where the kernels were not compiled."""


def load_model(
    path: str | PathLike[str],
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    quantize: str | None = None,
    *,
    on_loading: OnLoading | None = None,
) -> Qwen3TTS:
    """Load a checkpoint. `dtype` is that of the language models; the codec is float32.

    Raises: AssetError naming the file, key or tensor and the mend; ConfigError for a `quantize` not known
    """
    folder, place = Path(path), torch.device(device)
    if quantize is None:
        parts = load_parts(folder, place, dtype, on_loading)
    elif quantize not in (*QUANTIZED, INT8_PYTORCH) or place.type != "cpu":
        known = ", ".join((*QUANTIZED, INT8_PYTORCH))
        raise ConfigError(
            "quantize", f"{quantize!r} on {place} is not supported.", mend=f"On the CPU, take one of: {known}."
        )
    elif quantize == INT8_PYTORCH or (quantize == "int8" and not native.available()):
        parts = load_in_int8(folder, on_loading)
    else:
        parts = load_on_kernels(folder, QUANTIZED[quantize], TextTokenizer(folder), on_loading)
    return Qwen3TTS(parts, TextTokenizer(folder))
