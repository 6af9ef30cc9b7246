"""What a server listens with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from makima.engines.bridge import Host
from makima.server.auth import Identity
from makima.stt.listening.session import Listener
from makima.stt.protocol import ListenEvent, Recognizer


class Hearer(Protocol):
    """A conversation, as a listen session sees it."""

    def hear(self, event: ListenEvent, position_ms: float | None = None) -> None:
        """Take each event of the session's stream, when so much audio has been fed to it."""

    def leave(self) -> None:
        """The session has ended. Idempotent."""


Join: TypeAlias = Callable[[Identity, str, Callable[[bool], None]], Hearer]
"""Finds the conversation of a `contractId`; the last argument is the stream's `guard`."""


class Ears:
    """The recogniser, loaded once however many sessions wait for it. `reason` says why this one was chosen."""

    def __init__(self, listener: Listener, reason: str = "") -> None:
        self.listener = listener
        self.reason = reason
        self.host: Host[Recognizer] = Host(listener.recognizer)

    @property
    def recognizer(self) -> Recognizer:
        return self.listener.recognizer
