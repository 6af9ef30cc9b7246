"""Sizes that fit, and how those that do not are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from makima.errors import ConfigError

from .reference import SMALL


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
