"""Each way in refuses each wrong key, and lets each right one in: one table of both."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import jwt
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from makima.server.access.keys import KeyLimits, KeyStore
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener
from tests.server.doors.json_socket import JsonSocket, opened
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings

SECRET = "a secret of more than thirty-two bytes"
OWN_BODY = {"text": "Hi."}
BODIES = {"/api/v1/dialogue": {"script": "Anna: Hi."}}
"""The own routes refuse fields of others."""
BODY = {"input": "Hi.", "text": "Hi.", "transcript": "Hi.", "response_format": "wav", "output_format": {}}


def _signed(payload: bytes) -> str:
    """A token with this payload, rightly signed."""
    return jwt.PyJWS().encode(payload, SECRET, "HS256")


@dataclass(frozen=True)
class Door:
    """One way in: an HTTP route, or a socket."""

    path: str
    method: str = "POST"
    socket: bool = False


DOORS = (
    Door("/api/v1/tts"),
    Door("/api/v1/usage", "GET"),
    Door("/api/v1/voices", "GET"),
    Door("/api/v1/dialogue"),
    Door("/api/v1/jobs"),
    Door("/api/v1/jobs", "GET"),
    Door("/api/v1/jobs/some", "GET"),
    Door("/api/v1/jobs/some", "DELETE"),
    Door("/api/v1/jobs/some/pause"),
    Door("/api/v1/jobs/some/resume"),
    Door("/api/v1/jobs/some/cancel"),
    Door("/api/v1/jobs/some/events", "GET"),
    Door("/api/v1/jobs/some/files/audio", "GET"),
    Door("/api/v1/models", "GET"),
    Door("/api/v1/models/some/fetch"),
    Door("/api/v1/models/some/stop"),
    Door("/api/v1/models/some/use"),
    Door("/api/v1/models/some", "DELETE"),
    Door("/api/v1/chat", "GET"),
    Door("/api/v1/chat", "DELETE"),
    Door("/api/v1/chat/find"),
    Door("/api/v1/convert?format=mp3"),
    Door("/v1/audio/speech"),
    Door("/v1/audio/transcriptions"),
    Door("/v1/speak"),
    Door("/v2/speak"),
    Door("/tts/bytes"),
    Door("/tts/sse"),
    Door("/api/v1/addresses", "GET"),
    Door("/v1/voices", "GET"),
    Door("/v2/voices", "GET"),
    Door("/v1/voices/alloy", "GET"),
    Door("/v1/voices/alloy/settings", "GET"),
    Door("/v1/voices/settings/default", "GET"),
    Door("/v1/text-to-speech/alloy"),
    Door("/v1/text-to-speech/alloy/stream"),
    Door("/v1/text-to-speech/alloy/with-timestamps"),
    Door("/v1/text-to-speech/alloy/stream/with-timestamps"),
    Door("/v1/speak", socket=True),
    Door("/v2/speak", socket=True),
    Door("/tts/websocket", socket=True),
    Door("/v1/text-to-speech/alloy/stream-input", socket=True),
    Door("/v1/text-to-speech/alloy/multi-stream-input", socket=True),
    Door("/v1/realtime", socket=True),
)
OPEN = ("/v1/models", "/v1/audio/models", "/v1/audio/voices", "/health", "/ready", "/metrics")
"""What answers without a key, as clients ask for it without one."""

PLACES = ("Bearer {}", "Token {}", "xi-api-key", "X-API-Key")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def store(folder: Path) -> KeyStore:
    return KeyStore(folder)


@pytest.fixture(scope="module")
def keys(store: KeyStore, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Right and wrong ones by name."""
    _, good = store.add("good")
    _, revoked = store.add("revoked")
    store.revoke("revoked")
    _, elsewhere = KeyStore(tmp_path_factory.mktemp("other-keys")).add("elsewhere")
    claims = {"sub": "somebody", "exp": int(time.time()) + 600}
    return {
        "good": good,
        "token": jwt.encode(claims, SECRET, "HS256"),
        "revoked": revoked,
        "elsewhere": elsewhere,
        "changed": good[:-1] + ("a" if good[-1] != "a" else "b"),
        "unsigned": jwt.encode(claims, "", "none"),
        "by another secret": jwt.encode(claims, SECRET[::-1], "HS256"),
        "by another algorithm": jwt.encode(claims, SECRET * 2, "HS512"),
        "without an end": jwt.encode({"sub": "somebody"}, SECRET, "HS256"),
        "not yet valid": jwt.encode({**claims, "nbf": int(time.time()) + 600}, SECRET, "HS256"),
        "no object": _signed(b"[1]"),
        "an end that is no time": _signed(b'{"exp": "never"}'),
        "an end without end": _signed(b'{"exp": 1e999}'),
        "a part too few": "a.b",
        "the prefix alone": good[:3],
        "other letters": good[:3] + "\u00e4\u00f6\u00fc",
        "much too long": good + "x" * 8_000,
        "twice": f"{good} {good}",
        "expired": jwt.encode({**claims, "exp": int(time.time()) - 600}, SECRET, "HS256"),
        "garbage": "garbage",
        "none": "",
    }


@pytest.fixture(scope="module")
def server(folder: Path, keys: dict[str, str]) -> Iterator[ThreadServer]:
    settings = make_settings(data_dir=folder, auth_secret=SECRET)
    with ThreadServer(WatchedEngine(), settings) as running:
        yield running


@pytest.fixture(scope="module")
def speaking_and_listening(store: KeyStore, keys: dict[str, str]) -> Iterator[ThreadServer]:
    settings = make_settings(data_dir=store._path.parent, auth_secret=SECRET)
    with ThreadServer(WatchedEngine(), settings, Recognition(Listener(FakeRecognizer()))) as running:
        yield running


def _headers(place: str, key: str) -> dict[str, str]:
    if "{}" in place:
        return {"Authorization": place.format(key).strip()}
    return {place: key} if key else {}


def _status(server: ThreadServer, door: Door, headers: Mapping[str, str]) -> int:
    """The HTTP status; 101 where a socket is opened."""
    if not door.socket:
        body = BODIES.get(door.path, OWN_BODY if door.path.startswith("/api/") else BODY)
        raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        return httpx.request(door.method, server.url + door.path, json=body, headers=raw, timeout=20).status_code
    try:
        with connect(server.url.replace("http", "ws") + door.path, additional_headers=headers):
            return 101
    except InvalidStatus as exc:
        return exc.response.status_code


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{'ws' if door.socket else door.method} {door.path}")
def test_wrong_keys_are_refused_and_right_ones_let_in(server: ThreadServer, keys: dict[str, str], door: Door) -> None:
    tries = [("Bearer {}", name) for name in keys] + [(place, "good") for place in PLACES] + [("xi-api-key", "changed")]
    for place, name in tries:
        status = _status(server, door, _headers(place, keys[name]))
        # A header that is too long is refused before its key is read.
        refused = status in (401, 431) if name == "much too long" else status == 401
        assert refused != (name in ("good", "token")), (name, place, status)


@pytest.mark.parametrize("path", ["/api/v1/speak", "/api/v1/listen"])
def test_own_sockets_refuse_wrong_keys_in_start_and_header(
    speaking_and_listening: ThreadServer, keys: dict[str, str], path: str
) -> None:
    """They open first, as a browser can send a token in `start` alone."""
    server = speaking_and_listening
    odd: dict[str, object] = {
        "half a pair": keys["good"] + "\ud800",
        "half a pair in its id": keys["good"][:3] + "\ud800_x",
        "half a pair in a token": keys["token"] + "\ud800",
        "a number": 5,
        "a null": "\0",
    }
    for name, key in {**keys, **odd}.items():
        if name != "none":
            with opened(server, path) as socket:
                socket.send(type="start", authToken=key)
                answered = {"started"} if name in ("good", "token") else {"error"}
                frames = socket.until(lambda frame: frame["type"] in ("started", "error"))
                assert {frames[-1]["type"]} == answered, (name, frames[-1])  # type: ignore[call-overload]
    for name in ("revoked", "expired", "garbage"):
        headers = {"Authorization": f"Bearer {keys[name]}"}
        with connect(server.url.replace("http", "ws") + path, additional_headers=headers) as socket_:
            assert JsonSocket(socket_).closed() == 4401, name


@pytest.mark.parametrize("door", [door for door in DOORS if door.socket], ids=lambda door: door.path)
def test_keys_in_queries_and_subprotocols(server: ThreadServer, keys: dict[str, str], door: Door) -> None:
    for name in ("good", "revoked", "expired", "garbage"):
        for query, offered in (
            (f"?api_key={keys[name]}", []),
            ("", [f"bearer.{keys[name]}"]),
            ("", ["token", keys[name]]),
        ):
            url = server.url.replace("http", "ws") + door.path + query
            try:
                with connect(url, subprotocols=offered or None):  # type: ignore[arg-type]
                    status = 101
            except InvalidStatus as exc:
                status = exc.response.status_code
            assert status == (101 if name == "good" else 401), (name, query, offered)


@pytest.mark.parametrize("path", OPEN)
def test_lists_need_no_key(server: ThreadServer, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 200


def test_every_route_is_in_the_table(server: ThreadServer) -> None:
    """A new way in must be added above, so that it is tested."""
    described = httpx.get(server.url + "/openapi.json").json()["paths"]
    known = {door.path.replace("alloy", "{voice}").partition("?")[0] for door in DOORS} | set(OPEN)
    named = {"/models/some": "/models/{name}", "/jobs/some": "/jobs/{job_id}", "/files/audio": "/files/{name}"}
    for written, described_as in named.items():
        known = {path.replace(written, described_as) for path in known}
    rest = {path for path in described if path not in known and not path.startswith("/api/v1/voices/")}
    assert rest == {"/v1/models/{name}"}


def test_a_key_in_a_subprotocol_opens_and_is_not_sent_back(server: ThreadServer, keys: dict[str, str]) -> None:
    """As the Node SDK sends it from a browser."""
    url = server.url.replace("http", "ws") + "/v1/realtime"
    offered = ["realtime", f"openai-insecure-api-key.{keys['good']}"]
    with connect(url, subprotocols=offered) as socket:  # type: ignore[arg-type]
        assert socket.subprotocol == "realtime"


def test_usage_is_counted_by_key(server: ThreadServer, keys: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {keys['good']}"}
    before = httpx.get(server.url + "/api/v1/usage", headers=headers).json()
    httpx.post(server.url + "/v1/audio/speech", json=BODY, headers=headers)
    after = httpx.get(server.url + "/api/v1/usage", headers=headers).json()
    assert after["subject"] == "key good"
    assert after["usage"][0]["characters"] - before["usage"][0]["characters"] == 3
    assert after["usage"][0]["audioSeconds"] > before["usage"][0]["audioSeconds"]


def test_a_key_has_limits_of_its_own(tmp_path: Path) -> None:
    _, key = KeyStore(tmp_path).add("small", KeyLimits(utterances=2))
    with ThreadServer(WatchedEngine(), make_settings(data_dir=tmp_path)) as server:
        statuses = [
            httpx.post(server.url + "/v1/audio/speech", json=BODY, headers={"xi-api-key": key}).status_code
            for _ in range(3)
        ]
    assert statuses == [200, 200, 429]
