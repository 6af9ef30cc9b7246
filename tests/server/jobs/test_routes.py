"""`/api/v1/jobs`."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from makima.engines.fake import FakeScript
from makima.server.access.keys import KeyStore
from tests.conftest import StartServer
from tests.support.books import chapters, epub, markdown
from tests.support.server.servers import ThreadServer, WatchedEngine

PATH = "/api/v1/jobs"
TEXT = "# One\n\nHello there.\n\n# Two\n\nIt ends."


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> ThreadServer:
    return start_server(WatchedEngine(), data_dir=tmp_path / "data")


@pytest.fixture
def slow(start_server: StartServer, tmp_path: Path) -> ThreadServer:
    """Takes a minute for each character: a job never gets on in it."""
    return start_server(WatchedEngine(FakeScript(character_s=60.0)), data_dir=tmp_path / "data")


def client_of(server: ThreadServer, key: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30, headers=headers)


@pytest.fixture
async def http(server: ThreadServer) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(server) as client:
        yield client


async def made(http: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await http.post(PATH, json={"markdown": TEXT, "format": "wav", **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def until(http: httpx.AsyncClient, job_id: str, *states: str) -> dict[str, Any]:
    for _ in range(600):
        job = (await http.get(f"{PATH}/{job_id}")).json()
        if job["state"] in states:
            return dict(job)
        await asyncio.sleep(0.05)
    raise AssertionError(job)


async def test_from_a_text_to_its_files(http: httpx.AsyncClient) -> None:
    job = await made(http, title="The Keys", author="A. N.", format="m4b")
    assert (job["title"], job["author"], job["language"]) == ("The Keys", "A. N.", "English")
    job = await until(http, job["id"], "done", "failed")
    assert job["reason"] is None
    assert (job["chapters"][0]["title"], job["chapters"][0]["startSeconds"]) == ("One", 0.0)
    assert job["charactersDone"] == job["characters"]
    assert set(job["files"]) == {"book.m4b", "words.json", "words.srt", "words.vtt"}
    answer = await http.get(job["files"]["book.m4b"])
    assert answer.headers["content-type"] == "audio/mp4"
    assert "The%20Keys.m4b" in answer.headers["content-disposition"]
    with av.open(io.BytesIO(answer.content)) as book:
        assert [each["metadata"]["title"] for each in book.chapters()] == ["One", "Two"]
    words = (await http.get(job["files"]["words.json"])).json()
    assert [each["title"] for each in words["chapters"]] == ["One", "Two"]
    assert (await http.get(job["files"]["words.vtt"])).text.startswith("WEBVTT")


async def test_ranges_of_a_file(http: httpx.AsyncClient) -> None:
    job = await until(http, (await made(http))["id"], "done")
    url = job["files"]["book.wav"]
    whole = (await http.get(url)).content
    part = await http.get(url, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole[100:200]
    assert (await http.head(url)).headers["content-length"] == str(len(whole))


async def test_a_file_is_uploaded(http: httpx.AsyncClient, tmp_path: Path) -> None:
    made_up = chapters(60, 2)
    data = epub(tmp_path / "b.epub", made_up).read_bytes()
    fields = {"format": "mp3", "speed": "1.5", "pronunciations": json.dumps({"Anna": "Hannah"}), "title": ""}
    answer = await http.post(PATH, files={"file": ("b.epub", data)}, data=fields)
    assert answer.status_code == 201, answer.text
    job = answer.json()
    assert (job["title"], job["format"], job["speed"]) == ("The Keys of the Harbour", "mp3", 1.5)
    assert [each["title"] for each in job["chapters"]] == list(made_up)
    assert (await until(http, job["id"], "done", "failed"))["state"] == "done"


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"markdown": None}, 400, "One of text and markdown"),
        ({"text": "Both."}, 400, "One of text and markdown"),
        ({"markdown": "***"}, 400, "no text in it"),
        ({"voice": "none"}, 404, "no voice 'none'"),
        ({"language": "Klingon"}, 400, "is not spoken here"),
        ({"format": "ogg"}, 400, "format"),
        ({"speed": 9}, 400, "speed"),
        ({"pronunciations": {"": "x"}}, 400, "pronunciations"),
        ({"titel": "x"}, 400, "Did you mean title?"),
    ],
)
async def test_what_is_refused(http: httpx.AsyncClient, fields: dict[str, Any], status: int, said: str) -> None:
    body = {name: value for name, value in {"markdown": TEXT, **fields}.items() if value is not None}
    answer = await http.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["message"]
    assert (await http.get(PATH)).json() == {"jobs": []}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("b.epub", b"PK\x03\x04 broken", "zip"),
        ("b.pdf", b"%PDF-1.4 broken", "no PDF"),
        ("b.txt", b"caf\x81", "not UTF-8"),
        ("b.bin", b"\x00\x01", "no text"),
        ("../../x.txt", b"", "no text in it"),
    ],
)
async def test_files_that_cannot_be_read(http: httpx.AsyncClient, name: str, data: bytes, said: str) -> None:
    answer = await http.post(PATH, files={"file": (name, data)})
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID_DOCUMENT"
    assert said in answer.json()["message"]


async def test_no_body_and_no_file(http: httpx.AsyncClient) -> None:
    assert (await http.post(PATH, content=b"x")).status_code == 400
    answer = await http.post(PATH, data={"title": "x"}, files={"other": b"x"})
    assert "book.epub" in answer.json()["message"]


async def test_pause_resume_cancel_delete(slow: ThreadServer) -> None:
    async with client_of(slow) as http:
        job = await made(http)
        url = f"{PATH}/{job['id']}"
        await until(http, job["id"], "running")
        assert (await http.get(f"{url}/files/book.wav")).status_code == 404
        assert (await http.post(f"{url}/pause")).json()["state"] == "paused"
        assert (await http.post(f"{url}/pause")).json()["state"] == "paused"
        assert (await http.post(f"{url}/resume")).json()["state"] == "queued"
        assert (await http.post(f"{url}/cancel")).json()["state"] == "cancelled"
        answer = await http.post(f"{url}/resume")
        assert (answer.status_code, answer.json()["code"]) == (409, "WRONG_STATE")
        assert (await http.delete(url)).status_code == 204
        assert (await http.get(url)).json()["code"] == "NOT_FOUND"
        assert (await http.delete(url)).status_code == 404


async def events_of(
    http: httpx.AsyncClient, job_id: str, last: str | None = None, most: int = 1_000
) -> list[tuple[str, str, dict[str, Any]]]:
    """The events of a job up to the end of the stream, or `most` of them: name, id, data."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    headers = {"Last-Event-ID": last} if last else {}
    async with http.stream("GET", f"{PATH}/{job_id}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            if "data" in fields:
                found.append((fields["event"], fields["id"], json.loads(fields["data"])))
                if len(found) == most:
                    break
            fields = {}
    return found


async def test_events_end_with_the_job_and_are_not_sent_twice(http: httpx.AsyncClient) -> None:
    job = await made(http)
    found = await events_of(http, job["id"])
    assert [name for name, _, _ in found][-1] == "done"
    assert {name for name, _, _ in found[:-1]} <= {"progress"}
    ids = [int(each) for _, each, _ in found]
    assert ids == sorted(set(ids))
    assert found[-1][2]["files"]
    assert found[-1][2]["chapters"][1]["title"] == "Two"
    again = await http.get(f"{PATH}/{job['id']}/events", headers={"Last-Event-ID": str(ids[-1])})
    assert again.status_code == 204
    assert [name for name, _, _ in await events_of(http, job["id"], last=str(ids[0]))][-1] == "done"


async def test_events_of_a_job_that_waits(slow: ThreadServer) -> None:
    async with client_of(slow) as http:
        job = await made(http)
        reading = asyncio.create_task(events_of(http, job["id"]))
        await until(http, job["id"], "running")
        await http.delete(f"{PATH}/{job['id']}")
        assert [name for name, _, _ in await reading][-1] == "deleted"


async def test_jobs_belong_to_their_keys(start_server: StartServer, tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "data")
    (_, mine), (_, yours) = store.add("mine"), store.add("yours")
    server = start_server(WatchedEngine(), data_dir=tmp_path / "data")
    async with client_of(server, mine) as me, client_of(server, yours) as you, client_of(server) as other:
        job = await until(me, (await made(me))["id"], "done")
        url = f"{PATH}/{job['id']}"
        paths = [url, f"{url}/events", f"{url}/files/book.wav"]
        assert [(await you.get(path)).status_code for path in paths] == [404] * 3
        assert [(await other.get(path)).status_code for path in (PATH, *paths)] == [401] * 4
        assert [(await you.post(f"{url}/{move}")).status_code for move in ("pause", "resume", "cancel")] == [404] * 3
        assert (await you.delete(url)).status_code == 404
        assert (await you.get(PATH)).json() == {"jobs": []}
        assert (await me.get(f"{url}/files/book.wav")).status_code == 200
        used = (await me.get("/api/v1/usage")).json()["usage"][0]
        assert (used["characters"], used["utterances"]) == (job["characters"], 4)


async def test_a_key_has_so_many_jobs(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(WatchedEngine(), data_dir=tmp_path / "data", jobs_per_key=1)
    async with client_of(server) as http:
        job = await made(http)
        answer = await http.post(PATH, json={"text": "Another one."})
        assert answer.status_code == 429
        assert "Delete one" in answer.json()["message"]
        await http.delete(f"{PATH}/{job['id']}")
        assert (await http.post(PATH, json={"text": "Another one."})).status_code == 201


async def test_room_for_the_sound(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(WatchedEngine(), data_dir=tmp_path / "data", jobs_disk_gb=0.001)
    async with client_of(server) as http:
        answer = await http.post(PATH, json={"text": "A sentence of a text. " * 100})
        assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
        assert "left for jobs" in answer.json()["message"]


async def test_the_next_server_goes_on(start_server: StartServer, tmp_path: Path) -> None:
    first = start_server(WatchedEngine(FakeScript(character_s=60.0)), data_dir=tmp_path / "data")
    async with client_of(first) as http:
        job = await made(http)
        await until(http, job["id"], "running")
    first.stop()
    second = start_server(WatchedEngine(), data_dir=tmp_path / "data")
    async with client_of(second) as http:
        assert (await until(http, job["id"], "done", "failed"))["state"] == "done"


async def test_names_of_files_are_not_paths(http: httpx.AsyncClient) -> None:
    job = await until(http, (await made(http))["id"], "done")
    for name in ("cover", "chapter-00000.pcm", "..%2F..%2Fjobs.db", "jobs.db", "%2e%2e"):
        assert (await http.get(f"{PATH}/{job['id']}/files/{name}")).status_code == 404, name


async def test_a_long_text_in_markdown(http: httpx.AsyncClient) -> None:
    made_up = chapters(400, 4)
    job = await made(http, markdown=markdown(made_up))
    assert [each["title"] for each in job["chapters"]] == list(made_up)
    assert job["author"] == "A. N. Author"
