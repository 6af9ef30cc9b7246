"""The recogniser of a server."""

from __future__ import annotations

from makima.engines.bridge import Host
from makima.stt.listening.session import Listener
from makima.stt.protocol import Recognizer


class Ears:
    """The recogniser, loaded once for all sessions. `reason` says why this one was chosen."""

    def __init__(self, listener: Listener, reason: str = "") -> None:
        self.listener = listener
        self.reason = reason
        self.host: Host[Recognizer] = Host(listener.recognizer)

    @property
    def recognizer(self) -> Recognizer:
        return self.listener.recognizer
