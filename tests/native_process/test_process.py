"""Helper processes: real ones, which die, hang and send what is no message."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from makima.errors import SynthesisFailed
from makima.native_process import END, NativeProcess
from tests.native_process.programs import HELPER, helper, is_alive, is_running, open_descriptors
from tests.support.server.streams import eventually

SHORT_S = 0.5


@pytest.fixture
def start() -> Iterator[Callable[[float], NativeProcess]]:
    processes: list[NativeProcess] = []

    def make(answer_s: float) -> NativeProcess:
        processes.append(NativeProcess(helper(answer_s=answer_s)))
        return processes[-1]

    yield make
    for process in processes:
        process.kill()


@pytest.fixture
def process(start: Callable[[float], NativeProcess]) -> NativeProcess:
    return start(30.0)


@pytest.fixture
def impatient(start: Callable[[float], NativeProcess]) -> NativeProcess:
    """A process that may take half a second for an answer, for tests in which it gives none."""
    return start(SHORT_S)


def assert_gone(process: NativeProcess) -> None:
    assert not process.usable
    assert not is_alive(process.pid), "a process is left, or was not waited for"
    with pytest.raises(SynthesisFailed, match="ended"):
        process.send(b"Q")


class TestStart:
    def test_what_it_says_of_itself_is_known(self, process: NativeProcess) -> None:
        assert process.ready == b"hello"
        assert process.usable

    @pytest.mark.parametrize(("how", "error"), [("dead", "has died"), ("late", "sent b'A' where b'R' was expected")])
    def test_one_that_does_not_become_ready(self, how: str, error: str) -> None:
        before = open_descriptors()
        with pytest.raises(SynthesisFailed, match=error):
            NativeProcess(helper(how))
        assert open_descriptors() == before

    def test_one_that_is_never_ready_is_given_up(self) -> None:
        before = open_descriptors()
        with pytest.raises(SynthesisFailed, match=r"did not start within 0\.2 s"):
            NativeProcess(helper("mute", start_s=0.2))
        assert open_descriptors() == before

    def test_a_program_that_does_not_exist(self) -> None:
        before = open_descriptors()
        with pytest.raises(SynthesisFailed, match="The helper's process cannot be started"):
            NativeProcess(replace(helper(), command=("/nonexistent/program",)))
        assert open_descriptors() == before


class TestAnswers:
    @pytest.mark.parametrize("size", [0, 1, 16_383, 16_384, 300_000])
    def test_a_question_is_answered(self, process: NativeProcess, size: int) -> None:
        payload = os.urandom(size)
        assert process.ask(b"Q", b"A", payload) == payload
        assert process.usable

    def test_many_messages_come_in_order(self, process: NativeProcess) -> None:
        *messages, end = process.stream(b"M", b"A", b"1000")
        assert [int(payload) for _, payload in messages] == list(range(1_000))
        assert end == (END, b"")
        assert process.usable

    def test_a_cancel_ends_them_and_the_next_question_is_answered(self, process: NativeProcess) -> None:
        for _ in range(5):
            messages = process.stream(b"M", b"A", b"1000000000")
            next(messages)
            canceller = threading.Thread(target=process.cancel)
            canceller.start()
            assert list(messages)[-1][0] == END
            canceller.join()
            assert process.ask(b"Q", b"A", b"again") == b"again"

    def test_a_cancel_between_answers_has_no_effect(self, process: NativeProcess) -> None:
        process.cancel()
        assert len(list(process.stream(b"M", b"A", b"10"))) == 11
        process.cancel()
        assert process.ask(b"Q", b"A", b"again") == b"again"

    def test_an_answer_that_was_not_read_makes_it_unusable(self, process: NativeProcess) -> None:
        messages = process.stream(b"M", b"A", b"10")
        next(messages)
        assert not process.usable

    def test_messages_nobody_asked_for_make_it_unusable(self, process: NativeProcess) -> None:
        process.send(b"X", b"unasked")
        assert process.expect(b"A") == b""
        assert eventually(lambda: not process.usable)


class TestFailures:
    @pytest.mark.parametrize(
        ("how", "error"),
        [
            ("exit", "has died"),
            ("half and exit", "has died"),
            ("huge", "broken message"),
            ("negative", "sent b'' where b'A' was expected"),
            ("empty", "sent b'' where b'A' was expected"),
            ("wrong kind", "sent b'Z' where b'A' was expected"),
        ],
    )
    def test_what_is_no_answer_ends_it(self, process: NativeProcess, how: str, error: str) -> None:
        with pytest.raises(SynthesisFailed, match=error):
            process.ask(b"X", b"A", how.encode())
        assert_gone(process)

    @pytest.mark.parametrize("how", ["hang", "half"])
    def test_no_answer_in_time_ends_it(self, impatient: NativeProcess, how: str) -> None:
        with pytest.raises(SynthesisFailed, match=r"did not answer within 0\.5 s"):
            impatient.ask(b"X", b"A", how.encode())
        assert_gone(impatient)

    def test_a_wrong_kind_in_a_stream_ends_it(self, process: NativeProcess) -> None:
        with pytest.raises(SynthesisFailed, match="sent b'Z'"):
            list(process.stream(b"X", b"A", b"wrong kind"))
        assert_gone(process)

    def test_a_stopped_process_is_ended_though_it_cannot_end_itself(self, impatient: NativeProcess) -> None:
        os.kill(impatient.pid, signal.SIGSTOP)
        with pytest.raises(SynthesisFailed, match="did not answer"):
            impatient.ask(b"Q", b"A")
        assert_gone(impatient)

    def test_a_stopped_process_that_takes_no_more_requests(self, impatient: NativeProcess) -> None:
        os.kill(impatient.pid, signal.SIGSTOP)
        with pytest.raises(SynthesisFailed, match="did not take a request"):
            impatient.send(b"Q", bytes(100_000_000))  # more than the socket holds
        assert_gone(impatient)

    def test_one_that_dies_in_the_middle_of_an_answer(self, process: NativeProcess) -> None:
        messages = process.stream(b"M", b"A", b"1000000000")
        next(messages)
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(SynthesisFailed, match="has died"):
            for _ in messages:
                pass
        assert_gone(process)

    def test_one_that_dies_between_requests_is_noticed(self, process: NativeProcess) -> None:
        os.kill(process.pid, signal.SIGKILL)
        assert eventually(lambda: not process.usable)

    def test_kill_wakes_the_thread_that_waits_for_an_answer(self, process: NativeProcess) -> None:
        failures: list[SynthesisFailed] = []
        process.send(b"X", b"hang")

        def wait() -> None:
            try:
                process.receive()
            except SynthesisFailed as exc:
                failures.append(exc)

        waiting = threading.Thread(target=wait)
        waiting.start()
        process.kill()
        waiting.join(30)
        assert len(failures) == 1
        assert_gone(process)


class TestWhatIsLeft:
    def test_killing_ends_what_it_started_too(self, process: NativeProcess) -> None:
        child = int(process.ask(b"X", b"A", b"child"))
        assert is_running(child)
        process.kill()
        process.kill()
        assert eventually(lambda: not is_running(child))

    @pytest.mark.parametrize("how", ["exit", "huge", "empty", ""])
    def test_no_descriptor_and_no_process(self, how: str) -> None:
        before = open_descriptors()
        for _ in range(5):
            process = NativeProcess(helper())
            if how:
                with pytest.raises(SynthesisFailed):
                    process.ask(b"X", b"A", how.encode())
            else:
                process.kill()
            assert not is_alive(process.pid)
        assert open_descriptors() == before

    def test_it_inherits_no_other_descriptor(self, start: Callable[[float], NativeProcess]) -> None:
        first, second = start(30.0), start(30.0)
        os.kill(second.pid, signal.SIGSTOP)  # if it held the other end of the first one, that would never be closed
        os.kill(first.pid, signal.SIGKILL)
        with pytest.raises(SynthesisFailed, match="has died"):
            first.ask(b"Q", b"A")

    def test_it_ends_when_its_parent_is_killed(self) -> None:
        parent = subprocess.Popen(
            [sys.executable, "-c", _PARENT, str(HELPER)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
        parent.wait()
        parent.stdout.close()
        assert eventually(lambda: not is_running(child))


_PARENT = """
import sys, time
from makima.errors import SynthesisFailed
from makima.native_process import NativeProcess, Program
process = NativeProcess(Program("The helper", (sys.executable, "-I", "-S", sys.argv[1]), SynthesisFailed, 30.0))
print(process.pid, flush=True)
time.sleep(600)
"""
