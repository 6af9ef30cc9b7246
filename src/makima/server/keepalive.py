"""uvicorn's WebSocket protocol, with a keepalive that counts only silence, and one line for text that is none.

uvicorn closes a socket whose client does not answer a ping in time. But the answer comes after everything that the
client has sent before it. A recording that is pushed into `/api/v1/listen` is read as fast as it is recognised, so that
megabytes of it can wait in the buffers of both systems: the client is alive, and its answer takes minutes.

A text frame that is not UTF-8 closes its socket, as the standard says. uvicorn also writes a traceback into the log, so
that any client could fill it.
"""

from __future__ import annotations

import logging

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

log = logging.getLogger(__name__)

PING_INTERVAL_S = 20.0
"""Less than the minute after which proxies close a connection on which nothing is sent."""


class PatientProtocol(WebSocketsSansIOProtocol):
    """One connection. It is closed once it was read for the ping's time limit and nothing at all has come."""

    _received_s = 0.0

    def data_received(self, data: bytes) -> None:
        self._received_s = self.loop.time()
        super().data_received(data)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent:
            data = b"".join(self.frames)
            try:
                _ = data.isascii() or data.decode()
            except UnicodeDecodeError:
                log.info("a text frame is not UTF-8: its socket is closed")
                self.frames = []
                self.conn.send_close(1007, "A text frame is not UTF-8.")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        limit_s = self.ping_timeout
        if limit_s is not None and (self.read_paused or self.loop.time() - self._received_s < limit_s):
            self.pong_timer = self.loop.call_later(limit_s, self.keepalive_timeout)
            return
        super().keepalive_timeout()
