"""Packed weights on disk: found again as they were, aligned, and never half of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from makima.nn.native.memory import ALIGNMENT_BYTES
from makima.nn.native.packed_file import read_packed, write_packed

ABOUT = {"makima": "1", "of": "model.safetensors 12 34"}
TENSORS: dict[str, NDArray[Any]] = {
    "layers.0.data": np.arange(100, dtype=np.uint8),
    "layers.0.norm": np.linspace(0, 1, 7, dtype=np.float32).reshape(7, 1),
    "layout": np.array([4, 3, 2, 1], np.int64),
    "table": np.arange(6, dtype=np.uint16).reshape(2, 3),
    "none": np.empty(0, np.float32),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "new folder" / "int4.safetensors"
    write_packed(path, TENSORS.items(), ABOUT)
    return path


def test_tensors_come_back_aligned(path: Path) -> None:
    found = read_packed(path, ABOUT)
    assert found is not None
    assert set(found) == set(TENSORS)
    for name, array in TENSORS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        assert array.size == 0 or found[name].ctypes.data % ALIGNMENT_BYTES == 0
    assert [file.name for file in path.parent.iterdir()] == ["int4.safetensors"]


def test_others_can_read_it(path: Path) -> None:
    found = load_file(path)
    np.testing.assert_array_equal(found["table"], TENSORS["table"])


def test_what_was_packed_of_other_weights_is_none(path: Path) -> None:
    assert read_packed(path, {**ABOUT, "of": "model.safetensors 12 35"}) is None
    assert read_packed(path.with_name("int8.safetensors"), ABOUT) is None


def test_a_file_that_was_cut_short_anywhere_is_none(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(0, len(whole) - ALIGNMENT_BYTES, 50):
        path.write_bytes(whole[:length])
        assert read_packed(path, ABOUT) is None


def test_what_cannot_be_written_leaves_what_was_there(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyError):
        write_packed(path, [("odd", np.zeros(3, np.complex64))], ABOUT)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["int4.safetensors"]
