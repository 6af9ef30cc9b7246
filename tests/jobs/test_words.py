"""Times of words that are estimated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from makima.jobs.words import estimated_words, packed, unpacked


def test_each_word_once_in_order() -> None:
    words = estimated_words("Hello there, Anna. 你好！", 1_000)
    assert [word.text for word in words] == ["Hello", "there,", "Anna.", "你", "好！"]
    assert unpacked(packed(words)) == words


@given(st.text(), st.floats(1, 1e7))
def test_times_never_go_back_or_beyond_the_end(text: str, audio_ms: float) -> None:
    words = estimated_words(text, audio_ms)
    times = [at for word in words for at in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert all(0 <= at <= round(audio_ms) for at in times)
    assert "".join(word.text for word in words) == "".join(text.split())
