"""Linear maps. The one place where a layer's weights meet its input, so that quantized forms can take its seat."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Linear(nn.Module):
    """y = x W^T + b, several maps of one input in one weight where `outputs` names more than one width.

    Shapes: x [..., in] -> [..., sum(outputs)]
    """

    def __init__(self, inputs: int, *outputs: int, bias: bool = False) -> None:
        super().__init__()
        self.outputs = outputs
        self.weight = nn.Parameter(torch.empty(sum(outputs), inputs), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(sum(outputs)), requires_grad=False) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)
