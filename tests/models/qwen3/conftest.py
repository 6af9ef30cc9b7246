"""Loaded checkpoints, once for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
import torch

from makima.models.qwen3 import Qwen3TTS
from tests.support.qwen3 import assemble

Load: TypeAlias = Callable[[str], Qwen3TTS]
Checkpoint: TypeAlias = Callable[[str], Path]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small models lose time by sharing work, and rounding must not hang on how many cores there are."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """The folder of a golden checkpoint, by its kind."""
    folders: dict[str, Path] = {}

    def find(kind: str) -> Path:
        if kind not in folders:
            folders[kind] = assemble(kind, tmp_path_factory.mktemp(kind))
        return folders[kind]

    return find


@pytest.fixture(scope="session")
def load(checkpoint: Checkpoint) -> Load:
    """A loaded golden checkpoint, by its kind."""
    models: dict[str, Qwen3TTS] = {}

    def find(kind: str) -> Qwen3TTS:
        if kind not in models:
            models[kind] = Qwen3TTS.load(checkpoint(kind))
        return models[kind]

    return find


@pytest.fixture(scope="session")
def base(load: Load) -> Qwen3TTS:
    """The Base checkpoint as in 0.6B."""
    return load("base")
