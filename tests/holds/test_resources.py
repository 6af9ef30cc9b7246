"""Servers that run out of descriptors and of memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.support.server.servers import ColdServer, ProcessServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux has them")


def limited(folder: Path, limit: str) -> ProcessServer:
    """A server under a limit of `ulimit`."""
    return ProcessServer(folder, "--engine", "espeak", before=f"ulimit {limit}", MAKIMA_STT="pocketsphinx")


def test_without_descriptors_connections_are_refused_in_words(tmp_path: Path) -> None:
    with limited(tmp_path, "-n 64") as server, contextlib.ExitStack() as stack:
        address = urlsplit(server.url)
        clients = [
            stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=10))
            for _ in range(100)
        ]
        answer = clients[-1].recv(1_000)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after" in answer
        stack.close()
        body = {"text": "Hello there.", "format": "pcm"}
        for _ in range(2):
            assert httpx.post(f"{server.url}/api/v1/tts", json=body, timeout=30, trust_env=False).status_code == 200
        printed = "".join(server.printed)
        assert "Traceback" not in printed
        assert printed.count("connections are refused") == 1


async def test_without_memory_sessions_are_refused_in_words(tmp_path: Path) -> None:
    with limited(tmp_path, "-v 600000") as server:
        address = server.url.replace("http", "ws") + "/api/v1/listen"

        async def session() -> str:
            async with connect(address, open_timeout=30) as client:
                await client.recv()
                await client.send(json.dumps({"type": "start"}))
                answer = {"type": "loading"}
                while answer["type"] == "loading":
                    answer = json.loads(await client.recv())
                await client.send(json.dumps({"type": "stop"}))
                return str(answer.get("code", answer["type"]))

        ends = set(await asyncio.gather(*(session() for _ in range(24))))
        assert ends <= {"started", "RATE_LIMITED"}
        assert "RATE_LIMITED" in ends
        assert server.process.poll() is None
        assert "Traceback" not in "".join(server.printed)


def test_without_room_for_uploads(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=False).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        with ColdServer(tmp_path, "--engine", "espeak", MAKIMA_STT="pocketsphinx", TMPDIR=str(small)) as server:
            files = {"file": ("a.wav", bytes(2_600_000))}
            answer = httpx.post(f"{server.url}/v1/audio/transcriptions", files=files, timeout=30, trust_env=False)
            assert answer.status_code == 503
            assert "TMPDIR" in answer.text
            assert "Traceback" not in "".join(server.printed)
    finally:
        subprocess.run(["umount", str(small)], check=True)
