"""Decodes recordings of clients in helper processes (`worker.py`), as seen from the server."""

from __future__ import annotations

import json
import logging
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final, TypedDict

import numpy as np

from makima.decoding.limits import DEFAULT, Limits
from makima.errors import AssetError, EngineError, InvalidAudio
from makima.events import Samples
from makima.native_process import END, NativeProcess, ProcessPool, Program

log = logging.getLogger(__name__)

AT_ONCE: Final = 3
"""Recordings that are decoded at the same time; others wait."""

ANSWER_S: Final = 180.0
"""For the decoded recording: three times the time on a processor, as helpers run when nothing else wants to."""

AGAIN_S: Final = 10.0
"""A recording whose process fails sooner gets another one, as it may not be what the process has died of."""

PIECE_BYTES: Final = 64 * 1024

_WORKER = Path(__file__).with_name("worker.py")


class DecoderFailed(EngineError):
    """A helper process of the decoder has failed."""


class _Lost(Exception):
    """The process has failed while it decoded a recording."""


class _Said(TypedDict, total=False):
    """What a helper says at the end of an answer; empty where all went well."""

    kind: str
    message: str
    mend: str | None
    asset: str


class Decoder:
    """Callable from any thread. Starts no process before the first recording."""

    def __init__(self, limits: Limits = DEFAULT, answer_s: float = ANSWER_S) -> None:
        # -P: files in the program's own folder are not imported in place of installed packages.
        command = (sys.executable, "-P", str(_WORKER), str(limits.memory_bytes), str(limits.cpu_s))
        program = Program("The audio decoder", command, DecoderFailed, answer_s)
        self._pool = ProcessPool(lambda: NativeProcess(program), AT_ONCE, _closed)
        # Threads of its own: uploads that take long must not hold up what else the server does in threads.
        self._threads = ThreadPoolExecutor(AT_ONCE, "decoding")

    def submit(self, source: BinaryIO, rate_hz: int, max_s: float) -> Future[Samples]:
        """As `decode`, in a thread; one that waits for its turn can be cancelled."""
        return self._threads.submit(self.decode, source, rate_hz, max_s)

    def decode(self, source: BinaryIO, rate_hz: int, max_s: float) -> Samples:
        """The audio in `source` as mono samples [S] at `rate_hz`, cut at `max_s`. Blocks.

        Raises: InvalidAudio where it cannot be decoded, or not within the limits; AssetError where the decoder is not
        installed; DecoderFailed where no process can be started
        """
        wish = json.dumps({"rate_hz": rate_hz, "max_s": max_s}).encode()
        begun_s, start = time.monotonic(), source.tell()
        try:
            return self._attempt(source, wish)
        except _Lost as exc:
            if time.monotonic() - begun_s > AGAIN_S:
                raise _refusal() from exc
            log.warning("It is decoded once more.")
        source.seek(start)
        try:
            return self._attempt(source, wish)
        except _Lost as exc:
            raise _refusal() from exc

    def _attempt(self, source: BinaryIO, wish: bytes) -> Samples:
        """Raises: _Lost where the process has failed"""
        process = self._ready(wish)
        try:
            return _decoded(process, source)
        except DecoderFailed as exc:
            log.warning("%s It was decoding an upload.", exc)
            raise _Lost from exc
        finally:
            self._pool.release(process)

    def _ready(self, wish: bytes) -> NativeProcess:
        """A process that has answered to the wish. One that has hung since it was last used is replaced."""
        attempts = AT_ONCE + 1
        while True:
            process = self._pool.take()
            try:
                process.ask(b"B", b"B", wish)
            except DecoderFailed as exc:
                self._pool.release(process)
                attempts -= 1
                if not attempts:
                    raise
                log.warning("%s Another one takes its place.", exc)
            else:
                return process

    def pids(self) -> list[int]:
        """The processes there are."""
        return self._pool.pids()

    def close(self) -> None:
        """End all processes. Idempotent."""
        self._pool.close()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _refusal() -> InvalidAudio:
    # By its own limits, by a fault of a library, or because it takes too long: each time the recording's doing.
    return InvalidAudio(
        "The upload cannot be decoded: it crashes the decoder, or takes more memory or time than a recording does.",
        mend="Save it as WAV.",
    )


def _closed() -> EngineError:
    return DecoderFailed("The server is shutting down.")


def _decoded(process: NativeProcess, source: BinaryIO) -> Samples:
    while piece := source.read(PIECE_BYTES):
        process.send(b"D", piece)
    pieces = []
    for kind, payload in process.stream(b"G", b"S"):
        if kind == END:
            _check(json.loads(payload))
        else:
            pieces.append(np.frombuffer(payload, np.float32))
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _check(said: _Said) -> None:
    """Raises: what decoding raised in the helper"""
    if "asset" in said:
        raise AssetError(said["asset"], said["message"], mend=said["mend"])
    if said:
        raise InvalidAudio(said["message"], mend=said["mend"])
