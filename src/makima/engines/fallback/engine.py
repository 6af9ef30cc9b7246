"""An engine with others behind it: where it cannot load, or falls behind real time, the next one speaks.

The change comes between utterances: what has begun is spoken to its end by the engine that began it. A voice that the
next engine does not have is refused, and never replaced by another one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from makima.engines.protocol import (
    Capabilities,
    Engine,
    EngineFigures,
    Observable,
    SpeechRequest,
    SpeechStream,
    mixed_voice,
)
from makima.errors import AssetError, MakimaError
from makima.events import OnLoading
from makima.voices.catalog import Voice

log = logging.getLogger(__name__)

BEHIND_UTTERANCES = 5
"""An engine counts as behind after this many in a row that took longer to make than they last."""

NO_FIGURES = EngineFigures(0, 0, 0, {})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engine that may speak. `make` raises AssetError where its files are of no use.

    `pace` says why it is too slow here, where that is known; None for engines that are never given up for it.
    """

    name: str
    make: Callable[[], Engine]
    pace: Callable[[], MakimaError | None] | None = None


@runtime_checkable
class Degradable(Protocol):
    """An engine that another one can take the place of."""

    @property
    def notice(self) -> str:
        """What to tell clients of it; empty while the best one speaks."""

    def paced(self, real_time_factor: float) -> None:
        """An utterance was spoken at this factor. From any thread."""

    def on_change(self, notify: Callable[[], None]) -> None:
        """Call `notify`, from any thread, once another engine has taken over."""


class FallbackEngine:
    """The engine seam around the first of `candidates` that can speak; they are made when they are needed.

    Raises: AssetError where none can be made
    """

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._left = list(candidates)
        self._lock = threading.RLock()
        self._notice = ""
        self._notify: Callable[[], None] = lambda: None
        self._given_up: list[Engine] = []
        self._behind = 0
        self._due = ""  # why the next one takes over before the next utterance
        self._engine, self._candidate = self._next_made()

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def notice(self) -> str:
        return self._notice

    @property
    def capabilities(self) -> Capabilities:
        return self._engine.capabilities

    @property
    def loaded(self) -> bool:
        return not self._due and self._engine.loaded

    def load(self, on_loading: OnLoading) -> None:
        """Load the engine, or the next one that can be."""
        with self._lock:
            if self._due:
                self._step_down(self._due)
            while True:
                try:
                    self._engine.load(on_loading)
                except MakimaError as exc:
                    if not self._left:
                        raise
                    self._step_down(str(exc))
                    continue
                slow = self._candidate.pace() if self._candidate.pace is not None else None
                if slow is None or not self._left:
                    return
                self._step_down(str(slow))

    def voices(self) -> Sequence[Voice]:
        return self._engine.voices()

    def mixed_voice(self, voice_id: str) -> Voice | None:
        """The voice of an id that describes a mix, where the engine mixes voices."""
        return mixed_voice(self._engine, voice_id)

    def figures(self) -> EngineFigures:
        """Those of the engine, where it has any."""
        return self._engine.figures() if isinstance(self._engine, Observable) else NO_FIGURES

    def open(self, request: SpeechRequest) -> SpeechStream:
        return self._engine.open(request)

    def paced(self, real_time_factor: float) -> None:
        if self._candidate.pace is None or not self._left:
            return
        self._behind = self._behind + 1 if real_time_factor > 1 else 0
        if self._behind >= BEHIND_UTTERANCES:
            self._due = f"The last {BEHIND_UTTERANCES} utterances took longer to make than they last."

    def on_change(self, notify: Callable[[], None]) -> None:
        self._notify = notify

    def close(self) -> None:
        with self._lock:
            for engine in (self._engine, *self._given_up):
                engine.close()

    def _step_down(self, why: str) -> None:
        """Take the next engine. The one before speaks on until its utterances have ended."""
        before, self._due, self._behind = self._engine, "", 0
        self._engine, self._candidate = self._next_made()
        self._given_up.append(before)
        if not before.loaded:
            before.close()
        self._notice = f"{self._engine.name} speaks instead of {before.name}: {why}"
        log.warning("%s", self._notice)
        self._notify()

    def _next_made(self) -> tuple[Engine, Candidate]:
        problems: list[str] = []
        while self._left:
            candidate = self._left.pop(0)
            try:
                return candidate.make(), candidate
            except AssetError as exc:
                log.warning("not %s: %s", candidate.name, exc)
                problems.append(f"not {candidate.name}: {exc}")
        raise AssetError("engines", "None can load here.", mend=" ".join(problems))
