"""How much memory is left, by what limits it."""

from __future__ import annotations

import sys

import pytest

from makima import memory
from makima.memory import SPARE_BYTES, free_bytes, is_short

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="as Linux tells it")


def test_a_limit_on_addresses_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    whole = free_bytes()
    assert whole is not None
    assert whole > 0
    monkeypatch.setattr(resource, "getrlimit", lambda what: (1 << 20, 1 << 20))
    limited = free_bytes()
    assert limited is not None
    assert limited < 0
    assert is_short()


def test_what_is_needed_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: SPARE_BYTES + 100)
    assert not is_short(100)
    assert is_short(101)


def test_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    assert not is_short(1 << 60)
