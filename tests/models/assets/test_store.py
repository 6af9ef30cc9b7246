"""Makima's folder of assets: nothing is used unless its sum is right, nothing is fetched twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from makima import installation
from makima.errors import AssetError
from makima.models.assets.asset import Address, WheelFile, WheelFiles
from makima.models.assets.store import AssetStore, Progress
from tests.support.models.assets import FileServer, asset_of, file_server

CONTENT = b"the content of a file" * 1000
PARTS = WheelFiles((WheelFile("one", "1", "one/a"), WheelFile("two", "1", "two/b")))


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as server:
        server.files["/good"] = CONTENT
        server.files["/wrong"] = CONTENT[:-1] + b"!"
        yield server


def ignore(_: Progress) -> None: ...


def test_a_file_is_fetched_once_and_then_found(server: FileServer, tmp_path: Path) -> None:
    asset = asset_of(CONTENT, Address(f"{server.url}/good", "a page"))
    store = AssetStore(tmp_path / "assets")
    assert store.find(asset) is None
    assert store.missing([asset]) == [asset]
    heard: list[Progress] = []
    (found,) = store.bring([asset], "bundle", heard.append)
    assert found.path.read_bytes() == CONTENT
    assert found.origin == "a page"
    assert (heard[-1].done_bytes, heard[-1].total_bytes) == (len(CONTENT), len(CONTENT))
    assert AssetStore(tmp_path / "assets").bring([asset], "bundle", ignore) == [found]
    assert store.find(asset) == found
    assert store.require(asset, "bundle") == found.path
    assert len(server.requests) == 1


def test_the_next_origin_serves_where_one_has_another_file(server: FileServer, tmp_path: Path) -> None:
    origins = (Address(f"{server.url}/wrong", "one"), Address(f"{server.url}/none", "two"))
    asset = asset_of(CONTENT, *origins, Address(f"{server.url}/good", "three"))
    (found,) = AssetStore(tmp_path).bring([asset], "bundle", ignore)
    assert (found.origin, found.path.read_bytes()) == ("three", CONTENT)


def test_a_wrong_file_is_refused_by_name_with_the_command(server: FileServer, tmp_path: Path) -> None:
    asset = asset_of(CONTENT, Address(f"{server.url}/wrong", "one"), Address(f"{server.url}/none", "two"))
    store = AssetStore(tmp_path)
    with pytest.raises(AssetError) as caught:
        store.bring([asset], "bundle", ignore)
    said = str(caught.value)
    assert asset.name in said
    assert "another file" in said
    assert "404" in said
    assert installation.command("models pull bundle") in said
    assert store.find(asset) is None
    with pytest.raises(AssetError, match=r"not on this machine.*models pull bundle"):
        store.require(asset, "bundle")


def test_a_file_that_was_changed_is_noticed_and_mended(server: FileServer, tmp_path: Path) -> None:
    asset = asset_of(CONTENT, Address(f"{server.url}/good", "a page"))
    store = AssetStore(tmp_path)
    (found,) = store.bring([asset], "bundle", ignore)
    found.path.write_bytes(CONTENT[:-1] + b"!")
    assert store.find(asset) is None
    with pytest.raises(AssetError, match=r"SHA-256.*models pull bundle"):
        store.require(asset, "bundle")
    assert store.bring([asset], "bundle", ignore)[0].path.read_bytes() == CONTENT


def test_a_file_put_there_by_hand(tmp_path: Path) -> None:
    asset = asset_of(CONTENT, name="weights.bin")
    (tmp_path / "weights.bin").write_bytes(CONTENT)
    found = AssetStore(tmp_path).find(asset)
    assert found is not None
    assert found.origin == "put there by hand"


def test_what_broke_off_is_never_used_and_goes_on(server: FileServer, tmp_path: Path) -> None:
    server.break_off["/good"] = 9_000
    asset = asset_of(CONTENT, Address(f"{server.url}/good", "a page"))
    with pytest.raises(AssetError):
        AssetStore(tmp_path).bring([asset], "bundle", ignore)
    assert AssetStore(tmp_path).find(asset) is None
    (found,) = AssetStore(tmp_path).bring([asset], "bundle", ignore)
    assert found.path.read_bytes() == CONTENT
    assert server.requests[1][1] is not None, "it was fetched from the start"


def test_a_file_of_an_installed_package_is_read_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "installed").write_bytes(CONTENT)
    asset = asset_of(CONTENT, WheelFiles((WheelFile("one", "1", "one/a"),)))
    found = AssetStore(tmp_path / "assets", locate_file=lambda _: tmp_path / "installed").find(asset)
    assert found is not None
    assert (found.path, found.origin) == (tmp_path / "installed", "the installed one")
    wrong = asset_of(b"else", *asset.origins)
    assert AssetStore(tmp_path / "assets", locate_file=lambda _: tmp_path / "installed").find(wrong) is None


def test_parts_of_installed_packages_are_put_together(tmp_path: Path) -> None:
    places = {"one": tmp_path / "a", "two": tmp_path / "b"}
    places["one"].write_bytes(CONTENT[:100])
    places["two"].write_bytes(CONTENT[100:])
    store = AssetStore(tmp_path / "assets", locate_file=lambda file: places.get(file.distribution))
    found = store.find(asset_of(CONTENT, PARTS))
    assert found is not None
    assert found.path.read_bytes() == CONTENT
    assert store.find(asset_of(b"else", PARTS, name="other")) is None
    del places["two"]
    assert store.find(asset_of(CONTENT, PARTS)) == found
    assert store.find(asset_of(CONTENT, PARTS, name="again")) is None


def test_remove(server: FileServer, tmp_path: Path) -> None:
    asset = asset_of(CONTENT, Address(f"{server.url}/good", "a page"))
    store = AssetStore(tmp_path)
    store.bring([asset], "bundle", ignore)
    assert store.remove([asset]) == len(CONTENT)
    assert store.find(asset) is None
    assert store.remove([asset]) == 0


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AssetError, match="cannot be written"):
        AssetStore(tmp_path / "file" / "assets").bring([asset_of(b"")], "bundle", ignore)
