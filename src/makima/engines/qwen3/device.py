"""Which device a model runs on, and with what weights there: what the settings mean on this machine."""

from __future__ import annotations

import torch

from makima.errors import ConfigError
from makima.models.qwen3.loading import INT8_PYTORCH, QUANTIZED
from makima.nn import native
from makima.nn.packed import int8_possible

AUTO = "auto"


def chosen_quantization(name: str) -> str | None:
    """What `quantize` means on a CPU: `auto` takes 8 bits, on the kernels or, where they were not compiled, in PyTorch.

    Raises: ConfigError for an unknown name
    """
    if name == "auto":
        return "int8" if native.available() or int8_possible() else None
    if name not in (known := ("none", *QUANTIZED, INT8_PYTORCH)):
        raise ConfigError("MAKIMA_QUANTIZE", f"There is no {name!r}.", mend=f"Take one of: auto, {', '.join(known)}.")
    return None if name == "none" else name


def best_device() -> str:
    """What `auto` stands for on this machine."""
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def chosen_device(name: str) -> torch.device:
    """The device that `name` means: `auto` takes CUDA, else Apple's GPU, else the CPU.

    Raises: ConfigError for one that is not there
    """
    try:
        device = torch.device(best_device() if name == AUTO else name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as exc:
        raise ConfigError("TTS_DEVICE", f"There is no device {name!r} here.", mend="Take auto or cpu.") from exc
    return device
