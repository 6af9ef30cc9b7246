"""Runs the application with uvicorn, and lets sessions finish before it ends."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import NoReturn

import uvicorn

from makima import installation
from makima.config import Settings
from makima.errors import ConfigError
from makima.server.access.addresses import EVERY_HOST, address, elsewhere
from makima.server.access.keys import KeyStore
from makima.server.allocator import limit_heaps
from makima.server.app import create_app
from makima.server.connections.http import HttpProtocol, reset
from makima.server.connections.listener import Listener, raise_descriptor_limit
from makima.server.connections.websocket import PING_INTERVAL_S, patient_protocol
from makima.server.services import Services

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""Larger frames close the socket; those over `wire.MAX_MESSAGE_BYTES` are refused with an error message."""


SWITCH_S = 0.001
"""For how long a thread may keep the interpreter while others wait: Python's 5 ms are added to every step of the event
loop while texts are read or speech is marked."""
LAST_S = 1
"""Once all speech has ended, for the last of it to be sent."""


KEEP_ALIVE_S = 65
"""For how long a connection without a request stays open. Clients keep theirs for 5 s (httpx, as in OpenAI's SDK), 15 s
(aiohttp) or 60 s (proxies): where the server closes first, it may do so just as a request is sent, which then fails."""


LEAVE_S = 2.0
"""How long threads may go on once the server has ended."""


class DrainingServer(uvicorn.Server):
    """Lets sessions finish their utterances before sockets are closed. A second signal ends the process at once."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services
        self.ends_process = False
        self.again = False
        self.leave: Callable[[], object] = lambda: None

    def restart(self) -> None:
        """End as on a signal, and then start again."""
        self.again = self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self._end_at_once(128 + sig)
        super().handle_exit(sig, frame)

    def _end_at_once(self, status: int) -> None:
        """End the process, whatever still waits for a thread or a helper process, which end with it."""
        for connection in list(self.server_state.connections):
            reset(connection.transport)  # a body without chunks would else seem to be whole
        os._exit(status)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._services.drain()
        await super().shutdown(sockets)
        if self.ends_process:
            # All is written and closed. Threads that still work, as on a long recording, would hold the process.
            end = threading.Timer(LEAVE_S, self.leave if self.again else partial(os._exit, 0))
            end.daemon = True
            end.start()


def check_reach(settings: Settings) -> None:
    """Raises: ConfigError if other machines could use the server without a token, and that is not asked for."""
    locked = settings.locked or KeyStore(settings.data_dir).in_use
    if not settings.on_loopback and not locked and not settings.insecure:
        raise ConfigError(
            "MAKIMA_HOST",
            f"Everybody who can reach {settings.host} could use this server.",
            mend=f"Make a key ({installation.command('keys add NAME')}), set MAKIMA_AUTH_SECRET or"
            " MAKIMA_AUTH_JWKS_URL, or pass --insecure.",
        )


def bind(settings: Settings) -> socket.socket:
    """A socket listening on the address of the settings.

    Raises: ConfigError if the address is already in use, or other machines could use the server without a token.
    """
    check_reach(settings)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = Listener(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except OSError:
            listening.close()
            raise
    except OSError as exc:
        what = "is already in use" if exc.errno == errno.EADDRINUSE else f"cannot be opened: {exc.strerror or exc}"
        raise ConfigError(
            "port",
            f"{settings.host}:{settings.port} {what}.",
            mend="Pass another --port, or 0 for any.",
        ) from exc
    return listening


def url(settings: Settings, listening: socket.socket) -> str:
    """The address to open in a browser on this machine."""
    return address(settings.host if settings.host not in EVERY_HOST else "localhost", listening.getsockname()[1])


def urls_elsewhere(settings: Settings, listening: socket.socket) -> list[str]:
    """The addresses by which other machines reach this one, IPv4 first. Empty where it listens on one address alone."""
    return elsewhere(settings.host, listening.getsockname()[1])


def make_server(services: Services) -> DrainingServer:
    """The server, not yet running."""
    settings = services.settings
    config = uvicorn.Config(
        create_app(services),
        log_config=None,
        access_log=False,
        http=HttpProtocol,
        ws=patient_protocol(),
        ws_max_size=MAX_FRAME_BYTES,
        # Deflate costs milliseconds and memory for each message, and does not shrink audio.
        ws_per_message_deflate=False,
        ws_ping_interval=PING_INTERVAL_S,
        # A client that does not read cannot answer a ping either, so both have the same time limit.
        ws_ping_timeout=settings.client_timeout_s,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=LAST_S,
    )
    return DrainingServer(config, services)


def serve(services: Services, listening: socket.socket, start_again: Callable[[int], NoReturn] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then drain. `start_again` starts the server anew, where a page asks for it."""
    limit_heaps()
    raise_descriptor_limit()
    sys.setswitchinterval(SWITCH_S)
    services.measures_capacity = True
    server = make_server(services)
    server.ends_process = True
    if start_again is not None:
        server.leave = partial(start_again, listening.getsockname()[1])
        services.restart = server.restart
    # uvicorn raises the signal again once it has ended; the process must survive that to exit with status 0.
    previous = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, previous)
    if server.again:
        server.leave()
