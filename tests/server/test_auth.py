"""Tokens: on the socket by every way there is, and on HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.datastructures import Headers

from makima.errors import ConfigError, KeysUnavailable, Unauthorized
from makima.server import client_socket
from makima.server.access.credentials import answered_subprotocol, credential
from makima.server.auth import Tokens
from tests.conftest import StartServer
from tests.support.server.client import SpeakClient, speak_client
from tests.support.server.servers import ThreadServer, make_settings

SECRET = "a secret of more than thirty-two bytes"
AUDIENCE = "makima-tests"


def token(key: Any = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    whole = {"sub": "somebody", "aud": AUDIENCE, "exp": int(time.time()) + 3_600, **claims}
    return jwt.encode({name: value for name, value in whole.items() if value is not None}, key, algorithm)


GOOD = token()
BAD = {
    "expired": token(exp=int(time.time()) - 3_600),
    "for others": token(aud="others"),
    "without an audience": token(aud=None),
    "without end": token(exp=None),
    "not yet": token(nbf=int(time.time()) + 3_600),
    "of another key": token("another secret of more than thirty-two bytes"),
    "unsigned": jwt.encode({"sub": "somebody", "aud": AUDIENCE, "exp": int(time.time()) + 3_600}, "", "none"),
    "garbage": "garbage",
    "almost one": "a.b.c",
    "changed": GOOD[:-4] + ("AAAA" if GOOD[-4:] != "AAAA" else "BBBB"),
}


@pytest.fixture
def locked_server(start_server: StartServer) -> ThreadServer:
    return start_server(auth_secret=SECRET, auth_audience=AUDIENCE)


async def assert_locked_out(client: SpeakClient) -> None:
    error = await client.expect("error")
    assert (error["code"], error["recoverable"]) == ("UNAUTHORIZED", False)
    assert await client.closed() == 4401


async def assert_let_in(client: SpeakClient) -> None:
    assert (await client.say("Hello.")).end["type"] == "complete"


class TestSocket:
    async def test_the_header(self, locked_server: ThreadServer) -> None:
        async with speak_client(locked_server.url, token=GOOD) as client:
            await assert_let_in(client)

    @pytest.mark.parametrize("offered", [("makima.v1", f"bearer.{GOOD}"), ("bearer", GOOD)])
    async def test_the_subprotocol(self, locked_server: ThreadServer, offered: tuple[str, str]) -> None:
        async with speak_client(locked_server.url, subprotocols=offered) as client:
            assert client.socket.subprotocol == offered[0], "the token is not sent back"
            await assert_let_in(client)

    async def test_start(self, locked_server: ThreadServer) -> None:
        async with speak_client(locked_server.url) as client:
            await client.start(authToken=GOOD)
            await assert_let_in(client)

    async def test_a_subprotocol_without_a_token_leaves_it_to_start(self, locked_server: ThreadServer) -> None:
        async with speak_client(locked_server.url, subprotocols=["makima.v1"]) as client:
            await client.start(authToken=GOOD)
            await assert_let_in(client)

    @pytest.mark.parametrize("name", BAD)
    @pytest.mark.parametrize("way", ["header", "subprotocol", "start"])
    async def test_bad_ones(self, locked_server: ThreadServer, way: str, name: str) -> None:
        bad = BAD[name]
        header = bad if way == "header" else None
        offered = ["makima.v1", f"bearer.{bad}"] if way == "subprotocol" else []
        async with speak_client(locked_server.url, token=header, subprotocols=offered) as client:
            if way == "start":
                await client.send("start", authToken=bad)
            await assert_locked_out(client)

    @pytest.mark.parametrize(
        "message", [{"type": "speak", "text": "Hello."}, {"type": "start"}, {"type": "cancel"}, {"type": "stop"}]
    )
    async def test_nothing_before_the_token(self, locked_server: ThreadServer, message: dict[str, str]) -> None:
        async with speak_client(locked_server.url) as client:
            await client.send_raw(json.dumps(message))
            await assert_locked_out(client)

    async def test_a_bad_token_in_a_later_start(self, locked_server: ThreadServer) -> None:
        async with speak_client(locked_server.url, token=GOOD) as client:
            await client.start(authToken=GOOD)
            await client.send("start", authToken=BAD["expired"])
            await assert_locked_out(client)

    async def test_who_says_nothing_is_not_waited_for(
        self, locked_server: ThreadServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_socket, "TOKEN_WAIT_S", 0.05)
        async with speak_client(locked_server.url) as client:
            await assert_locked_out(client)

    async def test_where_none_is_asked_for_any_will_do(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url, token="garbage") as client:
            await client.start(authToken="garbage")
            await assert_let_in(client)


class TestHttp:
    @pytest.mark.parametrize("name", ["missing", "not bearer", *BAD])
    async def test_bad_ones(self, locked_server: ThreadServer, name: str) -> None:
        headers = {"missing": {}, "not bearer": {"Authorization": f"Basic {GOOD}"}}.get(
            name, {"Authorization": f"Bearer {BAD.get(name)}"}
        )
        async with httpx.AsyncClient(base_url=locked_server.url, trust_env=False, headers=headers) as http:
            for answer in (await http.post("/api/v1/tts", json={"text": "Hi"}), await http.get("/api/v1/voices")):
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.json()["code"] == "UNAUTHORIZED"
            assert (await http.get("/health")).status_code == 200, "a monitor needs no token"

    async def test_a_good_one(self, locked_server: ThreadServer) -> None:
        headers = {"Authorization": f"Bearer {GOOD}"}
        async with httpx.AsyncClient(base_url=locked_server.url, trust_env=False, headers=headers) as http:
            assert (await http.post("/api/v1/tts", json={"text": "Hi"})).status_code == 200
            assert (await http.get("/api/v1/voices")).status_code == 200


@contextmanager
def key_server(document: Any) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    thread.join()
    server.server_close()


class TestPublicKeys:
    async def test_tokens_of_a_known_key(self) -> None:
        key, other = (rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for _ in range(2))
        public = {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k1", "use": "sig"}
        with key_server({"keys": [public]}) as address:
            tokens = Tokens(make_settings(auth_jwks_url=address, auth_audience=AUDIENCE))
            claims = {"sub": "somebody", "aud": AUDIENCE, "exp": int(time.time()) + 3_600}

            def signed(by: Any, kid: str, algorithm: str = "RS256") -> str:
                return jwt.encode(claims, by, algorithm, headers={"kid": kid})

            assert await tokens.subject(signed(key, "k1")) == "somebody"
            assert await tokens.subject(signed(key, "k1", "PS256")) == "somebody"
            shared_secret = jwt.encode(claims, SECRET, "HS256", headers={"kid": "k1"})
            unsigned = jwt.encode(claims, "", "none", headers={"kid": "k1"})
            for bad in (signed(other, "k1"), signed(other, "k2"), shared_secret, unsigned, "garbage"):
                with pytest.raises(Unauthorized):
                    await tokens.subject(bad)

    @pytest.mark.parametrize("document", [[], {}, {"keys": []}, {"keys": [{"kty": "RSA", "kid": "k1"}]}])
    async def test_a_document_without_keys(self, document: Any) -> None:
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        signed = jwt.encode({"exp": int(time.time()) + 3_600}, key, "RS256", headers={"kid": "k1"})
        with key_server(document) as address, pytest.raises(KeysUnavailable):
            await Tokens(make_settings(auth_jwks_url=address)).subject(signed)

    @pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
    async def test_a_token_of_another_kind_than_its_key(self, start_server: StartServer, algorithm: str) -> None:
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        other = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else Ed25519PrivateKey.generate()
        public = {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k1"}
        signed = jwt.encode({"exp": int(time.time()) + 3_600}, other, algorithm, headers={"kid": "k1"})
        with key_server({"keys": [public]}) as address:
            server = start_server(auth_jwks_url=address)
            async with speak_client(server.url, headers={"Authorization": f"Bearer {signed}"}) as client:
                assert await client.closed() == 4401

    async def test_keys_that_cannot_be_had(self, start_server: StartServer) -> None:
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        signed = jwt.encode({"exp": int(time.time()) + 3_600}, key, "RS256", headers={"kid": "k1"})
        server = start_server(auth_jwks_url="http://127.0.0.1:9/keys")
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            answer = await http.get("/api/v1/voices", headers={"Authorization": f"Bearer {signed}"})
        assert answer.status_code == 503
        assert answer.json()["code"] == "UPSTREAM_ERROR"


class TestSettings:
    def test_a_short_secret(self) -> None:
        with pytest.raises(ConfigError, match="32 bytes"):
            Tokens(make_settings(auth_secret="short"))

    def test_both(self) -> None:
        with pytest.raises(ConfigError, match="MAKIMA_AUTH_JWKS_URL"):
            Tokens(make_settings(auth_secret=SECRET, auth_jwks_url="http://127.0.0.1:9/keys"))

    def test_the_secret_is_not_printed(self) -> None:
        assert SECRET not in repr(make_settings(auth_secret=SECRET))


@pytest.mark.parametrize(
    ("header", "offered", "expected"),
    [
        ("Bearer abc", [], "abc"),
        ("bearer  abc ", [], "abc"),
        ("Basic abc", [], None),
        ("Bearer ", [], None),
        ("", ["makima.v1", "bearer.abc"], "abc"),
        ("", ["bearer", "abc"], "abc"),
        ("", ["bearer"], None),
        ("Bearer first", ["bearer.second"], "first"),
    ],
)
def test_where_the_token_is(header: str, offered: list[str], expected: str | None) -> None:
    assert credential(Headers({"authorization": header} if header else {}), offered) == expected


@pytest.mark.parametrize(
    ("offered", "expected"),
    [([], None), (["makima.v1", "bearer.t"], "makima.v1"), (["bearer", "t"], "bearer"), (["x"], "x")],
)
def test_which_subprotocol_is_answered(offered: list[str], expected: str | None) -> None:
    assert answered_subprotocol(offered) == expected
