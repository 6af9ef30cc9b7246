"""Products against NumPy, at every kind, instruction set, and awkward shape."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from makima.errors import AssetError, ConfigError
from makima.nn.native import instruction_sets
from makima.nn.native.memory import Arena
from makima.nn.native.quantized import KINDS, Kind, QuantizedMatrix
from makima.nn.native.threads import ThreadPool

from .reference import Array, quantized_activations

PRODUCTS = [((64, 128), 1), ((64, 128), 8), ((17, 200), 3), ((1, 1), 2), ((1088, 64), 11), ((144, 3072), 5)]
"""Shapes and rows: whole blocks with one row and with eight, remainders of both axes, the least, many blocks with more
rows than a tile has, and sums of many groups."""
Pools = Callable[[int], ThreadPool]


def weight_of(rows: int, columns: int, seed: int = 0) -> Array:
    return (np.random.default_rng(seed).standard_normal((rows, columns)) * 0.05).astype(np.float32)


def activations(rows: int, columns: int, seed: int = 1) -> Array:
    """With outliers, as real hidden states have."""
    x = np.random.default_rng(seed).standard_normal((rows, columns)).astype(np.float32)
    x[:, columns // 3] *= 40
    return x


@pytest.mark.parametrize("kind", KINDS)
def test_product_is_numpys(kind: Kind, instruction_set: str, pool: Pools) -> None:
    for shape, rows in PRODUCTS:
        matrix = QuantizedMatrix.pack(weight_of(*shape), kind, pool=pool(1))
        x = activations(rows, shape[1])
        rounded = quantized_activations(x) if kind in ("int8", "int4") else x.astype(np.float64)
        weight = matrix.dequantized().astype(np.float64)
        found = matrix.product(x, pool=pool(1), instruction_set=instruction_set)
        # Rounding of activations is exact up to ties, which float32 and float64 may break differently: one step of one.
        atol = 1e-5 * np.abs(rounded).max() * np.abs(weight).max() * np.sqrt(shape[1])
        np.testing.assert_allclose(found, rounded @ weight.T, atol=atol, rtol=1e-5, err_msg=f"{shape}, {rows} rows")


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_does_not_depend_on_its_neighbours_or_the_threads(kind: Kind, instruction_set: str, pool: Pools) -> None:
    matrix = QuantizedMatrix.pack(weight_of(208, 320), kind, pool=pool(1))
    x = activations(13, 320)
    whole = matrix.product(x, pool=pool(1), instruction_set=instruction_set)
    for row in range(len(x)):
        alone = matrix.product(x[row : row + 1], pool=pool(1), instruction_set=instruction_set)
        np.testing.assert_array_equal(alone[0], whole[row])
    for threads in (2, 3):
        np.testing.assert_array_equal(matrix.product(x, pool=pool(threads), instruction_set=instruction_set), whole)


@pytest.mark.parametrize("kind", KINDS)
def test_instruction_sets_with_fused_multiply_add_agree_to_the_bit(kind: Kind, pool: Pools) -> None:
    fused = [name for name in instruction_sets() if name != "portable"]
    matrix, x = QuantizedMatrix.pack(weight_of(208, 320), kind, pool=pool(1)), activations(5, 320)
    results = [matrix.product(x, pool=pool(1), instruction_set=name) for name in fused]
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_the_largest_bytes_do_not_overflow(kind: Kind, instruction_set: str, pool: Pools) -> None:
    weight = np.where(np.arange(256) % 2, 1.0, -1.0).astype(np.float32) * np.ones((32, 1), np.float32)
    matrix = QuantizedMatrix.pack(weight, kind, pool=pool(1))
    x = np.concatenate([np.sign(weight[:1]), -np.sign(weight[:1]), np.ones((1, 256), np.float32)])
    expected = x @ matrix.dequantized().T
    found = matrix.product(x, pool=pool(1), instruction_set=instruction_set)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize(("kind", "bound"), [("float32", 0.0), ("bfloat16", 0.002), ("int8", 0.011), ("int4", 0.095)])
def test_rounding_costs_what_it_should(kind: Kind, bound: float, instruction_set: str, pool: Pools) -> None:
    weight = weight_of(64, 1024)
    matrix = QuantizedMatrix.pack(weight, kind, pool=pool(2), instruction_set=instruction_set)
    error = np.linalg.norm(matrix.dequantized() - weight) / np.linalg.norm(weight)
    assert error <= bound


def test_the_search_for_scales_lowers_the_error(pool: Pools) -> None:
    weight = weight_of(64, 1024)

    def error(search: bool) -> float:
        packed = QuantizedMatrix.pack(weight, "int4", search=search, pool=pool(1))
        return float(np.linalg.norm(packed.dequantized() - weight))

    assert error(True) < 0.95 * error(False)


@pytest.mark.parametrize("kind", KINDS)
def test_packing_does_not_depend_on_threads(kind: Kind, pool: Pools) -> None:
    weight = weight_of(200, 130)
    one, two = (QuantizedMatrix.pack(weight, kind, pool=pool(threads)) for threads in (1, 2))
    np.testing.assert_array_equal(one.data, two.data)
    np.testing.assert_array_equal(one.scales, two.scales)


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_weights_pack_as_their_float32_selves(kind: Kind, pool: Pools) -> None:
    bits = (weight_of(32, 64).view(np.uint32) >> 16).astype(np.uint16)
    same = (bits.astype(np.uint32) << 16).view(np.float32)
    first, second = (QuantizedMatrix.pack(weight, kind, pool=pool(1)) for weight in (bits, same))
    np.testing.assert_array_equal(first.data, second.data)


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_zeros_stay_zeros(kind: Kind, instruction_set: str, pool: Pools) -> None:
    matrix = QuantizedMatrix.pack(np.zeros((16, 64), np.float32), kind, pool=pool(1))
    assert not matrix.dequantized().any()
    x = np.zeros((2, 64), np.float32)
    assert not matrix.product(x, pool=pool(1), instruction_set=instruction_set).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("copied", [True, False])
def test_arrays_come_back(kind: Kind, copied: bool, pool: Pools) -> None:
    matrix = QuantizedMatrix.pack(weight_of(40, 96), kind, pool=pool(1))
    stored = {name: np.copy(array) for name, array in matrix.arrays().items()}
    again = QuantizedMatrix.from_arrays(stored, arena=Arena() if copied else None)
    np.testing.assert_array_equal(again.dequantized(), matrix.dequantized())
    x = activations(2, 96)
    np.testing.assert_array_equal(again.product(x, pool=pool(1)), matrix.product(x, pool=pool(1)))


def test_other_layouts_and_sizes_are_refused(pool: Pools) -> None:
    arrays = QuantizedMatrix.pack(weight_of(16, 64), "int4", pool=pool(1)).arrays()
    with pytest.raises(AssetError, match="layout 7"):
        QuantizedMatrix.from_arrays(arrays | {"layout": np.array([7, 3, 16, 64])})
    with pytest.raises(AssetError, match="511 and 32 bytes, not 512 and 32"):
        QuantizedMatrix.from_arrays(arrays | {"data": arrays["data"][1:]})


def test_what_cannot_be_packed_is_named() -> None:
    with pytest.raises(ConfigError, match="int3"):
        QuantizedMatrix.pack(weight_of(16, 64), "int3")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="float64"):
        QuantizedMatrix.pack(weight_of(16, 64).astype(np.float64), "int4")
    with pytest.raises(ConfigError, match=r"shape \(16,\)"):
        QuantizedMatrix.pack(np.ones(16, np.float32), "int4")


def test_a_wrong_width_is_refused(pool: Pools) -> None:
    matrix = QuantizedMatrix.pack(weight_of(16, 64), "int8", pool=pool(1))
    with pytest.raises(ValueError, match=r"\(2, 32\), the matrix takes \[B, 64\]"):
        matrix.product(np.ones((2, 32), np.float32), pool=pool(1))


def test_an_unknown_instruction_set_is_refused(pool: Pools) -> None:
    with pytest.raises(AssetError, match="portable"):
        QuantizedMatrix.pack(weight_of(16, 64), "int8", pool=pool(1), instruction_set="mmx")
