"""The address that is listened on."""

from __future__ import annotations

import socket

import pytest

from makima.engines.fake import FakeEngine
from makima.errors import ConfigError
from makima.server.run import bind, url, urls_elsewhere
from tests.support.server.servers import ThreadServer, make_settings

SECRET = "a secret of more than thirty-two bytes"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_others_are_not_let_in_by_accident(host: str) -> None:
    with pytest.raises(ConfigError, match="--insecure"):
        bind(make_settings(host=host))


@pytest.mark.parametrize("fields", [{"insecure": True}, {"auth_secret": SECRET}])
def test_others_are_let_in_on_purpose(fields: dict[str, object]) -> None:
    settings = make_settings(host="0.0.0.0", **fields)
    with bind(settings) as listening:
        assert url(settings, listening) == f"http://localhost:{listening.getsockname()[1]}"


def test_the_addresses_for_other_machines() -> None:
    with bind(make_settings(host="0.0.0.0", insecure=True)) as listening:
        port = listening.getsockname()[1]
        found = urls_elsewhere(make_settings(host="0.0.0.0"), listening)
        assert all(address.startswith("http://") and address.endswith(f":{port}") for address in found)
        assert not any("127.0.0.1" in address or "0.0.0.0" in address for address in found)
        for address in found:
            host = address.removeprefix("http://").removesuffix(f":{port}")
            socket.create_connection((host, port), timeout=5).close()
        assert urls_elsewhere(make_settings(), listening) == [], "it listens on one address alone"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_loopback_needs_no_permission(host: str) -> None:
    settings = make_settings(host=host)
    with bind(settings) as listening:
        address = url(settings, listening)
        assert address == f"http://{host}:{listening.getsockname()[1]}"
        socket.create_connection((host, listening.getsockname()[1])).close()


def test_a_port_that_is_taken() -> None:
    with bind(make_settings()) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port} is already in use.*--port"):
            bind(make_settings(port=port))


def test_a_name_nobody_has() -> None:
    with pytest.raises(ConfigError, match="cannot be opened"):
        bind(make_settings(host="no.such.host.invalid", insecure=True))


def test_the_server_keeps_idle_connections_for_longer_than_clients_do() -> None:
    """Of httpx, aiohttp and proxies: the side that closes first must be the one that sends requests."""
    with ThreadServer(FakeEngine(), make_settings()) as server:
        assert server.server.config.timeout_keep_alive > 60
