"""Voices for the tests of the stores, and what a store's folder holds."""

from __future__ import annotations

from pathlib import Path

OLD = {"reference.wav": b"old" * 2_000, "manifest.json": b'{"name": "Old"}'}
NEW = {"reference.wav": b"new" * 1_000, "transcript.txt": b"new", "manifest.json": b'{"name": "New"}'}


def contents(folder: Path) -> dict[str, bytes] | None:
    """The files of a voice by name, or None where there is no such folder."""
    if not folder.is_dir():
        return None
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def clear_memory(path: str) -> None:
    """Delete a folder of fsspec's memory file system."""
    import fsspec

    files = fsspec.filesystem("memory")
    if files.exists(path):
        files.rm(path, recursive=True)
