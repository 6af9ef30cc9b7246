"""A random generator in the form of Kokoro's graph, and the same in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch.nn import functional

AT, OF = "/decoder/decoder/generator/", "decoder.decoder.generator."
CHANNELS, RATES, TAPS, DILATIONS = (256, 128), (10, 6), (3, 7, 11), (1, 3, 5)
Array = NDArray[np.float32]
Tensors = dict[str, torch.Tensor]


class RandomGenerator:
    """`content` is the graph's file: its nodes name constants, and compute nothing. `run` is what they stand for."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._weights: Tensors = {}
        for level in (0, 1):
            channels = CHANNELS[level]
            self._quantized(f"noise_convs.{level}", channels, 22, 12 if level == 0 else 1)
            for block, taps in [
                (f"noise_res.{level}", 7 if level == 0 else 11),
                *((f"resblocks.{3 * level + place}", taps) for place, taps in enumerate(TAPS)),
            ]:
                self._block(block, channels, taps)
            self._plain(f"ups.{level}", "ConvTranspose", (2 * channels, channels, 2 * RATES[level]), channels)
        self._plain("conv_post", "Conv", (22, CHANNELS[1], 7), 22)
        self._constant("basis", self._draw(22, 1, 20, scale=0.05))
        self._node(f"{AT}istft/stft/ConvTranspose", "ConvTranspose", ["spectrum", "basis"])

    @property
    def content(self) -> bytes:
        """The file."""
        graph = helper.make_graph(self._nodes, "generator", [], [], self._constants)
        made: bytes = helper.make_model(graph).SerializeToString()
        return made

    def _draw(self, *shape: int, scale: float = 1.0) -> Array:
        return (self._random.standard_normal(shape) * scale).astype(np.float32)

    def _constant(self, name: str, value: NDArray[Any]) -> None:
        self._constants.append(numpy_helper.from_array(value, name))
        if value.dtype == np.float32:
            self._weights[name] = torch.from_numpy(value)

    def _node(self, name: str, kind: str, inputs: list[str]) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [f"{name}_output_0"], name=name))

    def _plain(self, name: str, kind: str, shape: tuple[int, ...], outputs: int) -> None:
        self._constant(f"{name}.weight", self._draw(*shape, scale=float(shape[0] * shape[2]) ** -0.5 / 2))
        self._constant(f"{name}.bias", self._draw(outputs, scale=0.1))
        self._node(f"{AT}{name}/{kind}", kind, ["x", f"{name}.weight", f"{name}.bias"])

    def _quantized(self, name: str, outputs: int, inputs: int, taps: int) -> None:
        path = name.replace(".convs1", "/convs1").replace(".convs2", "/convs2")
        values = self._random.integers(0, 256, (outputs, inputs, taps)).astype(np.uint8)
        zero, scale = np.uint8(127), np.float32((inputs * taps) ** -0.5 / 80)
        self._constants.append(numpy_helper.from_array(values, f"{name}.q"))
        self._constants.append(numpy_helper.from_array(np.array(zero), f"{name}.zero"))
        self._constant(f"{name}.scale", np.array(scale))
        self._constant(f"{OF}{name}.bias", self._draw(outputs, scale=0.1))
        self._node(f"{AT}{path}/Conv_quant", "ConvInteger", ["x", f"{name}.q", "x_zero", f"{name}.zero"])
        self._node(f"{OF}{name}.bias_scale_node", "Mul", ["x_scale", f"{name}.scale"])
        self._weights[f"{name}.weight"] = torch.from_numpy((values.astype(np.float32) - zero) * scale)

    def _block(self, name: str, channels: int, taps: int) -> None:
        for which in (1, 2):
            for place in range(3):
                self._quantized(f"{name}.convs{which}.{place}", channels, channels, taps)
                alpha = np.abs(self._draw(1, channels, 1)) + np.float32(0.5)
                self._constant(f"{OF}{name}.alpha{which}.{place}", alpha)
                self._linear(f"{name}.adain{which}.{place}.fc", 2 * channels)

    def _linear(self, name: str, outputs: int) -> None:
        path = name.replace(".adain", "/adain").replace(".fc", "/fc")
        values = self._random.integers(-127, 128, (128, outputs)).astype(np.int8)
        self._constants.append(
            helper.make_tensor(f"{name}.q", TensorProto.INT8, values.shape, values.tobytes(), raw=True)
        )
        self._constants.append(numpy_helper.from_array(np.zeros(outputs, np.int8), f"{name}.zero"))
        self._constant(f"{name}.scale", np.full(outputs, 5e-4, np.float32))
        self._constant(f"{OF}{name}.bias", self._draw(outputs, scale=0.1))
        self._node(f"{AT}{path}/Gemm_MatMul_quant", "MatMulInteger", ["s", f"{name}.q", "s_zero", f"{name}.zero"])
        self._node(f"{AT}{path}/Gemm_MatMul_quant_scales_mul", "Mul", ["s_scale", f"{name}.scale"])
        self._weights[f"{name}.weight"] = torch.from_numpy(values.astype(np.float32) * np.float32(5e-4))

    # The same in PyTorch:

    def run(self, frames: Array, source: Array, style: Array) -> Array:
        """Shapes: frames [512, T], source [22, 60 T + 1], style [128] -> [300 T]"""
        x, har, s = (torch.from_numpy(array)[None] for array in (frames, source, style))
        w = self._weights
        for level in (0, 1):
            name = f"noise_convs.{level}"
            stride, padding = ((6, 3), (1, 0))[level]
            added = functional.conv1d(har, w[f"{name}.weight"], w[f"{OF}{name}.bias"], stride=stride, padding=padding)
            added = self._run_block(f"noise_res.{level}", added, s)
            x = x if level == 0 else functional.leaky_relu(x, 0.1)
            rate = RATES[level]
            weights = w[f"ups.{level}.weight"], w[f"ups.{level}.bias"]
            x = functional.conv_transpose1d(x, *weights, stride=rate, padding=rate // 2)
            x = x if level == 0 else functional.pad(x, (1, 0), mode="reflect")
            x = x + added
            x = torch.stack([self._run_block(f"resblocks.{3 * level + place}", x, s) for place in range(3)]).mean(0)
        x = functional.conv1d(functional.leaky_relu(x), w["conv_post.weight"], w["conv_post.bias"], padding=3)
        size, phase = torch.exp(x[:, :11]), torch.sin(x[:, 11:])
        spectrum = torch.cat([size * torch.cos(phase), size * torch.sin(phase)], dim=1)
        audio = functional.conv_transpose1d(spectrum, w["basis"], stride=5)
        found: Array = (audio * 4)[0, 0, 10:-10].numpy()
        return found

    def _run_block(self, name: str, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        w = self._weights
        for place, dilation in enumerate(DILATIONS):
            y = x
            for which, spread in ((1, dilation), (2, 1)):
                linear = f"{name}.adain{which}.{place}.fc"
                factor, shift = (style @ w[f"{linear}.weight"] + w[f"{OF}{linear}.bias"])[..., None].chunk(2, dim=1)
                y = (1 + factor) * functional.instance_norm(y) + shift
                alpha = w[f"{OF}{name}.alpha{which}.{place}"]
                y = y + torch.sin(alpha * y) ** 2 / alpha
                convolution = f"{name}.convs{which}.{place}"
                weight, bias = w[f"{convolution}.weight"], w[f"{OF}{convolution}.bias"]
                y = functional.conv1d(y, weight, bias, padding=(weight.shape[2] - 1) * spread // 2, dilation=spread)
            x = x + y
        return x
