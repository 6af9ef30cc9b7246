"""Downloads: whole, broken off and gone on with, refused."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from makima.errors import AssetError
from makima.models.assets.download import download, make_client
from tests.support.models.assets import FileServer, file_server

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as server:
        server.files["/file"] = CONTENT
        yield server


def fetch(url: str, partial: Path) -> list[int]:
    heard: list[int] = []
    with make_client() as client:
        download(client, url, partial, heard.append)
    return heard


def test_a_file(server: FileServer, tmp_path: Path) -> None:
    heard = fetch(f"{server.url}/file", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert heard == sorted(heard)
    assert heard[-1] == len(CONTENT)


def test_what_broke_off_goes_on(server: FileServer, tmp_path: Path) -> None:
    server.break_off["/file"] = 30_000
    with pytest.raises(AssetError, match="cannot be fetched"):
        fetch(f"{server.url}/file", tmp_path / "part")
    start = (tmp_path / "part").stat().st_size
    assert 0 < start <= 30_000
    heard = fetch(f"{server.url}/file", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert server.requests[-1] == ("/file", f"bytes={start}-")
    assert heard[0] > start


def test_a_server_without_ranges_sends_it_all_again(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"other bytes")
    server.with_ranges = False
    fetch(f"{server.url}/file", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == CONTENT


def test_more_than_there_is_begins_anew(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"x" * (len(CONTENT) + 1))
    fetch(f"{server.url}/file", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == CONTENT


def test_a_refusal_leaves_no_file(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="status 404"):
        fetch(f"{server.url}/other", tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_no_server(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(AssetError, match="cannot be fetched"):
        fetch(f"http://127.0.0.1:{port}/file", tmp_path / "part")
