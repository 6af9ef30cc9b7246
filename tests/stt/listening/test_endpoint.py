"""Where speech starts and ends, from scripted probabilities."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.stt.listening.endpoint import WINDOW_MS, Boundary, Ended, Endpointer, EndpointRules, Paused, Started

RULES = EndpointRules(speech_ms=96, guarded_speech_ms=384, silence_ms=320, pre_roll_ms=160, longest_ms=3_200)
SPEECH, SILENCE, DOUBT = 0.9, 0.1, 0.4


def boundaries(endpointer: Endpointer, probabilities: Iterable[float]) -> list[tuple[int, Boundary]]:
    """Each boundary with the window it was found in."""
    found = ((window, endpointer.push(p)) for window, p in enumerate(probabilities))
    return [(window, boundary) for window, boundary in found if boundary is not None]


def test_speech_starts_after_three_windows_and_ends_after_ten_silent_ones() -> None:
    script = [SILENCE] * 20 + [SPEECH] * 10 + [SILENCE] * 15
    assert boundaries(Endpointer(RULES), script) == [(22, Started(20, 15)), (39, Ended(30))]


def test_a_click_is_no_speech() -> None:
    assert boundaries(Endpointer(RULES), ([SPEECH] * 2 + [SILENCE]) * 50) == []


def test_doubtful_windows_neither_start_nor_end_anything() -> None:
    assert boundaries(Endpointer(RULES), [DOUBT] * 100) == []
    script = [SPEECH, DOUBT, SPEECH, DOUBT, SPEECH] + [DOUBT] * 30
    assert boundaries(Endpointer(RULES), script) == [(4, Started(0, 0))]


def test_a_short_pause_belongs_to_the_utterance() -> None:
    script = [SPEECH] * 5 + [SILENCE] * 9 + [SPEECH] * 5 + [SILENCE] * 10
    assert boundaries(Endpointer(RULES), script) == [(2, Started(0, 0)), (28, Ended(19))]


def test_the_next_utterance_never_takes_audio_of_the_one_before() -> None:
    script = [SPEECH] * 5 + [SILENCE] * 10 + [SPEECH] * 3
    assert boundaries(Endpointer(RULES), script)[-1] == (17, Started(15, 10))
    rules = EndpointRules(silence_ms=64, pre_roll_ms=320)
    script = [SPEECH] * 5 + [SILENCE] * 2 + [SPEECH] * 3
    assert boundaries(Endpointer(rules), script)[-1] == (9, Started(7, 5))


def test_one_who_never_pauses_is_cut_without_a_gap() -> None:
    found = [boundary for _, boundary in boundaries(Endpointer(RULES), [SPEECH] * 250)]
    assert found == [Started(0, 0), Ended(100, cut=True), Started(100, 100), Ended(200, cut=True), Started(200, 200)]


def test_guarded_speech_must_be_clearer_and_longer() -> None:
    for probability, starts in ((SPEECH, [(11, Started(0, 0))]), (0.7, [])):
        endpointer = Endpointer(RULES)
        endpointer.guarded = True
        assert boundaries(endpointer, [probability] * 12) == starts
        assert RULES.guarded_speech_ms == 12 * WINDOW_MS


def test_a_guard_does_not_end_what_is_being_said() -> None:
    endpointer = Endpointer(RULES)
    boundaries(endpointer, [SPEECH] * 5)
    endpointer.guarded = True
    assert boundaries(endpointer, [0.5] * 20) == []
    assert endpointer.open


def test_a_turn_detector_is_asked_once_a_pause() -> None:
    endpointer = Endpointer(EndpointRules(ask_ms=96, silence_ms=320), asks=True)
    script = [SPEECH] * 5 + [SILENCE] * 6 + [SPEECH] * 2 + [SILENCE] * 6
    assert [boundary for _, boundary in boundaries(endpointer, script)] == [Started(0, 0), Paused(), Paused()]


def test_what_the_detector_takes_for_the_end_is_the_end() -> None:
    endpointer = Endpointer(EndpointRules(ask_ms=96), asks=True)
    boundaries(endpointer, [SPEECH] * 5 + [SILENCE] * 3)
    assert endpointer.judge(0.6) == Ended(5)
    assert not endpointer.open
    assert endpointer.judge(0.6) is None


def test_an_unfinished_turn_is_waited_for_longer() -> None:
    endpointer = Endpointer(EndpointRules(ask_ms=96, silence_ms=320, patience_ms=960), asks=True)
    boundaries(endpointer, [SPEECH] * 5 + [SILENCE] * 3)
    assert endpointer.judge(0.2) is None
    assert boundaries(endpointer, [SILENCE] * 26) == []
    assert endpointer.push(SILENCE) == Ended(5)


def test_stopping_ends_what_is_open() -> None:
    endpointer = Endpointer(RULES)
    assert endpointer.stop() is None
    boundaries(endpointer, [SPEECH] * 5 + [SILENCE] * 2)
    assert endpointer.stop() == Ended(5)
    assert endpointer.stop() is None


@pytest.mark.parametrize("asks", [False, True])
@given(st.lists(st.sampled_from([SPEECH, SILENCE, DOUBT, 0.5, 0.35]), max_size=400))
def test_utterances_follow_each_other_in_order(asks: bool, script: list[float]) -> None:
    endpointer = Endpointer(RULES, asks=asks)
    found = [b for _, b in boundaries(endpointer, script) if not isinstance(b, Paused)]
    if (last := endpointer.stop()) is not None:
        found.append(last)
    assert len(found) % 2 == 0
    free_from = 0
    for start, end in zip(found[::2], found[1::2], strict=True):
        assert isinstance(start, Started)
        assert isinstance(end, Ended)
        assert free_from <= start.audio_from <= start.at < end.at <= len(script)
        assert end.at - start.at <= RULES.longest_ms // WINDOW_MS
        free_from = end.at
