"""Sizes that fit, and how those that do not are refused."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from makima.errors import ConfigError
from makima.nn.native import LayerArrays
from makima.nn.native.shapes import CHECKPOINT_NAMES

from .reference import SMALL, random_layers


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hidden": 72}, "hidden: 72 is not a multiple of 16"),
        ({"head_dim": 24}, "head_dim: 24 is not a multiple of 16"),
        ({"mlp": 100}, "mlp: 100 is not a multiple of 16"),
        ({"kv_heads": 3}, "4 heads cannot share 3"),
        ({"layers": 0}, "layers: 0 is not positive"),
        ({"window": -1}, "window: -1 is negative"),
    ],
)
def test_a_size_that_does_not_fit_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        replace(SMALL, **change)


def test_rotations_are_angles_by_position() -> None:
    cosine, sine = SMALL.rotations(50)
    angle = np.arange(50)[:, None] * 1e6 ** (-np.arange(16) / 16)
    np.testing.assert_allclose(cosine, np.cos(angle), atol=1e-5)
    np.testing.assert_allclose(sine, np.sin(angle), atol=1e-5)


def test_layers_are_found_by_their_names_in_the_checkpoint() -> None:
    layer = random_layers(SMALL)[0]
    tensors = {f"a.layers.0.{name}": getattr(layer, part) for part, name in CHECKPOINT_NAMES.items()}
    found = LayerArrays.from_checkpoint(tensors, "a.layers.0.")
    assert all(getattr(found, part.name) is getattr(layer, part.name) for part in fields(LayerArrays))
