"""A WebSocket without a network: what a server's socket class reads and writes, kept in memory."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.datastructures import Headers
from starlette.websockets import WebSocketState


class OfflineSocket:
    """What our socket classes use of Starlette's `WebSocket`. `messages` and `audio_bytes` are what was sent."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {"subprotocols": []}
        self.headers = Headers()
        self.client = None
        self.application_state = WebSocketState.CONNECTED
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.audio_bytes = 0
        self._frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def client_sends(self, kind: str, **fields: object) -> None:
        self._frames.put_nowait({"type": "websocket.receive", "text": json.dumps({"type": kind, **fields})})

    def client_leaves(self) -> None:
        self._frames.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def accept(self, subprotocol: str | None = None) -> None:
        pass

    async def receive(self) -> dict[str, Any]:
        return await self._frames.get()

    async def send_text(self, data: str) -> None:
        self.messages.put_nowait(json.loads(data))

    async def send_bytes(self, data: bytes) -> None:
        self.audio_bytes += len(data)

    async def close(self, code: int = 1000) -> None:
        self.application_state = WebSocketState.DISCONNECTED
