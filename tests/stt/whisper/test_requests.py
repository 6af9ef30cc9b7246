"""The queue in front of the helper process, with a scripted one behind it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from makima.errors import RecognitionFailed
from makima.events import Samples
from makima.stt.whisper.judgement import Heard, Order
from makima.stt.whisper.requests import Rank, RequestQueue
from tests.support.server.streams import eventually

ORDER = Order("en", ("en",), None, True)


class ScriptedProcess:
    """Says how much audio it got, once `gate` is open; dies at the length 13, and answers nonsense at 14."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.asked: list[int] = []
        self.usable = True
        self.dies = False

    def hear(self, audio: Samples, order: Order) -> Heard:
        self.asked.append(len(audio))
        self.begun.set()
        self.gate.wait(10)
        if len(audio) == 13 or self.dies:
            self.usable = False
            raise RecognitionFailed("Whisper's process has died.")
        if len(audio) == 14:
            raise KeyError("text")
        return Heard(str(len(audio)), "en", 0.0, 0.0)

    def kill(self) -> None:
        self.usable = False
        self.gate.set()


@pytest.fixture
def processes() -> list[ScriptedProcess]:
    return []


@pytest.fixture
def queue(processes: list[ScriptedProcess]) -> Iterator[RequestQueue]:
    def start() -> ScriptedProcess:
        processes.append(ScriptedProcess())
        return processes[-1]

    made = RequestQueue(start)
    yield made
    made.close()
    made.close()


def audio(samples: int) -> Samples:
    return np.zeros(samples, np.float32)


def test_ends_come_before_guesses_and_each_in_its_order(queue: RequestQueue, processes: list[ScriptedProcess]) -> None:
    first = queue.ask(Rank.GUESS, audio(1), ORDER)
    assert processes[0].begun.wait(10)
    ranks = [Rank.GUESS, Rank.LIKELY, Rank.FINAL, Rank.GUESS, Rank.FINAL]
    others = [queue.ask(rank, audio(count), ORDER) for count, rank in enumerate(ranks, 2)]
    processes[0].gate.set()
    assert [answer.result(10).text for answer in [first, *others]] == ["1", "2", "3", "4", "5", "6"]
    assert processes[0].asked == [1, 4, 6, 3, 2, 5]


def test_what_is_no_longer_wanted_is_not_made(queue: RequestQueue, processes: list[ScriptedProcess]) -> None:
    queue.ask(Rank.GUESS, audio(1), ORDER)
    assert processes[0].begun.wait(10)
    dropped, kept = queue.ask(Rank.FINAL, audio(2), ORDER), queue.ask(Rank.GUESS, audio(3), ORDER)
    assert dropped.cancel()
    processes[0].gate.set()
    assert kept.result(10).text == "3"
    assert processes[0].asked == [1, 3]


def test_a_process_that_dies_is_not_noticed(queue: RequestQueue, processes: list[ScriptedProcess]) -> None:
    answer = queue.ask(Rank.FINAL, audio(2), ORDER)
    assert processes[0].begun.wait(10)
    processes[0].dies = True
    processes[0].gate.set()
    assert eventually(lambda: len(processes) == 2)
    processes[1].gate.set()
    assert answer.result(10).text == "2"


def test_audio_that_processes_die_of_costs_one_answer(queue: RequestQueue, processes: list[ScriptedProcess]) -> None:
    processes[0].gate.set()
    answer = queue.ask(Rank.FINAL, audio(13), ORDER)
    assert eventually(lambda: len(processes) == 2)
    processes[1].gate.set()
    with pytest.raises(RecognitionFailed, match="died"):
        answer.result(10)
    again = queue.ask(Rank.FINAL, audio(2), ORDER)
    assert eventually(lambda: len(processes) == 3)
    processes[2].gate.set()
    assert again.result(10).text == "2"


def test_an_answer_that_cannot_be_read_is_an_error(queue: RequestQueue, processes: list[ScriptedProcess]) -> None:
    processes[0].gate.set()
    with pytest.raises(RecognitionFailed, match="cannot be read"):
        queue.ask(Rank.FINAL, audio(14), ORDER).result(10)
    assert queue.ask(Rank.FINAL, audio(2), ORDER).result(10).text == "2"


def test_closing_ends_what_waits(queue: RequestQueue, processes: list[ScriptedProcess]) -> None:
    queue.ask(Rank.GUESS, audio(1), ORDER)
    assert processes[0].begun.wait(10)
    waiting = queue.ask(Rank.FINAL, audio(2), ORDER)
    queue.close()
    with pytest.raises(RecognitionFailed, match="closed"):
        waiting.result(10)
    with pytest.raises(RecognitionFailed, match="closed"):
        queue.ask(Rank.FINAL, audio(3), ORDER).result(10)
