"""What ElevenLabs' clients list: voices, pages of them, settings, models."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.server.servers import ThreadServer


def _get(server: ThreadServer, path: str, **params: Any) -> Any:
    return httpx.get(server.url + path, params=params).json()


def _ids(page: Any) -> list[str]:
    return [voice["voice_id"] for voice in page["voices"]]


def test_all_voices(door_server: ThreadServer) -> None:
    assert _ids(_get(door_server, "/v1/voices")) == ["makima", "second"]


def test_pages_hold_each_voice_once(door_server: ThreadServer) -> None:
    first = _get(door_server, "/v2/voices", page_size=1)
    assert (_ids(first), first["has_more"], first["total_count"]) == (["makima"], True, 2)
    last = _get(door_server, "/v2/voices", page_size=1, next_page_token=first["next_page_token"])
    assert (_ids(last), last["has_more"], last["next_page_token"]) == (["second"], False, None)


@pytest.mark.parametrize(("search", "found"), [("SECOND", ["second"]), ("no such voice", [])])
def test_search(door_server: ThreadServer, search: str, found: list[str]) -> None:
    assert _ids(_get(door_server, "/v2/voices", search=search)) == found


@pytest.mark.parametrize("query", [{"page_size": "many"}, {"next_page_token": "-1"}, {"page_size": "9" * 400}])
def test_pages_that_are_none(door_server: ThreadServer, query: dict[str, str]) -> None:
    answer = httpx.get(door_server.url + "/v2/voices", params=query)
    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["detail"]["message"]


def test_one_voice_and_its_settings(door_server: ThreadServer) -> None:
    assert _get(door_server, "/v1/voices/second")["voice_id"] == "second"
    assert _get(door_server, "/v1/voices/second/settings")["speed"] == 1.0
    assert _get(door_server, "/v1/voices/settings/default")["speed"] == 1.0
    for path in ("/v1/voices/unknown", "/v1/voices/unknown/settings"):
        assert _get(door_server, path)["detail"]["status"] == "voice_not_found"


def test_models_are_listed_for_each_service_as_it_reads_them(door_server: ThreadServer) -> None:
    models = httpx.get(door_server.url + "/v1/models", headers={"xi-api-key": "none"}).json()
    assert models[0]["can_do_text_to_speech"]
    models = httpx.get(door_server.url + "/v1/models", headers={"Authorization": "Token none"}).json()
    assert [model["canonical_name"] for model in models["tts"]] == ["makima", "second"]
    assert models["stt"][0]["streaming"]
    assert _get(door_server, "/v1/models")["object"] == "list"
