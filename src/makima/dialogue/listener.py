"""What one listening session hears, as events of the turn table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from makima.dialogue.hearing import Hearing
from makima.dialogue.turns import Event
from makima.stt.protocol import Final, ListenEvent


class Room(Protocol):
    """What a listener asks of its conversation."""

    def now_s(self) -> float:
        """The conversation's clock."""

    def take(self, listener: Listener, event: Event, words: str = "", speech_end_s: float = 0.0) -> None:
        """Apply an event, if this listener is the one that is heard."""

    def gone(self, listener: Listener) -> None:
        """This listener has left."""


class Listener:
    """One listening session's place in a conversation."""

    def __init__(
        self,
        room: Room,
        guard: Callable[[bool], None],
        replaced: Callable[[bool], None] | None = None,
    ) -> None:
        self.guard = guard
        self.replaced: Callable[[bool], None] = replaced or (lambda _: None)
        self._room = room
        self._hearing = Hearing()

    def hear(self, event: ListenEvent, position_ms: float | None = None) -> None:
        """Take what the session yields, when so much audio has been fed to it."""
        known = self._hearing.take(event)
        if known is None:
            return
        words, speech_end_s = "", self._room.now_s()
        if isinstance(event, Final):
            words = event.text
            if position_ms is not None:
                speech_end_s -= max(0.0, position_ms - event.end_ms) / 1000
        self._room.take(self, known, words, speech_end_s)

    def typed(self, words: str) -> None:
        """Take what someone typed: it interrupts a reply and is answered, as if it had been said."""
        self._room.take(self, Event.SPEECH)
        more = self._hearing.hears
        self._room.take(self, Event.WORDS_AND_MORE if more else Event.WORDS, words, self._room.now_s())

    def pause(self) -> None:
        """What it has begun to hear is not awaited any more."""
        if (event := self._hearing.left()) is not None:
            self._room.take(self, event)

    def leave(self) -> None:
        """The session has ended. Idempotent."""
        self.pause()
        self._room.gone(self)
