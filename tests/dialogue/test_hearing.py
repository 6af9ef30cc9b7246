"""What a listening session yields, as events of the turn table."""

from __future__ import annotations

import pytest

from makima.dialogue.hearing import Hearing
from makima.dialogue.turns import Event
from makima.errors import RecognitionFailed
from makima.stt.protocol import Final, ListenEnd, ListenEvent, Missed, Partial, SpeechEnded, SpeechStarted


def started(utterance: int) -> SpeechStarted:
    return SpeechStarted(utterance, 0)


def final(utterance: int, text: str = "Yes.") -> Final:
    return Final(utterance, text, 0, 100)


def missed(utterance: int) -> Missed:
    return Missed(utterance, RecognitionFailed("Oh."))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([started(1), Partial(1, "Ye", 0, 50), SpeechEnded(1, 90), final(1)], [Event.SPEECH, Event.WORDS]),
        ([started(1), final(1, " ")], [Event.SPEECH, Event.NO_WORDS]),
        ([started(1), missed(1)], [Event.SPEECH, Event.NO_WORDS]),
        (
            [started(1), SpeechEnded(1, 9), started(2), final(1), final(2)],
            [Event.SPEECH, Event.SPEECH, Event.WORDS_AND_MORE, Event.WORDS],
        ),
        ([started(1), started(2), final(1, ""), missed(2)], [Event.SPEECH, Event.SPEECH, Event.NO_WORDS]),
        ([started(1), ListenEnd("end")], [Event.SPEECH, Event.NO_WORDS]),
        ([ListenEnd("end")], []),
        ([final(7)], [Event.WORDS]),
    ],
)
def test_what_is_heard(events: list[ListenEvent], expected: list[Event]) -> None:
    hearing = Hearing()
    assert [known for event in events if (known := hearing.take(event)) is not None] == expected
    assert hearing.left() is None
