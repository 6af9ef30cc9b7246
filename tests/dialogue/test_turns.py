"""The turn rules: every state with every event."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.dialogue.turns import RULES, Action, Event, Outcome, State, outcome

MU, ID, LI, TH, HE, SP, IN = State
A, N, P = Action.ASK, Action.NOTE, Action.STOP

# Rows: states. Columns: events, in the order of `Event`. None: nothing changes.
TABLE: dict[State, tuple[Outcome | None, ...]] = {
    # CAME       LEFT        SPEECH      WORDS         WORDS_AND_MORE  NO_WORDS   SOUNDS       WITHDRAWN   OVER
    MU: ((ID, ()), None, None, (MU, (N,)), (MU, (N,)), None, None, None, None),
    ID: (None, (MU, ()), (LI, ()), (TH, (A,)), (HE, (A,)), None, None, None, None),
    LI: (None, (MU, ()), None, (TH, (A,)), (HE, (A,)), (ID, ()), None, None, None),
    TH: (None, (MU, (P,)), (HE, ()), (TH, (P, A)), (HE, (P, A)), None, (SP, ()), None, (ID, ())),
    HE: (None, (MU, (P,)), None, (TH, (P, A)), (HE, (P, A)), (TH, ()), (IN, (P,)), None, (LI, ())),
    SP: (None, (MU, (P,)), (IN, (P,)), (TH, (P, A)), (HE, (P, A)), None, None, (TH, ()), (ID, ())),
    IN: (None, (MU, ()), None, (TH, (A,)), (HE, (A,)), (ID, ()), None, None, None),
}
WITH_A_REPLY = {TH, HE, SP}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_state_with_every_event(state: State, event: Event) -> None:
    expected = TABLE[state][list(Event).index(event)]
    assert outcome(state, event) == (expected or (state, ()))
    assert (event in RULES[state]) == (expected is not None)


@given(st.lists(st.sampled_from(Event), max_size=60))
def test_there_is_one_reply_at_most_and_only_it_is_stopped(events: list[Event]) -> None:
    state, reply, speaker = State.MUTE, False, False
    for event in events:
        if event in (Event.SOUNDS, Event.OVER) and not reply:
            continue  # only a reply causes these
        state, actions = outcome(state, event)
        speaker = event is Event.SPEAKER_CAME or (speaker and event is not Event.SPEAKER_LEFT)
        reply = reply and event is not Event.OVER
        for action in actions:
            if action is Action.STOP:
                assert reply
                reply = False
            elif action is Action.ASK:
                assert speaker
                assert not reply
                reply = True
        assert reply == (state in WITH_A_REPLY)
        assert speaker == (state is not State.MUTE)


@given(st.lists(st.sampled_from(Event), max_size=20))
def test_words_are_never_lost_and_never_left_without_an_answer(events: list[Event]) -> None:
    state = State.MUTE
    for event in events:
        state, _ = outcome(state, event)
    for event in (Event.WORDS, Event.WORDS_AND_MORE):
        after, actions = outcome(state, event)
        assert actions[-1] in (Action.ASK, Action.NOTE)
        assert (actions[-1] is Action.NOTE) == (after is State.MUTE)
