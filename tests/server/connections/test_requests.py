"""Requests that a shutdown does not wait for."""

from __future__ import annotations

import asyncio

import pytest
from fastapi.responses import Response
from starlette.types import Message, Receive, Scope, Send

from makima.server.connections.requests import Requests

HTTP: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def receive() -> Message:
    await asyncio.Event().wait()
    raise AssertionError("nothing comes")


class Sent:
    """What was answered."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])


async def begun(requests: Requests, sent: Sent, *, answers: bool) -> asyncio.Task[None]:
    """A request that waits for ever, before or after its answer has begun."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if answers:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.Event().wait()

    task = asyncio.create_task(_run(requests, app, sent))
    await asyncio.sleep(0)
    return task


async def _run(requests: Requests, app: object, sent: Sent) -> None:
    await requests.watched(app)(HTTP, receive, sent)  # type: ignore[arg-type]


async def test_one_without_an_answer_gets_the_farewell() -> None:
    requests, sent = Requests(), Sent()
    task = await begun(requests, sent, answers=False)
    requests.cut(Response("bye", 503))
    await task
    assert sent.status == 503
    assert not task.cancelled()


async def test_one_that_is_being_answered_goes_on() -> None:
    requests, sent = Requests(), Sent()
    task = await begun(requests, sent, answers=True)
    requests.cut(Response("bye", 503))
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [message.get("status") for message in sent.messages] == [200]


async def test_one_that_is_cancelled_by_others_ends_as_cancelled() -> None:
    requests, sent = Requests(), Sent()
    task = await begun(requests, sent, answers=False)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not sent.messages
