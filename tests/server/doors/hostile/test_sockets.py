"""What strangers may send to the sockets: each is answered in that protocol's words, and costs its sender alone."""

from __future__ import annotations

import contextlib
import itertools
import logging

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from makima.server.doors.common.context_socket import MAX_CONTEXTS
from tests.server.doors.hostile.sockets import DOORS, Door
from tests.server.doors.hostile.wrong import mutations, text_of
from tests.server.doors.json_socket import JsonSocket, opened
from tests.support.server.servers import ThreadServer
from tests.support.server.streams import eventually
from tests.support.tones import tones_pcm16

each_door = pytest.mark.parametrize("door", DOORS, ids=str)

WRONG_ADDRESSES = (
    "/v1/speak?encoding=nothing",
    "/v1/speak?sample_rate=1e999",
    "/v1/speak?sample_rate=7",
    "/v1/speak?speed=nan",
    "/v1/speak?model=nobody%20there",
    "/v1/text-to-speech/nobody%20there/stream-input",
    "/v1/text-to-speech/nobody%20there/multi-stream-input",
    "/v1/text-to-speech/makima/stream-input?output_format=nothing",
    "/v1/text-to-speech/makima/multi-stream-input?output_format=pcm_7",
)
NO_MESSAGES: tuple[str, ...] = (
    "",
    "Hi.",
    "[]",
    "5",
    '"Hi."',
    "null",
    '{"type": "Spe',
    "{}{}",
    '{"text": NaN}',
    '{"speed": 1e999}',
)
"""Text that is no JSON object."""

TOO_MUCH = ('{"text": ' + "[" * 5_000 + "]" * 5_000 + "}", '{"text": "' + "x" * (9 * 1024 * 1024) + '"}')
"""Nested too deep, and larger than any door takes."""


@each_door
def test_wrong_fields(door_server: ThreadServer, door: Door, failures: list[logging.LogRecord]) -> None:
    """Whatever stands in a message, the session goes on and the server has not failed."""
    for message in door.messages:
        with contextlib.ExitStack() as stack:
            socket = stack.enter_context(opened(door_server, door.path))
            wrong = map(text_of, mutations(message))
            # Whether it goes on is asked after each few: to ask takes longer than all else.
            at_once = 1 if message.get("type") in door.alone else door.at_once
            while texts := list(itertools.islice(wrong, at_once)):
                sent = "\n".join(text[:1_000] for text in texts)
                try:
                    for text in texts:
                        socket.socket.send(text)
                    door.goes_on(socket)
                except (ConnectionClosed, TimeoutError) as exc:
                    raise AssertionError(sent) from exc
                assert not failures, sent
                if door.once:
                    socket = stack.enter_context(opened(door_server, door.path))


@each_door
def test_what_is_no_message(door_server: ThreadServer, door: Door) -> None:
    """It is answered with an error, and the session goes on."""
    frames: tuple[str | bytes, ...] = (*NO_MESSAGES, *TOO_MUCH, *door.not_binary)
    for frame in frames:
        with opened(door_server, door.path) as socket:
            socket.socket.send(frame)
            socket.until(door.is_error)
            door.goes_on(socket)


@pytest.mark.parametrize("path", WRONG_ADDRESSES)
def test_wrong_addresses(door_server: ThreadServer, path: str) -> None:
    """What is wrong in the address is told, and the socket closed as the client's fault."""
    with opened(door_server, path) as socket:
        frame = socket.receive()
        assert isinstance(frame, dict)
        assert frame.get("error") or frame["type"] == "Error"
        assert socket.closed() == 1008


@each_door
def test_wrong_order(door_server: ThreadServer, door: Door) -> None:
    """Messages that are right by themselves, where they mean nothing: an error where there is one, and it goes on."""
    for messages, refused in door.orders:
        with opened(door_server, door.path) as socket:
            for message in messages:
                socket.send(**message)
            if refused:
                socket.until(door.is_error)
            door.goes_on(socket)


@pytest.mark.parametrize("door", DOORS[:2], ids=str)
def test_too_many_contexts(door_server: ThreadServer, door: Door) -> None:
    """One more than there may be is refused; once one has ended there is room again."""
    with opened(door_server, door.path) as socket:
        for n in range(MAX_CONTEXTS + 1):
            socket.send(**{"text": "Hi", "transcript": "Hi", "context_id": str(n), "continue": True})
        socket.until(door.is_error)
        socket.send(**{"context_id": "0", "close_context": True, "continue": False})
        socket.until(lambda frame: bool(frame.get("isFinal")) or frame.get("type") == "done")
        door.goes_on(socket)


@each_door
def test_leaving_at_each_point(door_server: ThreadServer, door: Door) -> None:
    """Without a close frame, after each message: nothing is spoken on, and nothing is kept."""
    for message in ({}, *door.messages):
        with connect(door_server.url.replace("http", "ws") + door.path) as socket:
            if message:
                JsonSocket(socket).send(**message)
            socket.socket.close()
    sockets = door_server.services.sockets
    assert eventually(lambda: not sockets)
    assert eventually(lambda: all(stream.ended for stream in door_server.engine.streams))  # type: ignore[attr-defined]


@each_door
def test_it_costs_others_nothing(door_server: ThreadServer, door: Door) -> None:
    with opened(door_server, "/v1/speak?encoding=linear16&sample_rate=24000") as other:
        other.send(type="Speak", text="Hi there.")
        for message in door.messages:
            with opened(door_server, door.path) as socket:
                socket.socket.send("[" * 100)
                socket.send(**message)
        other.send(type="Flush")
        frames = other.until(lambda frame: frame["type"] == "Flushed")
    assert b"".join(frame for frame in frames if isinstance(frame, bytes)) == tones_pcm16("Hi there.")
