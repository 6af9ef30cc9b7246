"""A real chat endpoint on a real port, which answers, or misbehaves, as a test scripts it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

OK = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Answering:
    """The answering side of one request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def raw(self, text: str | bytes) -> None:
        self._writer.write(text if isinstance(text, bytes) else text.encode())
        await self._writer.drain()

    async def begin(self) -> None:
        await self.raw(OK)

    async def chunk(self, data: str | bytes) -> None:
        data = data if isinstance(data, bytes) else data.encode()
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def event(self, fields: object) -> None:
        await self.chunk(f"data: {json.dumps(fields)}\n\n")

    async def token(self, text: str, **choice: object) -> None:
        await self.event({"choices": [{"index": 0, "delta": {"content": text}, **choice}]})

    async def done(self) -> None:
        await self.chunk("data: [DONE]\n\n")
        await self.raw("0\r\n\r\n")

    async def say(self, *tokens: str) -> None:
        """A whole answer as it should be."""
        await self.begin()
        for text in tokens:
            await self.token(text)
        await self.done()

    async def refuse(self, status: str, body: object = None, **headers: str) -> None:
        data = json.dumps(body) if body is not None else ""
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        await self.raw(f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n{lines}\r\n{data}")

    async def left(self) -> None:
        """Wait until the asker has gone."""
        while await self._reader.read(1024):
            pass


Script: TypeAlias = Callable[[Answering, Asked], Awaitable[None]]


class ChatServer:
    """Serves while it is entered. `script` answers each request; the connection is closed after it, if `closes`."""

    def __init__(self, script: Script, *, closes: bool = False) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.connections = 0
        self._closes = closes
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while asked := await _read_request(reader):
                self.asked.append(asked)
                await self.script(Answering(reader, writer), asked)
                if self._closes:
                    break
        except ConnectionError:
            pass
        finally:
            writer.close()


@contextmanager
def chat_endpoint(script: Script) -> Iterator[str]:
    """The base URL of a `ChatServer` in a thread of its own, for tests that are not asynchronous."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = ChatServer(script, closes=True)

    async def stop() -> None:
        await server.__aexit__()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
    try:
        yield server.base_url
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _read_request(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(first.split()[1], headers, json.loads(body))
