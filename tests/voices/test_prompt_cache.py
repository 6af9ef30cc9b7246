"""What is kept of what was worked out, by a clock that the test moves."""

from __future__ import annotations

import pytest

from makima.voices.prompt_cache import PromptCache


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> PromptCache[str]:
    return PromptCache(max_bytes=100, ttl_s=60.0, clock=clock)


def test_what_is_put_is_got(cache: PromptCache[str]) -> None:
    assert cache.get("a") is None
    cache.put("a", "A", 10)
    assert (cache.get("a"), len(cache), cache.size_bytes) == ("A", 1, 10)
    cache.put("a", "B", 30)
    assert (cache.get("a"), len(cache), cache.size_bytes) == ("B", 1, 30)
    cache.clear()
    assert (cache.get("a"), len(cache), cache.size_bytes) == (None, 0, 0)


def test_the_least_recently_used_go_first(cache: PromptCache[str]) -> None:
    for key in "abc":
        cache.put(key, key.upper(), 30)
    assert cache.get("a") == "A"
    cache.put("d", "D", 60)
    assert [cache.get(key) for key in "abcd"] == ["A", None, None, "D"]
    assert cache.size_bytes == 90


def test_what_is_larger_than_all_there_may_be(cache: PromptCache[str]) -> None:
    cache.put("a", "A", 100)
    assert cache.get("a") == "A"
    cache.put("b", "B", 101)
    assert cache.get("b") is None
    assert cache.get("a") == "A"
    cache.put("a", "B", 101)
    assert (cache.get("a"), cache.size_bytes) == (None, 0)


def test_time_counts_from_the_last_use(cache: PromptCache[str], clock: Clock) -> None:
    cache.put("a", "A", 10)
    cache.put("b", "B", 10)
    clock.now_s += 59
    assert cache.get("a") == "A"
    clock.now_s += 2
    assert len(cache) == 1
    assert (cache.get("a"), cache.get("b"), cache.size_bytes) == ("A", None, 10)
    clock.now_s += 61
    assert cache.get("a") is None
