"""Voices on the disk, and what is left of them when a process dies."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from makima.errors import AssetError, InvalidMessage
from makima.voices.remote import RemoteStore
from makima.voices.store import FolderStore, VoiceStore
from tests.support.stores import NEW, OLD, clear_memory, contents


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
        clear_memory("/voices-of-tests")


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


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path / "voices")
    store.put("ann", OLD)
    usual = os.write

    def write(descriptor: int, data: memoryview) -> int:
        if len(data) > 1_000:
            usual(descriptor, data[:1_000])
            raise OSError(errno.ENOSPC, "No space left on device")
        return usual(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(AssetError, match="No space left"):
        store.put("ann", NEW, replace=True)
    with pytest.raises(AssetError, match="No space left"):
        store.put("bob", NEW)
    assert contents(tmp_path / "voices" / "ann") == OLD
    assert sorted(path.name for path in (tmp_path / "voices").iterdir()) == [".lock", "ann"]
