"""Fetching in a process of its own: its progress, its end, and what it says where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from makima.errors import AssetError
from makima.models import hub as models
from makima.models import pulling
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from tests.support.server.hub import LARGE, Hub, serve

pytest.importorskip("huggingface_hub")

NAME = "qwen3-tts-0.6b"
SIZE_BYTES = 20_000_000


class Enough(Exception):
    """No more is wanted."""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    for served in serve(Hub(write_random_checkpoint(tmp_path / "released"))):
        cache = tmp_path / "home" / "hub"
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))  # of this process
        monkeypatch.setenv("HF_HUB_CACHE", str(cache))  # of the one that fetches
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for name, value in (("XET", "1"), ("TELEMETRY", "1")):
            monkeypatch.setenv(f"HF_HUB_DISABLE_{name}", value)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        yield served
        served.held = None


def test_it_is_ended_at_any_time_and_goes_on(hub: Hub) -> None:
    hub.held = LARGE[1]

    def report(done_bytes: int, total_bytes: int) -> None:
        assert 0 <= done_bytes < total_bytes == SIZE_BYTES
        if hub.attempts(LARGE[1]) and done_bytes > 0:
            raise Enough

    with pytest.raises(Enough):
        pulling.pull(NAME, "auto", SIZE_BYTES, report)
    kept_bytes = models.cached_bytes(NAME)
    assert kept_bytes > 0
    hub.held = None
    pulling.pull(NAME, "auto", SIZE_BYTES, lambda done, total: None)
    assert models.cached_bytes(NAME) > kept_bytes


def test_what_goes_wrong_is_said_in_words(hub: Hub) -> None:
    hub.refused = LARGE[0]
    with pytest.raises(AssetError, match="cannot be fetched") as raised:
        pulling.pull(NAME, "auto", SIZE_BYTES, lambda done, total: None)
    assert raised.value.mend == "Try again: what is here is kept."


def test_a_process_that_dies_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(AssetError, match="ended with status 1"):
        pulling.pull(NAME, "auto", SIZE_BYTES, lambda done, total: None)
