"""Checkpoints whose sizes fill the kernels' vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint


@pytest.fixture(scope="session", params=["base", "wide"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    size = "tiny" if request.param == "base" else "tiny-wide"
    return write_random_checkpoint(tmp_path_factory.mktemp(size), size)  # type: ignore[arg-type]
