"""One helper process: started, asked, cancelled, killed.

Both directions of a socket pair carry messages in the format of `multiprocessing.connection`: a length, then that many
bytes. The first byte is the kind of the message, the rest belongs to the program. Three kinds mean the same everywhere:

    R  from the helper: ready, its first message
    C  to the helper:   cancel the answer that is under way; ignored between answers
    E  from the helper: end of an answer that has several messages
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from makima.errors import EngineError
from makima.native_process.progress import Progress

READY, CANCEL, END = b"R", b"C", b"E"

MAX_MESSAGE_BYTES = 1 << 20
"""A longer message than this is taken for a broken one. The longest that helpers send on purpose are of 64 KB."""

HUNG_CHECK_S = 0.5
HUNG_CHECKS = 2
"""A helper that has neither answered nor computed anything between two looks, this many times in a row, hangs."""

START_S = 30.0
"""Time for a helper to become ready: 20 to 500 ms on a free machine, far more on a busy one."""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs in a helper process, and how long it may take.

    `name` begins the sentences of its errors; `failure` is the class they are raised as. `answer_s` is the longest wait
    for the next message of an answer, and for room to send a request.
    """

    name: str
    command: tuple[str, ...]
    failure: type[EngineError]
    answer_s: float
    start_s: float = START_S


class NativeProcess:
    """A running helper. One thread at a time asks; `cancel` and `kill` may be called from any thread.

    After a failure of the process itself it is killed and `usable` is false: it has to be replaced.
    Raises: the program's `failure`, from every method but `kill`, where the process has died, does not answer in time,
    or sends what is no message.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._sending, self._receiving, self._ending = threading.Lock(), threading.Lock(), threading.Lock()
        self._answering = False  # a streamed answer has not been read to its end
        self._cancelled = False
        self._process: subprocess.Popen[bytes]
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                # The socket is the helper's standard input, so that no other descriptor has to be passed on.
                self._process = subprocess.Popen(
                    program.command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C in a terminal is for the server, which then drains
                )
            except OSError as exc:
                ours.close()
                raise program.failure(f"{program.name}'s process cannot be started: {exc}.") from exc
        # On the socket rather than by `poll`, so that a helper which stops in the middle of a message counts as well.
        limit = struct.pack("@ll", int(program.answer_s), round(program.answer_s % 1 * 1_000_000))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            ours.setsockopt(socket.SOL_SOCKET, option, limit)
        self._socket = ours
        self._connection = Connection(os.dup(ours.fileno()))
        if not self._connection.poll(program.start_s):
            raise self._failed(_Broken(f"did not start within {program.start_s:g} s."))
        self.ready = self.expect(READY)
        """What the helper said of itself when it was ready."""

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it can take a request: it runs, and nothing of an earlier answer is left to be read."""
        with self._receiving:
            # A helper that has died makes its socket readable, as does one that sends without having been asked.
            return not self._connection.closed and not self._answering and not self._connection.poll()

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        """Send a message; blocks while the helper is behind."""
        try:
            with self._sending:
                self._write(kind, payload)
        except _Broken as exc:
            raise self._failed(exc) from exc.__cause__

    def receive(self) -> tuple[bytes, bytes]:
        """The next message: its kind and its payload."""
        try:
            with self._receiving:
                message = self._read()
        except _Broken as exc:
            raise self._failed(exc) from exc.__cause__
        return message[:1], message[1:]

    def expect(self, kind: bytes) -> bytes:
        """The payload of the next message, which has to be of this kind."""
        got, payload = self.receive()
        if got != kind:
            raise self._failed(_Broken(f"sent {got!r} where {kind!r} was expected."))
        return payload

    def ask(self, kind: bytes, answer: bytes, payload: bytes = b"") -> bytes:
        """Send a request and wait for its one answer, of the kind `answer`."""
        self.send(kind, payload)
        return self.expect(answer)

    def stream(self, kind: bytes, answer: bytes, payload: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Send a request and yield the messages of its answer: those of the kind `answer`, then one of kind `END`.

        Has to be read to its end, also after a `cancel`: what is left unread makes the process unusable.
        """
        try:
            with self._sending:
                self._write(kind, payload)
                self._answering, self._cancelled = True, False
        except _Broken as exc:
            raise self._failed(exc) from exc.__cause__
        while True:
            got, payload = self.receive()
            if got == END:
                with self._sending:
                    self._answering = False
                yield got, payload
                return
            if got != answer:
                raise self._failed(_Broken(f"sent {got!r} where {answer!r} was expected."))
            yield got, payload

    def cancel(self) -> None:
        """Ask the helper to end the streamed answer that is under way. No effect between answers."""
        with self._sending:
            if self._answering and not self._cancelled:
                self._cancelled = True
                with suppress(_Broken):  # the thread that reads the answer finds the failure too
                    self._write(CANCEL)

    def kill(self) -> None:
        """End the process and all that it started, wait for it, and close the socket. Idempotent."""
        with self._ending:
            if self._process.returncode is None:  # else its number may belong to another process by now
                with suppress(ProcessLookupError, PermissionError):  # the latter is macOS's word for a dead group
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        # The other end is gone, so threads that are in these locks come out at once. Closing earlier could make them
        # read from another file that has been given the same descriptor.
        with self._receiving, self._sending:
            self._connection.close()
            self._socket.close()

    def _write(self, kind: bytes, payload: bytes = b"") -> None:
        if self._connection.closed:
            raise _Broken("has ended.")
        left = memoryview(struct.pack("!i", len(kind) + len(payload)) + kind + payload)
        try:
            while left:
                self._wait(select.POLLOUT, "did not take a request")
                with suppress(BlockingIOError):
                    left = left[self._socket.send(left, socket.MSG_DONTWAIT) :]
        except OSError as exc:
            raise _Broken("has died.") from exc

    def _wait(self, event: int, failure: str) -> None:
        """Wait until the socket can be read or written.

        Raises: _Broken if the helper hangs, or takes too long
        """
        waiting = select.poll()
        waiting.register(self._socket, event)
        progress, idle = Progress(self._process.pid), 0
        deadline_s = time.monotonic() + self._program.answer_s
        while not waiting.poll(1000 * max(0.0, min(HUNG_CHECK_S, deadline_s - time.monotonic()))):
            idle = 0 if progress.made() else idle + 1
            if idle >= HUNG_CHECKS or time.monotonic() >= deadline_s:
                why = "and hangs" if idle >= HUNG_CHECKS else f"within {self._program.answer_s:g} s"
                raise _Broken(f"{failure} {why}.")

    def _read(self) -> bytes:
        if self._connection.closed:
            raise _Broken("has ended.")
        self._wait(select.POLLIN, "did not answer")
        try:
            return self._connection.recv_bytes(MAX_MESSAGE_BYTES)
        except BlockingIOError as exc:
            raise _Broken(f"did not answer within {self._program.answer_s:g} s.") from exc
        except (EOFError, ConnectionError) as exc:
            raise _Broken("has died.") from exc
        except OSError as exc:
            raise _Broken(f"has died or sent a broken message ({exc}).") from exc

    def _failed(self, failure: _Broken) -> EngineError:
        self.kill()
        return self._program.failure(f"{self._program.name}'s process {failure}")


class _Broken(Exception):
    """The process has failed. Its text is the end of a sentence about the process."""
