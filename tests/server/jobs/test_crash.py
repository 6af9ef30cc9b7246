"""A server that is killed in the middle of a job: what comes out is what an undisturbed one makes, to the byte."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import httpx

from tests.support.books import chapters, markdown
from tests.support.server.servers import ProcessServer

BOOK = markdown(chapters(800, 4))
KILLS = 2
PATIENCE_S = 120.0


def server(folder: Path, data: Path) -> ProcessServer:
    return ProcessServer(folder, TTS_ENGINE="espeak", MAKIMA_DATA_DIR=str(data))


def job_of(url: str, job_id: str) -> dict[str, Any]:
    return dict(httpx.get(f"{url}/api/v1/jobs/{job_id}", trust_env=False, timeout=30).json())


def started(url: str) -> str:
    body = {"markdown": BOOK, "format": "wav"}
    answer = httpx.post(f"{url}/api/v1/jobs", json=body, trust_env=False, timeout=60)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def files_of(url: str, job_id: str) -> dict[str, bytes]:
    deadline_s = time.monotonic() + PATIENCE_S
    while (job := job_of(url, job_id))["state"] != "done":
        assert job["state"] != "failed", job["reason"]
        assert time.monotonic() < deadline_s, job
        time.sleep(0.05)
    return {name: httpx.get(url + path, trust_env=False, timeout=60).content for name, path in job["files"].items()}


def test_a_job_survives_kills(tmp_path: Path) -> None:
    with server(tmp_path, tmp_path / "whole") as whole:
        expected = files_of(whole.url, started(whole.url))
    job_id = ""
    done = 0
    rests = random.Random(1)
    for _ in range(KILLS):
        with server(tmp_path, tmp_path / "killed") as killed:
            job_id = job_id or started(killed.url)
            deadline_s = time.monotonic() + PATIENCE_S
            while (now := job_of(killed.url, job_id))["charactersDone"] < done + 400 and time.monotonic() < deadline_s:
                time.sleep(0.01)
            time.sleep(rests.random() * 0.05)
            killed.process.kill()
        assert now["state"] == "running", "it was too late to be killed in the middle"
        done = now["charactersDone"]
    with server(tmp_path, tmp_path / "killed") as last:
        assert job_of(last.url, job_id)["charactersDone"] >= done
        found = files_of(last.url, job_id)
    assert found == expected
    said = [text["text"] for chapter in json.loads(found["words.json"])["chapters"] for text in chapter["texts"]]
    assert len(said) == len(set(said)) > 20
