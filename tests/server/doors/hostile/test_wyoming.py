"""What strangers may send to the Wyoming port: an error event, and it costs the sender alone."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pytest

from makima.errors import InvalidMessage
from makima.server.doors.common.json_objects import json_object
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener
from tests.server.doors.hostile.wrong import mutations, text_of
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings
from tests.support.server.streams import eventually

_VOICE = {"name": "makima", "language": "en", "speaker": "s"}
_AUDIO = {"rate": 16_000, "width": 2, "channels": 1, "timestamp": 0}
EVENTS: tuple[Mapping[str, Any], ...] = (
    {"type": "synthesize", "data": {"text": "Hi.", "voice": _VOICE}},
    {"type": "synthesize-start", "data": {"voice": _VOICE, "context": {}}},
    {"type": "synthesize-chunk", "data": {"text": "Hi."}},
    {"type": "synthesize-stop", "data": {}},
    {"type": "transcribe", "data": {"language": "en", "name": "n"}},
    {"type": "audio-start", "data": _AUDIO},
    {"type": "audio-chunk", "data": _AUDIO},
    {"type": "audio-stop", "data": {"timestamp": 0}},
    {"type": "describe", "data": {}},
    {"type": "ping", "data": {"text": "t"}},
)
RAW = (
    b'{"type": "ping", "data": [1], "data_length": 2}\n{}',
    b'{"type": "ping", "data_length": true, "payload_length": 1.5}\n',
    b'{"type": "ping", "data_length": 5}\n[1,2]',
    b'{"type": "ping", "data_length": 3}\n\xff\xfe\xfd',
    b'{"type": "ping", "data": "text"}\n',
    b'{"type": "ping", "data": true}\n',
    b'{"type": 5}\n',
    b'{"type": "ping", "data": {"deep": ' + b"[" * 900 + b"]" * 900 + b"}}\n",
    b"\xff\xfe\n",
    b"[" * 5_000 + b"\n",
    b'{"type": "ping", "data_length": NaN}\n',
    b"\n",
)


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = make_settings(wyoming=True, wyoming_port=port)
    with ThreadServer(WatchedEngine(), settings, Recognition(Listener(FakeRecognizer()))) as running:
        yield running


def _connected(server: ThreadServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.services.settings.wyoming_port), timeout=15)


def _is_json(text: str) -> bool:
    try:
        json_object(text, "event")
    except InvalidMessage:
        return False
    return True


def _goes_on(client: socket.socket, file: BinaryIO, name: str) -> None:
    """Wait for the answer to a ping. What is spoken meanwhile is skipped."""
    client.sendall(json.dumps({"type": "ping", "data": {"text": name}}).encode() + b"\n")
    while True:
        header = json.loads(file.readline())
        data = json.loads(file.read(header["data_length"])) if header.get("data_length") else {}
        file.read(header.get("payload_length") or 0)
        if header["type"] == "pong" and data.get("text") == name:
            return


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["type"])
def test_wrong_fields(server: ThreadServer, event: Mapping[str, Any]) -> None:
    with _connected(server) as client, client.makefile("rb") as file:
        for number, data in enumerate(mutations(event["data"])):
            text = text_of({"type": event["type"], "data": data})
            if not _is_json(text):
                continue  # after it nothing more can be read; such data is below
            client.sendall(text.encode() + b"\n")
            try:
                _goes_on(client, file, f"after {number}")
            except (OSError, ValueError) as exc:
                raise AssertionError(text[:500]) from exc


@pytest.mark.parametrize("data", RAW)
def test_no_events(server: ThreadServer, data: bytes) -> None:
    with _connected(server) as client, client.makefile("rb") as file:
        client.sendall(data)
        assert b'"error"' in file.readline()


def test_leaving_at_each_point(server: ThreadServer) -> None:
    for event in EVENTS:
        with _connected(server) as client:
            client.sendall(json.dumps(event).encode() + b"\n")
        with _connected(server) as client:
            client.sendall(json.dumps({**event, "payload_length": 5_000}).encode() + b"\nhalf")
    assert eventually(lambda: not server.services.sockets)
    assert eventually(lambda: all(stream.ended for stream in server.engine.streams))  # type: ignore[attr-defined]
