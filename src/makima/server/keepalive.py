"""uvicorn's WebSocket protocol, with a keepalive that counts only silence.

uvicorn closes a socket whose client does not answer a ping in time. But the answer comes after everything that the
client has sent before it. A recording that is pushed into `/api/v1/listen` is read as fast as it is recognised, so that
megabytes of it can wait in the buffers of both systems: the client is alive, and its answer takes minutes.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PING_INTERVAL_S = 20.0
"""Less than the minute after which proxies close a connection on which nothing is sent."""


class PatientProtocol(WebSocketsSansIOProtocol):
    """One connection. It is closed once it was read for the ping's time limit and nothing at all has come."""

    _received_s = 0.0

    def data_received(self, data: bytes) -> None:
        self._received_s = self.loop.time()
        super().data_received(data)

    def keepalive_timeout(self) -> None:
        limit_s = self.ping_timeout
        if limit_s is not None and (self.read_paused or self.loop.time() - self._received_s < limit_s):
            self.pong_timer = self.loop.call_later(limit_s, self.keepalive_timeout)
            return
        super().keepalive_timeout()
