"""What a file is, is its content."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.models.assets.asset import WheelFile, WheelFiles, is_asset, sha256_of
from tests.support.models.assets import asset_of


@pytest.mark.parametrize(("content", "same"), [(b"abc", True), (b"abd", False), (b"abcd", False), (b"", False)])
def test_a_file_is_an_asset_by_its_content(tmp_path: Path, content: bytes, same: bool) -> None:
    (tmp_path / "file").write_bytes(content)
    assert is_asset(tmp_path / "file", asset_of(b"abc")) is same


def test_the_sum(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")  # the example of FIPS 180-2
    assert sha256_of(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_many_wheels_are_told_in_a_few_words() -> None:
    files = tuple(WheelFile(f"part-{number}", "1", "x") for number in range(4))
    assert str(WheelFiles(files)) == "PyPI (part-0==1 and 3 more)"
    assert str(WheelFiles(files[:1])) == "PyPI (part-0==1)"
