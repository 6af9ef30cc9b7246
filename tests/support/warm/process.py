"""The process that `tests.support.warm` starts: it has imported what programs need, and forks itself for each of them.

Run as `python process.py SOCKET MODULE...`. A client sends the program's arguments, folder and environment with
its own three standard streams; the fork takes them and becomes that program. The client is told how it ended.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

_STREAMS = 3


class Forks:
    """Who waits for which fork."""

    def __init__(self) -> None:
        self._clients: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._sockets: tuple[socket.socket, ...] = ()

    def serve(self, listening: socket.socket) -> dict[str, object]:
        """Fork for each client; returns in the fork, with what its client asked for."""
        woken, wakes = socket.socketpair()
        wakes.setblocking(False)
        woken.setblocking(False)
        self._sockets = (listening, woken, wakes)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _nothing)
        self._selector.register(listening, selectors.EVENT_READ)
        self._selector.register(woken, selectors.EVENT_READ)
        self._selector.register(0, selectors.EVENT_READ)  # closes with the process that started this one
        while True:
            for key, _ in self._selector.select():
                if key.fileobj == 0:
                    os._exit(0)
                elif key.fileobj is woken:
                    woken.recv(4096)
                    self._reap()
                elif key.fileobj is listening:
                    client, _ = listening.accept()
                    if (asked := self._fork(client)) is not None:
                        return asked
                else:
                    self._left(key.fd)

    def _fork(self, client: socket.socket) -> dict[str, object] | None:
        message, streams, *_ = socket.recv_fds(client, 1 << 20, _STREAMS)
        while not message.endswith(b"\n"):
            message += client.recv(1 << 20)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            for kept in (client, *self._clients.values(), *self._sockets):
                kept.close()
            self._selector.close()
            return dict(json.loads(message))
        for stream in streams:
            os.close(stream)
        self._clients[pid] = client
        self._selector.register(client, selectors.EVENT_READ)
        client.sendall(b"%d\n" % pid)
        return None

    def _left(self, descriptor: int) -> None:
        """A client was killed: so is what it stands for."""
        for pid, client in self._clients.items():
            if client.fileno() == descriptor:
                self._selector.unregister(client)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                return

    def _reap(self) -> None:
        while self._clients:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            client = self._clients.pop(pid)
            with suppress(KeyError):
                self._selector.unregister(client)
            with suppress(OSError):
                client.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
            client.close()


def _nothing(_: int, __: FrameType | None) -> None:
    """That there is a handler is enough: `set_wakeup_fd` tells the loop."""


def become(asked: dict[str, object]) -> None:
    """Be the program that was asked for, as Python's own command line would start it."""
    arguments = [str(argument) for argument in asked["arguments"]]  # type: ignore[attr-defined]
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    os.chdir(str(asked["folder"]))
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
        stream.reconfigure(line_buffering=number == 2 or stream.isatty())
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    kind, *rest = arguments
    sys.path.insert(0, "" if kind in ("-m", "-c") else os.path.dirname(os.path.abspath(kind)))
    if kind == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = arguments
        runpy.run_path(kind, run_name="__main__")


def end(program: Callable[[dict[str, object]], None], asked: dict[str, object]) -> NoReturn:
    """Run it and end as Python does, but for the libraries' own ends: those wait for threads that no fork has."""
    status: object = 0
    try:
        program(asked)
    except SystemExit as exc:
        status = exc.code
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        status = 1
    if not isinstance(status, int | None):
        sys.stderr.write(f"{status}\n")
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as the end of Python does
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status or 0)


def main() -> None:
    path, *modules = sys.argv[1:]
    for named in modules:
        module, _, function = named.partition(":")
        with suppress(ImportError):
            imported = importlib.import_module(module)
            if function:
                getattr(imported, function)()
    gc.freeze()  # collections in the forks would touch, and so copy, every page
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(64)
    end(become, Forks().serve(listening))


if __name__ == "__main__":
    main()
