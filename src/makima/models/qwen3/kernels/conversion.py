"""Configurations, tensors and layers of PyTorch in the form that the kernels take."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from makima.nn.native.shapes import DecoderShape, LayerArrays
from makima.nn.transformer import DecoderConfig, DecoderLayer, LayerScale


def shape_of(config: DecoderConfig) -> DecoderShape:
    """A stack's sizes, as the kernels take them."""
    return DecoderShape(
        config.layers,
        config.width,
        config.heads,
        config.kv_heads,
        config.head_width,
        config.inner,
        config.norm_eps,
        config.rope_theta,
        config.head_norm,
        config.window or 0,
    )


def array_of(tensor: Tensor) -> NDArray[np.float32] | NDArray[np.uint16]:
    """A CPU tensor's memory: float32, or bfloat16 viewed as uint16."""
    tensor = tensor.detach().contiguous()
    array: NDArray[np.float32] | NDArray[np.uint16]
    array = tensor.view(torch.uint16).numpy() if tensor.dtype == torch.bfloat16 else tensor.float().numpy()
    return array


def layer_arrays(config: DecoderConfig, layer: DecoderLayer) -> LayerArrays:
    """What there is of a layer. The arrays are views where they can be."""
    attention, mlp = layer.self_attn, layer.mlp
    query, key = config.heads * config.head_width, config.kv_heads * config.head_width
    q, k, v = (array_of(part) for part in torch.split(attention.qkv.weight, [query, key, key]))
    gate, up = (array_of(part) for part in mlp.gate_up.weight.chunk(2))  # type: ignore[union-attr, operator]
    head_norms = (None if norm is None else array_of(norm.weight) for norm in (attention.q_norm, attention.k_norm))
    scales = (
        array_of(scale.scale) if isinstance(scale, LayerScale) else None
        for scale in (layer.self_attn_layer_scale, layer.mlp_layer_scale)
    )
    return LayerArrays(
        *(q, k, v, array_of(attention.o_proj.weight), gate, up),
        array_of(mlp.down_proj.weight),  # type: ignore[union-attr, arg-type]
        *(array_of(norm.weight) for norm in (layer.input_layernorm, layer.post_attention_layernorm)),  # type: ignore[arg-type]
        *head_norms,
        *scales,
    )
