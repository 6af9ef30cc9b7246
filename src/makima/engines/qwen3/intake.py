"""Streams that are in no slot: new ones, those between two segments, and those whose next segment can begin soon."""

from __future__ import annotations

import itertools
import threading

from makima.engines.qwen3.text.segment import Preparing
from makima.engines.qwen3.text.stream import Qwen3Stream
from makima.engines.scheduler import Admission, take_turn


class Intake:
    """Lets streams in, and says which segment gets the next slot. `let_in` is called from any thread."""

    def __init__(self, slots: int, max_waiting: int) -> None:
        self.slots = slots
        self._lock = threading.Lock()
        self._admission = Admission(slots, max_waiting)
        self._orders = itertools.count()
        self._resting: list[Qwen3Stream] = []  # until there is text for a segment
        self.preparing: list[Preparing] = []  # until there is enough of their text, and a slot

    @property
    def waiting(self) -> int:
        """How many have not been in a slot yet."""
        with self._lock:
            return self._admission.waiting

    def let_in(self, stream: Qwen3Stream) -> None:
        """Raises: CapacityError where too many wait"""
        with self._lock:
            self._admission.admit(stream)
            stream.place.order = next(self._orders)
            self._resting.append(stream)

    def streams(self) -> list[Qwen3Stream]:
        with self._lock:
            return [*self._resting, *(item.stream for item in self.preparing)]

    def has_work(self, *, slot_free: bool) -> bool:
        """Whether there is anything to be done for one of them now."""
        with self._lock:
            if any(stream.has_work for stream in self._resting):
                return True
            return slot_free and any(item.ready for item in self.preparing)

    def take_woken(self) -> list[Qwen3Stream]:
        """Let go of streams that have ended; take out those that have text for another segment, or are at its end."""
        with self._lock:
            self._admission.sweep()
            self._resting = [stream for stream in self._resting if not stream.ended]
            self.preparing = [item for item in self.preparing if not item.stream.ended]
            woken = [stream for stream in self._resting if stream.has_work]
            self._resting = [stream for stream in self._resting if stream not in woken]
            return woken

    def rest(self, stream: Qwen3Stream) -> None:
        """After a segment: on to the next one, or to the end."""
        if stream.spoken:
            stream.conclude()
            return
        with self._lock:
            self._resting.append(stream)

    def prepare(self, item: Preparing) -> None:
        with self._lock:
            self.preparing.append(item)

    def read(self) -> None:
        """Take in what has been written of the segments that are being prepared."""
        for item in self.preparing:
            text, closed = item.stream.read(item.source)
            item.ids += item.feed.grow(text, closed=closed)
            if item.ready:
                item.stream.wait.ready()

    def next(self) -> Preparing | None:
        """Take out the segment whose turn it is at a free slot."""
        with self._lock:
            ready = {item.stream.place: item for item in self.preparing if item.ready}
            place = take_turn(ready)
            if place is None:
                return None
            item = ready[place]
            self.preparing.remove(item)
            self._admission.begun(item.stream)
            item.stream.wait.begun()
            return item
