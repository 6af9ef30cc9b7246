"""`makima.server.monitoring.stalls`: when an engine counts as stalled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.server.monitoring.stalls import Stalls

LIMIT_S = 10.0

CASES: dict[str, tuple[list[tuple[float, str, str]], float, float | None]] = {
    "nothing is owed": ([], 100.0, None),
    "it is within the limit": ([(0.0, "waits", "a")], 10.0, None),
    "it is over the limit": ([(0.0, "waits", "a")], 10.5, 10.5),
    "another is served meanwhile": ([(0.0, "waits", "a"), (8.0, "waits", "b"), (9.0, "progressed", "b")], 18.0, None),
    "all are silent since": ([(0.0, "waits", "a"), (8.0, "waits", "b"), (9.0, "progressed", "b")], 20.0, 11.0),
    "it was answered": ([(0.0, "waits", "a"), (20.0, "progressed", "a")], 50.0, None),
    "the listener left": ([(0.0, "waits", "a"), (20.0, "left", "a")], 50.0, None),
    "it was given up": ([(0.0, "waits", "a"), (20.0, "gave_up", "a"), (20.0, "left", "a")], 50.0, 50.0),
    "it was given up, then another served": (
        [(0.0, "waits", "a"), (20.0, "gave_up", "a"), (30.0, "waits", "b"), (31.0, "progressed", "b")],
        90.0,
        None,
    ),
    "one was given up while others were served": (
        [(0.0, "waits", "a"), (5.0, "waits", "b"), (6.0, "progressed", "b"), (20.0, "gave_up", "a")],
        90.0,
        None,
    ),
    "what never waited was given up": ([(0.0, "gave_up", "a")], 50.0, None),
}


@pytest.mark.parametrize("case", CASES)
def test_when_it_stalls(case: str) -> None:
    events, at_s, stalled_s = CASES[case]
    now_s = [0.0]
    stalls = Stalls(LIMIT_S, lambda: now_s[0])
    for event_s, event, who in events:
        now_s[0] = event_s
        getattr(stalls, event)(who)
    now_s[0] = at_s
    assert stalls.stalled_s == stalled_s


@given(st.lists(st.tuples(st.floats(0, 20), st.sampled_from(["waits", "gave_up", "left"]), st.integers(0, 3))))
def test_audio_for_any_ends_it(events: list[tuple[float, str, int]]) -> None:
    now_s = [0.0]
    stalls = Stalls(LIMIT_S, lambda: now_s[0])
    for after_s, event, who in events:
        now_s[0] += after_s
        getattr(stalls, event)(who)
    stalls.progressed(0)
    now_s[0] += 0.9 * LIMIT_S
    assert stalls.stalled_s is None
