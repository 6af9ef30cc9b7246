"""How sentences are shared out to workers, with workers that only pretend."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from makima.engines.espeak.pool import Sentence, WorkerPool
from makima.engines.espeak.worker_process import Piece
from makima.errors import MakimaError
from tests.support.server.streams import eventually


def test_a_cancel_that_comes_late_does_not_hit_the_next_sentence() -> None:
    """The worker is handed on while the cancel is on its way."""
    spoken: list[str] = []
    cancelled_during: list[str | None] = []

    class Worker:
        pid, sample_rate_hz, usable = 1, 22_050, True
        current: str | None = None

        def speak(self, text: str, voice: str, speed: float) -> Iterator[Piece]:
            self.current = text
            yield Piece(b"\0\0")
            if text == "first":
                first_may_end.wait(10)
            else:
                second_may_end.wait(10)
            self.current = None

        def cancel(self) -> None:
            first_may_end.set()  # ... and it ends just before it is cancelled
            eventually(lambda: self.current == "second", 0.3)
            cancelled_during.append(self.current)

        def kill(self) -> None:
            pass

    class Receiver:
        turn = (0, 0.0)

        def __init__(self, text: str) -> None:
            self.text = text
            self.sounds = threading.Event()

        def begun(self) -> None:
            turns.append(self.text)

        def audio(self, piece: Piece) -> bool:
            self.sounds.set()
            return True

        def done(self, error: MakimaError | None) -> None:
            spoken.append(self.text)

    turns: list[str] = []
    first_may_end, second_may_end = threading.Event(), threading.Event()
    shared = WorkerPool(Worker, usual_workers=1)  # type: ignore[arg-type]
    shared.start()
    receivers = [Receiver("first"), Receiver("second")]
    sentences = [Sentence(receiver.text, "en", receiver) for receiver in receivers]
    for sentence in sentences:
        shared.submit(sentence)
    assert receivers[0].sounds.wait(10)
    shared.cancel(sentences[0])
    assert cancelled_during != ["second"]
    second_may_end.set()
    assert eventually(lambda: spoken == ["first", "second"])
    assert turns == spoken
    shared.close()


def test_a_receiver_that_fails_costs_its_sentence_alone() -> None:
    ends: list[tuple[str, str | None]] = []

    class Worker:
        pid, sample_rate_hz, usable = 1, 22_050, True

        def speak(self, text: str, voice: str, speed: float) -> Iterator[Piece]:
            yield Piece(b"\0\0")

        def cancel(self) -> None:
            pass

        def kill(self) -> None:
            pass

    class Receiver:
        turn = (0, 0.0)

        def __init__(self, text: str) -> None:
            self.text = text

        def begun(self) -> None:
            pass

        def audio(self, piece: Piece) -> bool:
            if self.text == "bad":
                raise MemoryError
            return True

        def done(self, error: MakimaError | None) -> None:
            ends.append((self.text, error.code if error is not None else None))

    shared = WorkerPool(Worker, usual_workers=1)  # type: ignore[arg-type]
    shared.start()
    for text in ("bad", "good"):
        shared.submit(Sentence(text, "en", Receiver(text)))
    assert eventually(lambda: len(ends) == 2)
    assert ends == [("bad", "SYNTHESIS_ERROR"), ("good", None)]
    shared.close()
