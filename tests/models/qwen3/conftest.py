"""Loaded checkpoints, once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from tests.support.models.qwen3 import assemble
from tests.support.models.torch_threads import one_thread

Load: TypeAlias = Callable[[str], Qwen3TTS]
Checkpoint: TypeAlias = Callable[[str], Path]


_one_thread = pytest.fixture(scope="module", autouse=True)(one_thread)


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
            models[kind] = load_model(checkpoint(kind))
        return models[kind]

    return find


@pytest.fixture(scope="session")
def base(load: Load) -> Qwen3TTS:
    """The Base checkpoint as in 0.6B."""
    return load("base")
