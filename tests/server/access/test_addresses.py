"""Where phones reach the server, and the QR codes of that."""

from __future__ import annotations

import httpx
import pytest
import segno

from makima.server.access.addresses import address, elsewhere, qr_rows
from tests.conftest import StartServer

PATH = "/api/v1/addresses"


async def asked(url: str, **headers: str) -> dict[str, object]:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        answer = await http.get(PATH, headers=headers)
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


async def test_on_this_machine_alone_there_is_none_but_how_to_get_one(start_server: StartServer) -> None:
    found = await asked(start_server().url)
    assert found["addresses"] == []
    commands = found["commands"]
    assert isinstance(commands, list)
    assert [command.partition("makima ")[2] for command in commands] == ["keys add phone", "serve --host 0.0.0.0"]


async def test_the_address_that_is_open_comes_first(start_server: StartServer) -> None:
    server = start_server(allowed_hosts=("speech.example",))
    found = await asked(server.url, Host="speech.example:8443")
    assert found["addresses"] == [
        {"url": "http://speech.example:8443", "qr": qr_rows("http://speech.example:8443")},
    ]


def test_a_code_is_square_and_says_what_it_was_made_of() -> None:
    rows = qr_rows("http://192.168.1.5:8000")
    assert {len(row) for row in rows} == {len(rows)}
    assert rows[0].startswith("1111111"), "a corner of the three that scanners look for"
    made = segno.make("http://192.168.1.5:8000", error="m", micro=False)
    assert rows == ["".join(map(str, row)) for row in made.matrix]


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [("127.0.0.1", 1, "http://127.0.0.1:1"), ("::1", 2, "http://[::1]:2"), ("box.local", 3, "http://box.local:3")],
)
def test_addresses_as_browsers_take_them(host: str, port: int, expected: str) -> None:
    assert address(host, port) == expected


def test_a_server_on_one_address_is_reached_by_no_other() -> None:
    assert elsewhere("127.0.0.1", 8000) == []
    assert all(found.endswith(":8000") for found in elsewhere("0.0.0.0", 8000))
