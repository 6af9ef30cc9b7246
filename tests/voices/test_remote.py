"""Voices at a URL: what other machines do, and what is left of an upload that died."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import fsspec
import pytest

from makima.errors import AssetError, ConfigError
from makima.voices.library import open_library
from makima.voices.remote import RemoteStore
from tests.support.stores import NEW, OLD, clear_memory, contents


@pytest.fixture
def url() -> Iterator[str]:
    yield "memory://other-voices"
    clear_memory("/other-voices")


def test_what_another_machine_does_is_taken_in(url: str, tmp_path: Path) -> None:
    here, there = RemoteStore(url, tmp_path / "here"), RemoteStore(url, tmp_path / "there")
    there.put("ann", OLD)
    here.refresh()
    assert contents(here.folder / "ann") == OLD
    here.put("ann", NEW, replace=True)
    there.refresh()
    assert contents(there.folder / "ann") == NEW
    there.remove("ann")
    here.refresh()
    assert contents(here.folder / "ann") is None


def test_before_the_manifest_is_whole_the_old_voice_holds(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before each of its writes, and in the middle of the last."""
    files = fsspec.filesystem("memory")
    pipe = type(files).pipe_file
    RemoteStore(url, tmp_path / "writer").put("ann", OLD)
    for die_at in range(len(NEW) + 1):
        left = [die_at]

        def dying(self: object, path: str, value: bytes, left: list[int] = left, **rest: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                if path.endswith(".json") and "/manifest" not in path:
                    pipe(self, path, value[: len(value) // 2], **rest)
                raise KeyboardInterrupt
            pipe(self, path, value, **rest)

        with monkeypatch.context() as patch:
            patch.setattr(type(files), "pipe_file", dying)
            with pytest.raises(KeyboardInterrupt):
                RemoteStore(url, tmp_path / "writer").put("ann", NEW, replace=True)
        reader = RemoteStore(url, tmp_path / f"reader-{die_at}")
        reader.refresh()
        assert contents(reader.folder / "ann") == OLD
    RemoteStore(url, tmp_path / "writer").put("ann", NEW, replace=True)
    reader.refresh()
    assert contents(reader.folder / "ann") == NEW


def test_uploads_that_died_are_cleared_away(url: str, tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    store = RemoteStore(url, tmp_path / "mirror")
    store.put("ann", OLD)
    files.pipe_file("/other-voices/bob/00000000000000000001-aa/reference.wav", b"dead")
    files.pipe_file(f"/other-voices/cid/{10**20 - 1}-aa/reference.wav", b"on its way")
    store.refresh()
    assert not files.find("/other-voices/bob")
    assert files.find("/other-voices/cid")
    assert {path.name for path in store.folder.iterdir()} - {".lock"} == {"ann"}


def test_urls(tmp_path: Path) -> None:
    assert open_library(f"file://{tmp_path}/voices", tmp_path).folder == tmp_path / "voices"
    with pytest.raises(ConfigError, match="TTS_VOICES_DIR"):
        open_library("nonsense://voices", tmp_path)
    if find_spec("s3fs") is None:
        with pytest.raises(AssetError, match="s3fs"):
            open_library("s3://bucket/voices", tmp_path)


def test_what_cannot_be_reached(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionError("no answer")

    store = RemoteStore(url, tmp_path / "mirror")
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "ls", away)
    with pytest.raises(AssetError, match="no answer"):
        store.put("ann", OLD)
