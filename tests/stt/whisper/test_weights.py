"""Where the weights are found, with small files in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.errors import AssetError
from makima.models.assets.asset import HubFile
from makima.stt.whisper import weights
from tests.support.models.assets import asset_of
from tests.support.server.servers import make_settings


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("model.bin", "tokenizer.json")
    assets = tuple(asset_of(name.encode(), HubFile("a/b", name), name=f"whisper-base/{name}") for name in names)
    monkeypatch.setattr(weights, "WHISPER", assets)


def put(folder: Path, name: str, content: bytes) -> None:
    path = folder / "assets" / "whisper-base" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_all_of_them_in_one_folder(tmp_path: Path) -> None:
    settings = make_settings(cache_dir=tmp_path)
    for name in ("model.bin", "tokenizer.json"):
        put(tmp_path, name, name.encode())
    assert weights.missing(settings) is None
    assert weights.folder(settings) == tmp_path / "assets" / "whisper-base"


def test_what_is_missing_or_wrong_is_named_with_the_command(tmp_path: Path) -> None:
    settings = make_settings(cache_dir=tmp_path)
    assert "models pull whisper" in str(weights.missing(settings))
    put(tmp_path, "model.bin", b"model.bin")
    assert "tokenizer.json" in str(weights.missing(settings))
    put(tmp_path, "tokenizer.json", b"another")
    with pytest.raises(AssetError, match=r"SHA-256.*models pull whisper"):
        weights.folder(settings)


def test_files_of_several_places_are_brought_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(cache_dir=tmp_path)
    for name in ("model.bin", "tokenizer.json"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(name.encode())

    class Store:
        def require(self, asset: object, bundle: str) -> Path:
            return tmp_path / Path(str(getattr(asset, "name", ""))).name / "file"

    monkeypatch.setattr(weights, "open_store", lambda _: Store())
    for _ in range(2):
        folder = weights.folder(settings)
        assert sorted(path.name for path in folder.iterdir()) == ["model.bin", "tokenizer.json"]
        assert (folder / "model.bin").read_bytes() == b"model.bin"
