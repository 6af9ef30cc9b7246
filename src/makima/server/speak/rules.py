"""What each message of a client does in each state of a speak session."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    CONNECTING = "connecting"
    READY = "ready"
    STARTED = "started"
    SPEAKING = "speaking"
    STOPPED = "stopped"
    FAILED = "failed"


class Rule(StrEnum):
    """What a message does."""

    CONFIGURE = "configure"
    ENQUEUE = "enqueue"
    APPEND = "append"
    END = "end"
    CANCEL = "cancel"
    STOP = "stop"
    REFUSE = "refuse"


def _row(**rules: Rule) -> Mapping[str, Rule]:
    every = dict.fromkeys(("start", "speak", "append", "end", "cancel", "stop"), Rule.REFUSE)
    return MappingProxyType({**every, **rules})


# `cancel` with nothing to cancel is accepted: it may have been sent before the client received `complete`.
_IDLE = _row(
    start=Rule.CONFIGURE, speak=Rule.ENQUEUE, append=Rule.APPEND, end=Rule.END, cancel=Rule.CANCEL, stop=Rule.STOP
)
_BUSY = _row(speak=Rule.ENQUEUE, append=Rule.APPEND, end=Rule.END, cancel=Rule.CANCEL, stop=Rule.STOP)
RULES: Mapping[State, Mapping[str, Rule]] = MappingProxyType(
    {
        State.CONNECTING: _row(),
        State.READY: _IDLE,
        State.STARTED: _IDLE,
        State.SPEAKING: _BUSY,
        State.STOPPED: _row(),
        State.FAILED: _row(),
    }
)
