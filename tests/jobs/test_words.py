"""Times of words: as an engine tells them, or estimated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from makima.engines.output import TimedSpan
from makima.jobs.words import StepWords, TimedWord, estimated_words, exact_words, packed, unpacked


def test_each_word_once_in_order() -> None:
    said = estimated_words("Hello there, Anna. 你好！", 1_000)
    assert [word.text for word in said.words] == ["Hello", "there,", "Anna.", "你", "好！"]
    assert not said.exact


@given(st.text(), st.floats(1, 1e7))
def test_estimates_never_go_back_or_beyond_the_end(text: str, audio_ms: float) -> None:
    words = estimated_words(text, audio_ms).words
    times = [at for word in words for at in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert all(0 <= at <= round(audio_ms) for at in times)
    assert "".join(word.text for word in words) == "".join(text.split())


def test_what_the_engine_tells_is_kept_as_it_is() -> None:
    said = exact_words("Hello there.", [TimedSpan(0, 5, 0.02, 0.4), TimedSpan(6, 12, 0.41, 0.9)], 1_000.0)
    assert said == StepWords((TimedWord("Hello", 20, 400), TimedWord("there.", 410, 900)), exact=True)
    assert (said.words[1].start_s, said.words[1].end_s) == (0.41, 0.9)


SECONDS = st.floats(-1, 20)


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=12), st.floats(0, 10_000))
def test_exact_times_never_go_back_or_beyond_the_end(times: list[tuple[float, float]], audio_ms: float) -> None:
    said = exact_words("x" * 12, [TimedSpan(n, n + 1, *each) for n, each in enumerate(times)], audio_ms)
    told = [at for word in said.words for at in (word.start_ms, word.end_ms)]
    assert told == sorted(told)
    assert all(0 <= at <= audio_ms for at in told)
    assert len(said.words) == len(times)


@given(st.text(), st.booleans())
def test_words_are_kept(text: str, exact: bool) -> None:
    said = StepWords(estimated_words(text, 1_000).words, exact)
    assert unpacked(packed(said)) == said


def test_words_of_jobs_from_before_there_were_exact_ones() -> None:
    assert unpacked('[["Hello", 0, 400]]') == StepWords((TimedWord("Hello", 0, 400),), exact=False)
