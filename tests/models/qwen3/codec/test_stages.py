"""The codec's decoder as stages of the native kernels, against its definition in plain NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from makima.models.qwen3.codec.stages import decoder_stages
from makima.nn.native import available, instruction_sets
from makima.nn.native.codec import NativeCodec
from makima.nn.native.memory import Arena
from makima.nn.native.threads import shared_pool
from tests.support.models.codec_tensors import LATENT, RATES, UPSAMPLE, Array, random_tensors


class Plain:
    """The decoder in float64 on a whole input [T, channels], straight from the definitions."""

    def __init__(self, tensors: dict[str, Array]) -> None:
        self.tensors = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}

    def pair(self, name: str) -> tuple[Array, Array]:
        return self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]

    def convolve(self, x: Array, name: str, dilation: int = 1) -> Array:
        weight, bias = self.pair(name)
        taps = weight.shape[2]
        reach = (taps - 1) * dilation
        behind = np.concatenate([np.zeros((reach, x.shape[1])), x])
        out: Array = sum(behind[j * dilation : j * dilation + len(x)] @ weight[:, :, j].T for j in range(taps)) + bias
        return out

    def upsample(self, x: Array, name: str, rate: int) -> Array:
        weight, bias = self.pair(name)
        out = np.zeros(((len(x) + 1) * rate, weight.shape[1]))
        for t, row in enumerate(x):
            out[t * rate : t * rate + weight.shape[2]] += np.einsum("i,iok->ko", row, weight)
        return out[: len(x) * rate] + bias

    def snake(self, x: Array, name: str) -> Array:
        out: Array = x + self.tensors[f"{name}.beta"] * np.sin(self.tensors[f"{name}.alpha"] * x) ** 2
        return out

    def convnext(self, x: Array, name: str) -> Array:
        weight, bias = self.pair(f"{name}.dwconv.conv")
        behind = np.concatenate([np.zeros((6, x.shape[1])), x])
        hidden = sum(behind[j : j + len(x)] * weight[:, 0, j] for j in range(7)) + bias
        hidden = hidden - hidden.mean(1, keepdims=True)
        hidden = hidden / np.sqrt((hidden**2).mean(1, keepdims=True) + 1e-6)
        scale, shift = self.pair(f"{name}.norm")
        hidden = (hidden * scale + shift) @ self.tensors[f"{name}.pwconv1.weight"].T
        hidden = hidden + self.tensors[f"{name}.pwconv1.bias"]
        hidden = hidden / 2 * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2)))
        weight, bias = self.pair(f"{name}.pwconv2")
        out: Array = x + self.tensors[f"{name}.gamma"] * (hidden @ weight.T + bias)
        return out

    def decode(self, x: Array) -> Array:
        x = x.astype(np.float64)
        for index, rate in enumerate(UPSAMPLE):
            x = self.convnext(self.upsample(x, f"upsample.{index}.0.conv", rate), f"upsample.{index}.1")
        x = self.convolve(x, "decoder.0.conv")
        for index, rate in enumerate(RATES, start=1):
            block = f"decoder.{index}.block"
            x = self.upsample(self.snake(x, f"{block}.0"), f"{block}.1.conv", rate)
            for unit, dilation in ((2, 1), (3, 3), (4, 9)):
                hidden = self.convolve(self.snake(x, f"{block}.{unit}.act1"), f"{block}.{unit}.conv1.conv", dilation)
                x = x + self.convolve(self.snake(hidden, f"{block}.{unit}.act2"), f"{block}.{unit}.conv2.conv")
        audio = self.convolve(self.snake(x, f"decoder.{len(RATES) + 1}"), f"decoder.{len(RATES) + 2}.conv")
        return np.clip(audio[:, 0], -1, 1)


@pytest.mark.parametrize(("words", "error"), [(False, 2e-5), (True, 6e-4)], ids=["float32", "words"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("instruction_set", instruction_sets() if available() else ())
def test_the_stages_are_the_plain_decoder(threads: int, words: bool, error: float, instruction_set: str) -> None:
    tensors, x = random_tensors(), np.random.default_rng(2).standard_normal((2, 13, LATENT)).astype(np.float32)
    stages = decoder_stages(tensors, UPSAMPLE, RATES, Arena(), words=words)
    codec = NativeCodec(stages, slots=2, max_steps=5, pool=shared_pool(threads), instruction_set=instruction_set)
    found = codec.run(x, np.arange(2))
    for row in range(2):
        expected = Plain(tensors).decode(x[row])
        assert 0.1 < np.abs(expected).max() < 1
        np.testing.assert_allclose(found[row], expected, atol=error * np.abs(expected).max(), rtol=0)
