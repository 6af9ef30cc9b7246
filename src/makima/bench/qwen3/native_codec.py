"""The released codec's convolutions with random weights, for timing: they cost what real ones do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makima.models.qwen3.codec.stages import decoder_stages
from makima.nn.native.codec import NativeCodec
from makima.nn.native.memory import Arena
from makima.nn.native.threads import ThreadPool

LATENT, CHANNELS, UPSAMPLE, RATES = 1024, 1536, (2, 2), (8, 5, 4, 3)


class CodecFrames:
    """A random decoder, and frames of it."""

    def __init__(self, *, words: bool = False) -> None:
        self.stages = decoder_stages(random_tensors(), UPSAMPLE, RATES, Arena(), words=words)

    def of(self, instruction_set: str, pool: ThreadPool, rows: int) -> Callable[[], None]:
        """What decodes one frame, four times upsampled and then 480 times, for `rows` streams."""
        codec = NativeCodec(self.stages, slots=rows, max_steps=1, pool=pool, instruction_set=instruction_set)
        latent = np.random.default_rng(1).standard_normal((rows, 1, LATENT), np.float32)
        slots = np.arange(rows)

        def frame() -> None:
            codec.run(latent, slots)

        return frame


def random_tensors() -> dict[str, NDArray[Any]]:
    """`upsample.*` and `decoder.*` of a checkpoint, small enough that nothing overflows."""
    rng = np.random.default_rng(0)
    tensors: dict[str, NDArray[Any]] = {}

    def add(name: str, *shape: int, outputs: int) -> None:
        scale = np.float32(0.6 / np.sqrt(np.prod(shape) / outputs))
        tensors[f"{name}.weight"] = rng.standard_normal(shape, np.float32) * scale
        tensors[f"{name}.bias"] = np.zeros(outputs, np.float32)

    def add_snake(name: str, channels: int) -> None:
        tensors[f"{name}.alpha"] = np.ones(channels, np.float32)
        tensors[f"{name}.beta"] = np.full(channels, 0.2, np.float32)

    for index, rate in enumerate(UPSAMPLE):
        name = f"upsample.{index}"
        add(f"{name}.0.conv", LATENT, LATENT, rate, outputs=LATENT)
        add(f"{name}.1.dwconv.conv", LATENT, 1, 7, outputs=LATENT)
        add(f"{name}.1.pwconv1", 4 * LATENT, LATENT, outputs=4 * LATENT)
        add(f"{name}.1.pwconv2", LATENT, 4 * LATENT, outputs=LATENT)
        tensors[f"{name}.1.norm.weight"] = tensors[f"{name}.1.gamma"] = np.full(LATENT, 0.5, np.float32)
        tensors[f"{name}.1.norm.bias"] = np.zeros(LATENT, np.float32)
    add("decoder.0.conv", CHANNELS, LATENT, 7, outputs=CHANNELS)
    width = CHANNELS
    for index, rate in enumerate(RATES, start=1):
        block, half = f"decoder.{index}.block", width // 2
        add_snake(f"{block}.0", width)
        add(f"{block}.1.conv", width, half, 2 * rate, outputs=half)
        for unit in (2, 3, 4):
            for part, taps in (("1", 7), ("2", 1)):
                add_snake(f"{block}.{unit}.act{part}", half)
                add(f"{block}.{unit}.conv{part}.conv", half, half, taps, outputs=half)
        width = half
    add_snake(f"decoder.{len(RATES) + 1}", width)
    add(f"decoder.{len(RATES) + 2}.conv", 1, width, 7, outputs=1)
    return tensors
