"""Tensors from whatever holds numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor


def as_tensor(values: Any, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A tensor of `values`: a tensor as it is where it fits, an array or a list copied, read-only or not."""
    tensor = values if isinstance(values, Tensor) else torch.from_numpy(np.array(values))
    return tensor.to(device, dtype)
