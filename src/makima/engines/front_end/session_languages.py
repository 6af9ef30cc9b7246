"""What language each session has spoken last, for texts that do not tell by themselves."""

from __future__ import annotations

import threading
from collections import OrderedDict

MAX_SESSIONS = 4_096


class SessionLanguages:
    """Languages by session; those that have not spoken for longest are forgotten. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, str] = OrderedDict()

    def last(self, session_id: str | None) -> str | None:
        """The language that was noted last, if any."""
        with self._lock:
            return None if session_id is None else self._known.get(session_id)

    def note(self, session_id: str | None, language: str) -> None:
        """An utterance of this session was in `language`."""
        if session_id is None:
            return
        with self._lock:
            self._known[session_id] = language
            self._known.move_to_end(session_id)
            while len(self._known) > MAX_SESSIONS:
                self._known.popitem(last=False)
