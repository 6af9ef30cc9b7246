"""The generator on the kernels, against the same in PyTorch."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from numpy.typing import NDArray

from makima.models.kokoro.generator import Generator
from makima.models.kokoro.graph_file import GraphFile
from makima.nn.native.library import available, tiles
from makima.nn.native.threads import shared_pool
from makima.nn.native.vocoder import FilterKind
from tests.support.models.kokoro_generator import RandomGenerator

Array = NDArray[np.float32]

pytestmark = pytest.mark.skipif(not available(), reason="the kernels were not compiled")

KINDS = [
    "float32",
    pytest.param(
        "bfloat16", marks=pytest.mark.skipif(not (available() and tiles()), reason="this processor has no AMX")
    ),
]


@pytest.fixture(scope="module")
def random_generator() -> RandomGenerator:
    return RandomGenerator()


def inputs(frames: int) -> tuple[Array, Array, Array]:
    """Frames, the source's spectrum, and a style."""
    random = np.random.default_rng(frames)
    shapes = (512, frames), (22, 60 * frames + 1), (128,)
    latent, source, style = (random.standard_normal(shape).astype(np.float32) for shape in shapes)
    return latent, source, style


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frames", [1, 6])
def test_it_makes_the_audio_that_the_graph_describes(
    kind: FilterKind, frames: int, random_generator: RandomGenerator
) -> None:
    generator = Generator(GraphFile(memoryview(random_generator.content)), shared_pool(2), kind=kind)
    given = inputs(frames)
    found, wanted = generator.run(*given), random_generator.run(*given)
    assert found is not None
    assert found.shape == (300 * frames,)
    apart = np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted**2))
    # Rounding to 12 bits or 8 of mantissa, forty layers deep; a row or a tap too far would leave nothing alike.
    assert apart < {"float32": 1e-3, "int16": 0.01, "bfloat16": 0.1}[kind]


def test_a_stop_gives_no_audio(random_generator: RandomGenerator) -> None:
    generator = Generator(GraphFile(memoryview(random_generator.content)), shared_pool(2))
    assert generator.run(*inputs(3), ctypes.c_int32(1)) is None
