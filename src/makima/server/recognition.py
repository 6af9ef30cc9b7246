"""The recogniser of a server."""

from __future__ import annotations

from makima import installation
from makima.engines.bridge import Host
from makima.errors import AssetError
from makima.stt.listening.session import Listener
from makima.stt.protocol import Recognizer


class Recognition:
    """The recogniser, loaded once for all sessions. `reason` says why this one was chosen."""

    def __init__(self, listener: Listener, reason: str = "") -> None:
        self.listener = listener
        self.reason = reason
        self.host: Host[Recognizer] = Host(listener.recognizer)

    @property
    def recognizer(self) -> Recognizer:
        return self.listener.recognizer


def required(recognition: Recognition | None) -> Recognition:
    """The server's recogniser, for a route that cannot do without.

    Raises: AssetError if the server has none
    """
    if recognition is None:
        raise AssetError("recogniser", "There is none that can load here.", mend=installation.run("doctor"))
    return recognition
