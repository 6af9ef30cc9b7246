"""Voices on the disk, and what is left of them when a process dies."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import fsspec
import pytest

from makima.errors import AssetError, ConfigError, InvalidMessage
from makima.voices.library import open_library
from makima.voices.remote import RemoteStore
from makima.voices.store import FolderStore, VoiceStore
from tests.voices.crash import NEW, OLD


def contents(folder: Path) -> dict[str, bytes] | None:
    if not folder.is_dir():
        return None
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.mark.parametrize(
    ("what", "outcomes"), [("first", (None, NEW)), ("replace", (OLD, NEW)), ("remove", (OLD, None))]
)
def test_killed_at_any_step_there_is_the_old_voice_or_the_new_one(
    tmp_path: Path, what: str, outcomes: tuple[Mapping[str, bytes] | None, Mapping[str, bytes] | None]
) -> None:
    command = [sys.executable, "-m", "tests.voices.crash", str(tmp_path), what]
    done = subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0, done.stderr.decode()
    *killed, whole = sorted(tmp_path.iterdir(), key=lambda folder: int(folder.name))
    assert len(killed) > 5
    assert contents(whole / "ann") == outcomes[1]
    leftovers, seen = 0, set()
    for folder in killed:
        leftovers += any(folder.glob(".[ngo]*-ann"))
        FolderStore(folder).refresh()
        assert contents(folder / "ann") in outcomes, f"killed at step {folder.name}"
        seen.add(contents(folder / "ann") == outcomes[0])
        assert {path.name for path in folder.iterdir()} <= {"ann", ".lock"}, "what was left over is gone"
    assert leftovers
    assert seen == {True, False}, "some were killed before it counted, some after"


@pytest.fixture(params=["folder", "remote"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VoiceStore]:
    if request.param == "folder":
        yield FolderStore(tmp_path / "voices")
    else:
        yield RemoteStore("memory://voices-of-tests", tmp_path / "mirror")
        forget("/voices-of-tests")


def forget(path: str) -> None:
    files = fsspec.filesystem("memory")
    if files.exists(path):
        files.rm(path, recursive=True)


def test_kept_replaced_and_deleted(store: VoiceStore) -> None:
    store.put("ann", OLD)
    assert contents(store.folder / "ann") == OLD
    with pytest.raises(InvalidMessage, match="'ann' already"):
        store.put("ann", NEW)
    assert contents(store.folder / "ann") == OLD
    store.put("ann", NEW, replace=True)
    assert contents(store.folder / "ann") == NEW
    store.put("bob", OLD)
    assert store.remove("ann")
    assert not store.remove("ann")
    store.refresh()
    assert {path.name for path in store.folder.iterdir()} - {".lock"} == {"bob"}
    store.remove("bob")
    store.put("ann", NEW)  # a folder that is empty but for the lock, and at a URL gone altogether


@pytest.mark.parametrize("voice_id", ["", "..", "../ann", "a/b", "/tmp/x", ".new-a", "Ann"])
def test_no_path_leaves_the_folder(store: VoiceStore, voice_id: str) -> None:
    with pytest.raises(InvalidMessage):
        store.put(voice_id, OLD)
    for path in store.folder.parent.rglob("*"):
        assert path.name in ("voices", "mirror", ".lock")


def test_many_at_once(store: VoiceStore) -> None:
    def put(number: int) -> None:
        store.put("ann", {"manifest.json": b"%d" % number, "reference.wav": b"%d" % number * 10_000}, replace=True)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = contents(store.folder / "ann")
    assert found is not None
    assert found["reference.wav"] == found["manifest.json"] * 10_000


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "voices").write_text("This is a file.")
    with pytest.raises(AssetError, match="TTS_VOICES_DIR"):
        FolderStore(tmp_path / "voices").put("ann", OLD)


class TestRemote:
    @pytest.fixture
    def url(self) -> Iterator[str]:
        yield "memory://other-voices"
        forget("/other-voices")

    def test_what_another_machine_does_is_taken_in(self, url: str, tmp_path: Path) -> None:
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
        self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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

    def test_uploads_that_died_are_cleared_away(self, url: str, tmp_path: Path) -> None:
        files = fsspec.filesystem("memory")
        store = RemoteStore(url, tmp_path / "mirror")
        store.put("ann", OLD)
        files.pipe_file("/other-voices/bob/00000000000000000001-aa/reference.wav", b"dead")
        files.pipe_file(f"/other-voices/cid/{10**20 - 1}-aa/reference.wav", b"on its way")
        store.refresh()
        assert not files.find("/other-voices/bob")
        assert files.find("/other-voices/cid")
        assert {path.name for path in store.folder.iterdir()} - {".lock"} == {"ann"}

    def test_urls(self, tmp_path: Path) -> None:
        assert open_library(f"file://{tmp_path}/voices", tmp_path).folder == tmp_path / "voices"
        with pytest.raises(ConfigError, match="TTS_VOICES_DIR"):
            open_library("nonsense://voices", tmp_path)
        if find_spec("s3fs") is None:
            with pytest.raises(AssetError, match="s3fs"):
                open_library("s3://bucket/voices", tmp_path)

    def test_what_cannot_be_reached(self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object, **__: object) -> None:
            raise ConnectionError("nobody answers")

        store = RemoteStore(url, tmp_path / "mirror")
        monkeypatch.setattr(type(fsspec.filesystem("memory")), "ls", away)
        with pytest.raises(AssetError, match="nobody answers"):
            store.put("ann", OLD)
