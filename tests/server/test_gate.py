"""Origins and host names."""

from __future__ import annotations

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.conftest import StartServer
from tests.support.server.client import speak_client
from tests.support.server.servers import ThreadServer

FRIEND, STRANGER = "https://friend.example", "https://stranger.example"


async def status(server: ThreadServer, path: str = "/health", method: str = "GET", **headers: str) -> int:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        body = {"text": "Hi"} if method == "POST" else None
        return (await http.request(method, path, headers=headers, json=body)).status_code


async def test_a_socket_of_a_page_of_ours_or_of_no_page(tone_server: ThreadServer) -> None:
    for headers in ({}, {"Origin": tone_server.url}):
        async with speak_client(tone_server.url, headers=headers) as client:
            assert client.ready["sessionId"]


@pytest.mark.parametrize("origin", [STRANGER, "null", "http://127.0.0.1:1", "http://127.0.0.1.stranger.example"])
async def test_a_socket_of_another_page_is_refused(tone_server: ThreadServer, origin: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with speak_client(tone_server.url, headers={"Origin": origin}):
            pass
    assert caught.value.response.status_code == 403


async def test_a_listed_page(start_server: StartServer) -> None:
    server = start_server(allowed_origins=f"{FRIEND}/, https://other.example")
    async with speak_client(server.url, headers={"Origin": FRIEND}) as client:
        assert client.ready["sessionId"]
    assert await status(server, "/api/v1/tts", "POST", origin=FRIEND) == 200
    assert await status(server, "/api/v1/tts", "POST", origin=STRANGER) == 403


async def test_posts_of_other_pages_are_refused(tone_server: ThreadServer) -> None:
    assert await status(tone_server, "/api/v1/tts", "POST", origin=STRANGER) == 403
    assert await status(tone_server, "/api/v1/tts", "POST", origin=tone_server.url) == 200
    assert await status(tone_server, "/api/v1/tts", "POST") == 200


@pytest.mark.parametrize("name", ["stranger.example", "stranger.example:80", "127.0.0.1.stranger.example", "10.0.0.1"])
async def test_names_that_are_not_ours(tone_server: ThreadServer, name: str) -> None:
    assert await status(tone_server, host=name) == 403


@pytest.mark.parametrize("name", ["localhost", "localhost:1", "127.0.0.1", "[::1]:8000"])
async def test_names_of_loopback(tone_server: ThreadServer, name: str) -> None:
    assert await status(tone_server, host=name) == 200


async def test_a_listed_name(start_server: StartServer) -> None:
    assert await status(start_server(allowed_hosts="voice.example"), host="voice.example") == 200


async def test_cors_is_by_list_and_empty_by_default(tone_server: ThreadServer, start_server: StartServer) -> None:
    friendly = start_server(allowed_origins=FRIEND)
    preflight = {"Origin": FRIEND, "Access-Control-Request-Method": "POST"}
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.options(f"{friendly.url}/api/v1/tts", headers=preflight)
        assert answer.headers["access-control-allow-origin"] == FRIEND
        answer = await http.options(f"{friendly.url}/api/v1/tts", headers={**preflight, "Origin": STRANGER})
        assert "access-control-allow-origin" not in answer.headers
        answer = await http.get(f"{tone_server.url}/health", headers={"Origin": FRIEND})
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("header", ["xi-api-key", "x-api-key", "cartesia-version", "x-stainless-lang", "authorization"])
async def test_headers_of_sdks_in_browsers(start_server: StartServer, header: str) -> None:
    preflight = {
        "Origin": FRIEND,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": f"content-type, {header}",
    }
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{start_server(allowed_origins=FRIEND).url}/v1/audio/speech"
        answer = await http.options(url, headers=preflight)
        assert answer.status_code == 200
        assert header in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers", [{"origin": "http://["}, {"host": "[::1"}, {"host": "[zz]"}, {"host": "a:b"}, {"host": "a@[::1]"}]
)
async def test_malformed_headers(tone_server: ThreadServer, method: str, headers: dict[str, str]) -> None:
    assert await status(tone_server, "/api/v1/tts", method, **headers) == 400


@pytest.mark.parametrize("headers", [{"Origin": "http://["}, {"Host": "[::1"}])
@pytest.mark.parametrize("path", ["/api/v1/speak", "/api/v1/listen", "/v1/realtime", "/tts/websocket"])
async def test_malformed_headers_of_sockets(tone_server: ThreadServer, path: str, headers: dict[str, str]) -> None:
    address = tone_server.url.replace("http", "ws") + path
    with pytest.raises(InvalidStatus) as caught:
        async with connect(address, additional_headers=headers):
            pass
    assert caught.value.response.status_code == 400
