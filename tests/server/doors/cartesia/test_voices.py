"""What Cartesia's clients list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from makima.server.access.keys import KeyStore
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings

VERSION = {"Cartesia-Version": "2026-03-01"}


def _get(server: ThreadServer, path: str, **params: Any) -> httpx.Response:
    return httpx.get(server.url + path, params=params, headers=VERSION)


def _ids(answer: httpx.Response) -> list[str]:
    return [voice["id"] for voice in answer.json()["data"]]


def test_a_browser_gets_the_page(door_server: ThreadServer) -> None:
    assert httpx.get(door_server.url + "/voices").headers["content-type"].startswith("text/html")
    assert httpx.get(door_server.url + "/").headers["content-type"].startswith("text/html")
    assert _get(door_server, "/").json()["ok"] is True


def test_pages_in_both_directions_hold_each_voice_once(door_server: ThreadServer) -> None:
    assert _ids(_get(door_server, "/voices")) == ["makima", "second"]
    first = _get(door_server, "/voices", limit=1)
    assert (_ids(first), first.json()["has_more"], first.json()["next_page"]) == (["makima"], True, "makima")
    last = _get(door_server, "/voices", limit=1, starting_after="makima")
    assert (_ids(last), last.json()["has_more"], last.json()["next_page"]) == (["second"], False, None)
    assert _ids(_get(door_server, "/voices", starting_after="second")) == []
    assert _ids(_get(door_server, "/voices", ending_before="second")) == ["makima"]


@pytest.mark.parametrize(
    ("query", "found"), [({"q": "SECOND"}, ["second"]), ({"q": "none"}, []), ({"language": "xx"}, [])]
)
def test_search(door_server: ThreadServer, query: dict[str, str], found: list[str]) -> None:
    assert _ids(_get(door_server, "/voices", **query)) == found


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"limit": "1000"}, {"starting_after": "none"}])
def test_pages_that_are_none(door_server: ThreadServer, query: dict[str, str]) -> None:
    answer = _get(door_server, "/voices", **query)
    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["error"]["message"]


def test_one_voice(door_server: ThreadServer) -> None:
    assert _get(door_server, "/voices/second").json()["id"] == "second"
    assert _get(door_server, "/voices/unknown").status_code == 404


@pytest.mark.parametrize("path", ["/voices", "/voices/makima"])
def test_a_key_is_asked_for(tmp_path: Path, path: str) -> None:
    _, key = KeyStore(tmp_path).add("mine")
    with ThreadServer(WatchedEngine(), make_settings(data_dir=tmp_path)) as server:
        for sent, status in (({"X-API-Key": key}, 200), ({"X-API-Key": "wrong"}, 401), (VERSION, 401)):
            assert httpx.get(server.url + path, headers=sent).status_code == status
