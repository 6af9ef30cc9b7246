"""What a listening session yields, as events of the turn table."""

from __future__ import annotations

from makima.dialogue.turns import Event
from makima.stt.protocol import Final, ListenEnd, ListenEvent, Missed, SpeechStarted


class Hearing:
    """Keeps which utterances of one listener are open: begun, and their words not known yet."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    @property
    def hears(self) -> bool:
        """Whether someone speaks, or their words are awaited."""
        return bool(self._open)

    def take(self, event: ListenEvent) -> Event | None:
        """What `event` is for the turn table, or None."""
        match event:
            case SpeechStarted(utterance):
                self._open.add(utterance)
                return Event.SPEECH
            case Final(utterance, text):
                self._open.discard(utterance)
                if text.strip():
                    return Event.WORDS_AND_MORE if self._open else Event.WORDS
                return None if self._open else Event.NO_WORDS
            case Missed(utterance):
                self._open.discard(utterance)
                return None if self._open else Event.NO_WORDS
            case ListenEnd():
                return self.left()
        return None

    def left(self) -> Event | None:
        """The listener has gone; what was open will never be known."""
        was_open = bool(self._open)
        self._open.clear()
        return Event.NO_WORDS if was_open else None
