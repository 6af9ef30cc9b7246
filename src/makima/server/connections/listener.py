"""A listening socket that refuses connections in words before there are no descriptors left.

Without descriptors a server can neither start a helper process nor open a file, and asyncio tries to accept each
waiting connection again and again, with a traceback for each time.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import sys
import time
from typing import Any

log = logging.getLogger(__name__)

RESERVED = 24
"""Descriptors that are left to helper processes, files and answers of what is connected already."""
MOST = 65_536
RETRY_S = 5
QUIET_S = 60.0
"""Between two lines in the log."""
EXHAUSTED_S = 0.01
"""Between two looks at a connection that cannot even be refused."""

_REFUSAL = (
    f"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: {RETRY_S}\r\n"
    "content-length: 37\r\nconnection: close\r\n\r\nThe server has too many connections.\n"
).encode()


class Listener(socket.socket):
    """As any listening socket, but `accept` only returns connections that there are descriptors for."""

    _told_s = -QUIET_S
    _spare: int | None = None

    def accept(self) -> tuple[socket.socket, Any]:
        if self._spare is None:
            with contextlib.suppress(OSError):
                self._spare = os.open(os.devnull, os.O_RDONLY)
        limit = descriptor_limit() - RESERVED
        while True:
            try:
                connection, address = super().accept()
            except OSError as exc:
                if exc.errno not in (errno.EMFILE, errno.ENFILE):
                    raise
                self._refuse_by_the_spare()
                continue
            # A new descriptor has the lowest number that is free, so this one says how many there are at least.
            if connection.fileno() < limit:
                return connection, address
            self._refuse(connection)

    def close(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
        super().close()

    def _refuse_by_the_spare(self) -> None:
        """Give up a descriptor for as long as it takes to refuse a connection."""
        if self._spare is None:
            time.sleep(EXHAUSTED_S)
            raise BlockingIOError(errno.EAGAIN, "no descriptor is left")
        os.close(self._spare)
        self._spare = None
        try:
            self._refuse(super().accept()[0])
        finally:
            with contextlib.suppress(OSError):
                self._spare = os.open(os.devnull, os.O_RDONLY)

    def _refuse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.setblocking(False)
            connection.send(_REFUSAL)
            connection.recv(65_536)  # what is left unread would turn the answer into a reset
        if time.monotonic() - self._told_s >= QUIET_S:
            self._told_s = time.monotonic()
            log.warning("connections are refused: %d descriptors are in use (ulimit -n)", descriptor_limit() - RESERVED)


def descriptor_limit() -> int:
    """How many descriptors this process may have."""
    if sys.platform == "win32":
        return MOST
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else soft


def raise_descriptor_limit() -> None:
    """Allow as many descriptors as the system does without asking."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
