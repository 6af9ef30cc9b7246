"""A small codec decoder's weights, for the native kernels' stages."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LATENT, CHANNELS, UPSAMPLE, RATES = 32, 80, (2, 2), (3, 2)


def random_tensors(seed: int = 0) -> dict[str, Array]:
    """A small decoder under the checkpoint's names; its later widths, 40 and 20, are no multiples of 16."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, Array] = {}

    def add(name: str, *shape: int, fan: int = 0) -> None:
        tensors[f"{name}.weight"] = (0.7 * rng.standard_normal(shape) / math.sqrt(fan or math.prod(shape[1:]))).astype(
            "f4"
        )
        tensors[f"{name}.bias"] = (rng.standard_normal(shape[0]) * 0.05).astype("f4")

    def add_transposed(name: str, inputs: int, outputs: int, kernel: int) -> None:
        add(name, inputs, outputs, kernel, fan=inputs)
        tensors[f"{name}.bias"] = (rng.standard_normal(outputs) * 0.05).astype("f4")

    def add_snake(name: str, channels: int) -> None:
        tensors[f"{name}.alpha"] = rng.uniform(0.5, 4, channels).astype("f4")
        tensors[f"{name}.beta"] = rng.uniform(0.05, 0.3, channels).astype("f4")

    for index, rate in enumerate(UPSAMPLE):
        name = f"upsample.{index}"
        add_transposed(f"{name}.0.conv", LATENT, LATENT, rate)
        add(f"{name}.1.dwconv.conv", LATENT, 1, 7)
        add(f"{name}.1.pwconv1", 4 * LATENT, LATENT)
        add(f"{name}.1.pwconv2", LATENT, 4 * LATENT)
        tensors[f"{name}.1.norm.weight"] = rng.uniform(0.5, 1.5, LATENT).astype("f4")
        tensors[f"{name}.1.norm.bias"] = rng.standard_normal(LATENT).astype("f4")
        tensors[f"{name}.1.gamma"] = rng.uniform(0.2, 0.6, LATENT).astype("f4")
    add("decoder.0.conv", CHANNELS, LATENT, 7)
    width = CHANNELS
    for index, rate in enumerate(RATES, start=1):
        block, half = f"decoder.{index}.block", width // 2
        add_snake(f"{block}.0", width)
        add_transposed(f"{block}.1.conv", width, half, 2 * rate)
        for unit in (2, 3, 4):
            add_snake(f"{block}.{unit}.act1", half)
            add(f"{block}.{unit}.conv1.conv", half, half, 7)
            add_snake(f"{block}.{unit}.act2", half)
            add(f"{block}.{unit}.conv2.conv", half, half, 1)
        width = half
    add_snake(f"decoder.{len(RATES) + 1}", width)
    add(f"decoder.{len(RATES) + 2}.conv", 1, width, 7)
    tensors[f"decoder.{len(RATES) + 2}.conv.weight"] *= 0.2  # stays clear of the clamp
    return tensors
