"""`makima.server.client_socket`, by both sockets that are built on it. In simulated time."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias, cast

import pytest
from starlette.websockets import WebSocket

from makima.engines.fake import FakeEngine
from makima.server.app import create_services
from makima.server.client_socket import ClientSocket
from makima.server.listen.socket import ListenSocket
from makima.server.recognition import Recognition
from makima.server.speak.socket import SpeakSocket
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener
from tests.support.server.offline_socket import OfflineSocket
from tests.support.server.servers import make_settings
from tests.support.simulated import run_simulated

SECRET = "a secret that is long enough for HS256"
TIMEOUT_S = 20.0

SocketClass: TypeAlias = type[ClientSocket[Any]]


class UnreadSocket(OfflineSocket):
    """Nothing but `ready` can be sent: the client reads no more, or `broken`, the connection has ended."""

    def __init__(self, *, broken: bool) -> None:
        super().__init__()
        self.broken = broken
        self.codes: list[int] = []

    async def send_text(self, data: str) -> None:
        if '"ready"' in data:
            await super().send_text(data)
        elif self.broken:
            raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")
        else:
            await asyncio.Event().wait()

    async def close(self, code: int = 1000) -> None:
        self.codes.append(code)
        await super().close(code)


@pytest.mark.parametrize("kind", [SpeakSocket, ListenSocket])
@pytest.mark.parametrize("broken", [False, True])
def test_it_is_closed_though_the_error_cannot_be_sent(kind: SocketClass, broken: bool) -> None:
    async def scenario() -> None:
        settings = make_settings(auth_secret=SECRET, client_timeout_s=TIMEOUT_S)
        services = create_services(settings, FakeEngine(), recognition=Recognition(Listener(FakeRecognizer())))
        socket = UnreadSocket(broken=broken)
        socket.client_sends("stop")  # which needs a token
        began_s = asyncio.get_running_loop().time()
        await kind(cast(WebSocket, socket), services).run()
        assert socket.codes == [4401]
        assert asyncio.get_running_loop().time() - began_s == (0 if broken else TIMEOUT_S)
        assert not services.sockets
        assert 'makima_errors_total{code="UNAUTHORIZED",door="other"} 1.0' in services.metrics.render().decode()
        assert 'makima_sessions{door="other"} 1.0' not in services.metrics.render().decode()

    run_simulated(scenario())


@pytest.mark.parametrize("kind", [SpeakSocket, ListenSocket])
def test_a_token_is_waited_for_so_long(kind: SocketClass) -> None:
    async def scenario() -> None:
        services = create_services(
            make_settings(auth_secret=SECRET), FakeEngine(), recognition=Recognition(Listener(FakeRecognizer()))
        )
        socket = OfflineSocket()
        began_s = asyncio.get_running_loop().time()
        await kind(cast(WebSocket, socket), services).run()
        assert asyncio.get_running_loop().time() - began_s == 10
        assert [socket.messages.get_nowait()["type"] for _ in range(2)] == ["ready", "error"]

    run_simulated(scenario())
