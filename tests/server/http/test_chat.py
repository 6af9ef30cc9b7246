"""`/api/v1/chat`: who may change the chat model, and what is kept of it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from makima.config import load_settings
from makima.engines.fake import FakeEngine
from makima.llm.chosen.choice import FILE, ChatChoice, load_choice, save_choice
from makima.llm.registry import choose, make_chosen
from makima.server.access.keys import KeyStore
from makima.server.app import create_app, create_services

PATH = "/api/v1/chat"
CHOICE = {"baseUrl": "http://127.0.0.1:9/v1", "model": "small", "apiKey": "secret", "systemPrompt": "Be brief."}


def app_for(folder: Path, **settings: object) -> FastAPI:
    made = load_settings(data_dir=folder, voices_dir=folder / "voices", cache_dir=folder / "cache", **settings)
    return create_app(create_services(made, FakeEngine(), chat=choose(made), make_chat=make_chosen))


def client(app: FastAPI, address: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def test_a_choice_is_used_kept_and_forgotten(tmp_path: Path) -> None:
    async with client(app_for(tmp_path)) as http:
        before = (await http.get(PATH)).json()
        assert (before["isEcho"], before["mayChange"], before["hasKey"]) == (True, True, False)
        after = (await http.put(PATH, json=CHOICE)).json()
        assert (after["model"], after["isEcho"], after["hasKey"]) == ("small", False, True)
        assert (after["systemPrompt"], after["chosenHere"]) == ("Be brief.", True)
        assert "secret" not in json.dumps(after)
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
        # The key stays with its endpoint, and goes to no other one.
        kept = {name: value for name, value in CHOICE.items() if name != "apiKey"}
        assert (await http.put(PATH, json=kept)).json()["hasKey"]
        assert not (await http.put(PATH, json={**kept, "baseUrl": "http://127.0.0.1:8/v1"})).json()["hasKey"]
    async with client(app_for(tmp_path)) as http:
        assert (await http.get(PATH)).json()["model"] == "small", "the next start has it too"
        assert (await http.delete(PATH)).json()["isEcho"]
    assert load_choice(tmp_path) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"baseUrl": "ftp://x"}, "baseUrl"),
        ({"model": " "}, "model"),
        ({"modell": "x"}, "modell"),
        ({"model": 3}, "model"),
    ],
)
async def test_what_cannot_work_is_refused(tmp_path: Path, change: dict[str, object], says: str) -> None:
    async with client(app_for(tmp_path)) as http:
        answer = await http.put(PATH, json=CHOICE | change)
        assert answer.status_code == 400
        assert says in answer.json()["message"]
    assert load_choice(tmp_path) is None


@pytest.mark.parametrize(
    ("address", "headers"),
    [("192.0.2.1", {}), ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}), ("::ffff:10.0.0.1", {}), ("testclient", {})],
)
async def test_others_only_see_which_model_answers(tmp_path: Path, address: str, headers: dict[str, str]) -> None:
    async with client(app_for(tmp_path), address, **headers) as http:
        assert set((await http.get(PATH)).json()) == {"model", "isEcho", "mayChange"}
        for answer in (
            await http.put(PATH, json=CHOICE),
            await http.delete(PATH),
            await http.post(f"{PATH}/find"),
        ):
            assert answer.status_code == 403
            assert answer.json()["code"] == "FORBIDDEN"
    assert load_choice(tmp_path) is None


async def test_an_administrators_key_may_from_anywhere(tmp_path: Path) -> None:
    _, admin = KeyStore(tmp_path).add("ann")
    _, other = KeyStore(tmp_path).add("ben")
    app = app_for(tmp_path, admin_keys="ann")
    for key, status in ((admin, 200), (other, 403), ("mk_00_no", 401)):
        async with client(app, "192.0.2.1", Authorization=f"Bearer {key}") as http:
            assert (await http.put(PATH, json=CHOICE)).status_code == status


@pytest.mark.parametrize("text", ["", "{", "[]", '{"base_url": "x", "model": "y"}', '{"model": "y"}'])
def test_a_file_that_is_no_choice_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert load_choice(tmp_path) is None


def test_a_choice_comes_back_as_it_was(tmp_path: Path) -> None:
    choice = ChatChoice("https://example.org/v1", "modèle", None, "短く。")
    save_choice(tmp_path / "new", choice)
    assert load_choice(tmp_path / "new") == choice
    save_choice(tmp_path / "new", None)
    save_choice(tmp_path / "new", None)
    assert load_choice(tmp_path / "new") is None
