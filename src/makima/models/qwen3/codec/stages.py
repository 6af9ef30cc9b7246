"""The codec's decoder as stages of the native kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makima.nn.native.codec import ADD, GELU, STORE, NativeStage, convolution, depthwise, paired, transposed
from makima.nn.native.memory import Arena

DILATIONS: Final = (1, 3, 9)
"""Of the residual units in an upsampling block."""


def decoder_stages(
    tensors: Mapping[str, NDArray[Any]],
    upsample: Sequence[int],
    rates: Sequence[int],
    arena: Arena,
    *,
    words: bool = False,
) -> tuple[NativeStage, ...]:
    """The stages after the transformer, from `upsample.*` and `decoder.*` of the checkpoint.

    `alpha` and `beta` are the frequency and amplitude themselves, not their logarithms. `words`: with weights in 16
    bits, but for the depthwise stages and the last one, which take hardly any time.

    Raises: ConfigError for sizes that the kernels do not take
    """

    def pair(name: str) -> tuple[NDArray[Any], NDArray[Any]]:
        return tensors[f"{name}.weight"], tensors[f"{name}.bias"]

    def snaked(stage: NativeStage, name: str) -> NativeStage:
        return stage.snake(tensors[f"{name}.alpha"], tensors[f"{name}.beta"])

    stages: list[NativeStage] = []
    for index, rate in enumerate(upsample):
        stages.append(replace(transposed(*pair(f"upsample.{index}.0.conv"), arena, rate), residual=STORE))
        stages.extend(_convnext(tensors, f"upsample.{index}.1", arena))
    stages.append(snaked(convolution(*pair("decoder.0.conv"), arena), "decoder.1.block.0"))
    for index, rate in enumerate(rates, start=1):
        block = f"decoder.{index}.block"
        last = f"decoder.{index + 1}" if index == len(rates) else f"decoder.{index + 1}.block.0"
        up = replace(transposed(*pair(f"{block}.1.conv"), arena, rate), residual=STORE)
        stages.append(snaked(up, f"{block}.2.act1"))
        for unit, dilation in enumerate(DILATIONS, start=2):
            after = f"{block}.{unit + 1}.act1" if unit < len(DILATIONS) + 1 else last
            first = paired(*pair(f"{block}.{unit}.conv1.conv"), arena, dilation)
            second = convolution(*pair(f"{block}.{unit}.conv2.conv"), arena)
            stages.append(snaked(first, f"{block}.{unit}.act2"))
            stages.append(snaked(replace(second, residual=ADD | STORE), after))
    stages.append(convolution(*pair(f"decoder.{len(rates) + 2}.conv"), arena))
    if words:
        stages[:-1] = [stage.narrowed(arena) if stage.multiplies else stage for stage in stages[:-1]]
    return tuple(stages)


def _convnext(tensors: Mapping[str, NDArray[Any]], name: str, arena: Arena) -> tuple[NativeStage, ...]:
    norm = tensors[f"{name}.norm.weight"], tensors[f"{name}.norm.bias"]
    gamma = np.asarray(tensors[f"{name}.gamma"], np.float32)
    widen, narrow = tensors[f"{name}.pwconv1.weight"], tensors[f"{name}.pwconv2.weight"] * gamma[:, None]
    first = convolution(widen[..., None], tensors[f"{name}.pwconv1.bias"], arena)
    second = convolution(narrow[..., None], tensors[f"{name}.pwconv2.bias"] * gamma, arena)
    return (
        depthwise(tensors[f"{name}.dwconv.conv.weight"], tensors[f"{name}.dwconv.conv.bias"], norm, arena),
        replace(first, activation=GELU),
        replace(second, residual=ADD),
    )
