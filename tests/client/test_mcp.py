"""The MCP server, by the official SDK's client: as a process, over its standard input and output."""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import AudioContent, TextContent

from makima.audio import files
from makima.cli.app import app
from tests.support import warm
from tests.support.server.servers import ProcessServer


async def test_an_assistant_speaks_lists_and_transcribes(espeak_server: ProcessServer, tmp_path: Path) -> None:
    command, *arguments = [*warm.python(), "-m", "makima", "mcp", "--url", espeak_server.url]
    process = StdioServerParameters(command=command, args=arguments, env=dict(os.environ), cwd=tmp_path)
    async with stdio_client(process) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = await session.list_tools()
        assert {tool.name for tool in tools.tools} == {"speak", "voices", "transcribe"}

        (audio,) = (await session.call_tool("speak", {"text": "Hello there."})).content
        assert isinstance(audio, AudioContent)
        assert len(files.decode(io.BytesIO(base64.b64decode(audio.data)), 24_000)) > 12_000

        saved = tmp_path / "speech.wav"
        await session.call_tool("speak", {"text": "Hello there.", "voice": "tenor", "file": str(saved)})
        assert saved.read_bytes()[:4] == b"RIFF"

        listed = await session.call_tool("voices", {})
        assert "baritone" in json.dumps([each.model_dump() for each in listed.content])

        (words,) = (await session.call_tool("transcribe", {"file": str(saved), "language": "en"})).content
        assert isinstance(words, TextContent)
        assert words.text.split()

        wrong = await session.call_tool("speak", {"text": "Hi.", "voice": "unknown"})
        assert wrong.is_error
        assert "no voice" in json.dumps([each.model_dump() for each in wrong.content])


def test_it_is_a_command() -> None:
    assert "mcp" in [
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    ]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
