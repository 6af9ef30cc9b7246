"""uvicorn's WebSocket protocol, bounded: what clients send, what they leave unread, and when silence counts.

uvicorn closes a socket whose client does not answer a ping in time. But the answer comes after everything that the
client has sent before it. A recording that is pushed into `/api/v1/listen` is read as fast as it is recognised, so that
megabytes of it can wait in the buffers of both systems: the client is alive, and its answer takes minutes.

A client that sends more than its share is not refused: the rest waits unread, until TCP holds it back.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from makima.server.connections.budget import Allowance, Bucket, Share

PING_INTERVAL_S = 20.0
"""Less than the minute after which proxies close a connection on which nothing is sent."""

# In frames: reading one costs 10 to 20 us, and what a message of text leads to ten times as much.
OWN_FRAMES, COMMON_FRAMES = Allowance(per_s=20, burst=300), Allowance(per_s=500, burst=2_000)
BINARY_FRAMES = 0.1
"""What a binary frame counts as: clients send fifty a second of audio, which cost little."""
# In bytes: a second of the largest audio there is, 48 kHz in floats, has 192,000.
OWN_BYTES, COMMON_BYTES = Allowance(per_s=400_000, burst=4_000_000), Allowance(per_s=20e6, burst=20e6)

SLICE_BYTES = 1_024, 64 * 1024
"""How much is read in one go. Less where frames are small: 65 KB of empty ones would hold up all others for 0.2 s."""
SLICE_FRAMES = 32
"""With more frames than this in a slice, the next one is a smaller one."""

MAX_FRAGMENTS = 4_096
"""Frames of one message."""
MAX_UNREAD_BYTES = 64 * 1024
"""With this much sent and not read, no pings are answered any more: only the latest needs to be (RFC 6455, 5.5.3)."""


class Common:
    """The allowances that all sockets of a server share."""

    def __init__(self) -> None:
        self.frames = Bucket(COMMON_FRAMES, time.monotonic())
        self.bytes = Bucket(COMMON_BYTES, time.monotonic())


class PatientProtocol(WebSocketsSansIOProtocol):
    """One connection. It is closed once it was read for the ping's time limit and nothing at all has come."""

    common: Common

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._received_s = 0.0
        self._frames = Share(OWN_FRAMES, self.common.frames, time.monotonic)
        self._bytes = Share(OWN_BYTES, self.common.bytes, time.monotonic)
        self._came = bytearray()  # and was not read yet
        self._slice_bytes = SLICE_BYTES[0]
        self._slice_frames = 0
        self._reading: asyncio.Handle | None = None

    def data_received(self, data: bytes) -> None:
        self._received_s = self.loop.time()
        self._came += data
        self._go_on()

    async def receive(self) -> ASGIReceiveEvent:
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._go_on()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        self._go_on()  # a close, which the client answers, makes an end of waiting for the application

    def connection_lost(self, exc: Exception | None) -> None:
        self._came.clear()
        super().connection_lost(exc)

    def _go_on(self) -> None:
        """Read what has come, soon; and what may still come only once nothing of that is left."""
        if self._reading is None and self._came and not self.read_paused:
            self._read()
        if self.transport.is_closing():
            return
        if self._came or self.read_paused:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _read(self) -> None:
        """Read a slice of what has come, if there is an allowance for it."""
        self._reading = None
        wait_s = max(self._frames.wait_s(), self._bytes.wait_s())
        if not wait_s:
            data = bytes(self._came[: self._slice_bytes])
            del self._came[: self._slice_bytes]
            self._slice_frames = 0
            self._bytes.spend(len(data))
            super().data_received(data)
            crowded = self._slice_frames > SLICE_FRAMES
            self._slice_bytes = SLICE_BYTES[0] if crowded else min(SLICE_BYTES[1], 4 * self._slice_bytes)
        if self._came and not self.read_paused:
            self._reading = (
                self.loop.call_later(wait_s, self._read_on) if wait_s else self.loop.call_soon(self._read_on)
            )

    def _read_on(self) -> None:
        self._reading = None
        self._go_on()

    def handle_text(self, event: Frame) -> None:
        self._count(1.0)
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        self._count(BINARY_FRAMES)
        super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        self._count(1.0)
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self.conn.fail(CloseCode.POLICY_VIOLATION, f"more than {MAX_FRAGMENTS:,} frames in a message")
            self.handle_parser_exception()

    def handle_ping(self) -> None:
        self._count(1.0)
        if self.transport.get_write_buffer_size() < MAX_UNREAD_BYTES:
            super().handle_ping()
        else:
            self.conn.data_to_send()  # what was to be sent is dropped

    def handle_pong(self, event: Frame) -> None:
        self._count(1.0)
        super().handle_pong(event)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent:
            data = b"".join(self.frames)
            try:
                _ = data.isascii() or data.decode()
            except UnicodeDecodeError:  # which uvicorn writes into the log with a traceback
                self.frames = []
                self.conn.fail(CloseCode.INVALID_DATA, "the text is not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        limit_s = self.ping_timeout
        waits = self.read_paused or bool(self._came)
        if limit_s is not None and (waits or self.loop.time() - self._received_s < limit_s):
            self.pong_timer = self.loop.call_later(limit_s, self.keepalive_timeout)
            return
        super().keepalive_timeout()

    def _count(self, frames: float) -> None:
        self._slice_frames += 1
        self._frames.spend(frames)


def patient_protocol() -> type[PatientProtocol]:
    """The protocol for one server, whose sockets share the common allowances."""
    return type("PatientProtocol", (PatientProtocol,), {"common": Common()})
