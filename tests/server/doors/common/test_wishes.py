"""What a client's names become: the session that its texts belong to, and its own pronunciations."""

from __future__ import annotations

import base64

import httpx

from makima.engines.fake import FakeScript
from makima.text.pronunciations import from_mapping
from tests.server.doors.json_socket import opened
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings

FORMAT = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000}


def test_texts_of_one_socket_are_of_one_session() -> None:
    engine = WatchedEngine(FakeScript())
    with ThreadServer(engine, make_settings()) as server:
        for count in (2, 1):
            with opened(server, "/tts/websocket?cartesia_version=2026-03-01") as socket:
                for number in range(count):
                    socket.send(
                        model_id="sonic-3",
                        voice={"mode": "id", "id": "makima"},
                        output_format=FORMAT,
                        transcript="Hello.",
                        context_id=f"c{number}",
                    )
                    frames = socket.until(lambda frame: frame["type"] in ("done", "error"))
                    assert any(base64.b64decode(frame.get("data", "")) for frame in frames if isinstance(frame, dict))
    first, second, other = (request.session_id for request in engine.requests)
    assert first == second != other
    assert None not in (first, other)


def test_pronunciations_of_a_request_reach_the_engine() -> None:
    engine = WatchedEngine(FakeScript())
    words = {"Nguyen": "win"}
    body = {"model": "tts-1", "input": "Nguyen is here.", "voice": "makima", "response_format": "pcm"}
    with ThreadServer(engine, make_settings()) as server:
        assert httpx.post(server.url + "/v1/audio/speech", json={**body, "pronunciations": words}).status_code == 200
        refused = httpx.post(server.url + "/v1/audio/speech", json={**body, "pronunciations": {"": "win"}})
    assert engine.requests[-1].pronunciations == from_mapping(words)
    assert refused.status_code == 400
