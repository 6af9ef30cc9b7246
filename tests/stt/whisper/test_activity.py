"""Where speech is in an utterance, and where a long one is cut, from scripted probabilities."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.stt.whisper.activity import (
    AFTER_WINDOWS,
    BEFORE_WINDOWS,
    CUT_FROM_WINDOWS,
    MAX_WINDOWS,
    PAUSE_WINDOWS,
    Activity,
    Span,
)


def after(*runs: tuple[int, float]) -> tuple[Activity, list[Span]]:
    """The state after runs of windows of one probability each, and the stretches that were cut."""
    activity = Activity()
    cuts = [cut for count, chance in runs for _ in range(count) if (cut := activity.push(chance)) is not None]
    return activity, cuts


@pytest.mark.parametrize(
    ("runs", "span"),
    [
        ([(50, 0.1)], None),
        ([(5, 0.1), (20, 0.9)], Span(0, 25, 20, 0.9)),
        ([(50, 0.1), (20, 0.9), (50, 0.1)], Span(50 - BEFORE_WINDOWS, 70 + AFTER_WINDOWS, 20, 0.9)),
        ([(20, 0.9), (3, 0.1), (20, 0.6), (2, 0.0)], Span(0, 45, 40, 0.9)),
    ],
)
def test_silence_around_speech_is_left_out(runs: list[tuple[int, float]], span: Span | None) -> None:
    activity, cuts = after(*runs)
    assert activity.span() == span
    assert not cuts


def test_more_silence_changes_nothing() -> None:
    spans = {after((30, 0.9), (silence, 0.1))[0].span() for silence in range(AFTER_WINDOWS, PAUSE_WINDOWS + 40)}
    assert len(spans) == 1


def test_long_speech_is_cut_in_a_pause() -> None:
    activity, cuts = after((CUT_FROM_WINDOWS, 0.9), (PAUSE_WINDOWS, 0.1), (20, 0.9))
    assert cuts == [Span(0, CUT_FROM_WINDOWS + AFTER_WINDOWS, CUT_FROM_WINDOWS, 0.9)]
    assert activity.start == CUT_FROM_WINDOWS + PAUSE_WINDOWS
    assert activity.span() == Span(activity.start, activity.windows, 20, 0.9)


def test_speech_without_a_pause_is_cut_where_it_is_weakest() -> None:
    weak = MAX_WINDOWS - 100
    _, cuts = after((weak - 2, 0.9), (5, 0.5), (200, 0.9))
    assert [cut.end for cut in cuts] == [weak]


@given(st.lists(st.sampled_from([0.0, 0.4, 0.6, 1.0]).flatmap(lambda p: st.tuples(st.integers(1, 400), st.just(p)))))
def test_stretches_are_in_order_and_short_enough(runs: list[tuple[int, float]]) -> None:
    activity, cuts = after(*runs)
    last = activity.span()
    spans = [*cuts, *([last] if last else [])]
    assert all(span.start < span.end and span.end - span.start <= MAX_WINDOWS for span in spans)
    assert all(before.end <= later.start for before, later in pairwise(spans))
    assert all(1 <= span.speech <= span.end - span.start for span in spans)
    assert sum(span.speech for span in spans) == sum(count for count, chance in runs if chance >= 0.5)
    assert activity.windows - activity.start <= MAX_WINDOWS
