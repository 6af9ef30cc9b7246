"""A server of the Model Context Protocol: lets assistants speak, list voices and transcribe by a Makima server."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import AudioContent, TextContent

from makima import __version__
from makima.client.asynchronous import AsyncClient
from makima.client.errors import ServerError

INSTRUCTIONS = "Speak texts aloud into files, list the voices there are, and write down what is said in recordings."


def make_server(base_url: str, key: str | None) -> MCPServer:
    """The MCP server in front of the Makima server at `base_url`."""
    server = MCPServer("makima", title="Makima", instructions=INSTRUCTIONS, version=__version__)
    for tool in _tools(base_url, key):
        server.tool()(tool)
    return server


@asynccontextmanager
async def _client(base_url: str, key: str | None) -> AsyncIterator[AsyncClient]:
    """A client whose errors the assistant may read; of any other exception it is told nothing."""
    try:
        async with AsyncClient(base_url, key) as client:
            yield client
    except (ServerError, OSError) as exc:
        raise ToolError(str(exc)) from exc


def _tools(base_url: str, key: str | None) -> tuple[Any, ...]:
    async def speak(
        text: str, voice: str | None = None, speed: float = 1.0, file: str | None = None
    ) -> AudioContent | TextContent:
        """Speak a text. With `file` (.mp3, .wav, .opus, .flac or .aac) the speech is saved there, else it is returned
        as MP3. `voice` is an id of the tool `voices`; `speed` is 0.25 to 4."""
        async with _client(base_url, key) as client:
            if file is not None:
                await client.save(text, Path(file), voice=voice, speed=speed)
                return TextContent(type="text", text=f"Saved to {file}.")
            with TemporaryDirectory() as folder:
                path = Path(folder) / "speech.mp3"
                await client.save(text, path, voice=voice, speed=speed)
                data = base64.b64encode(path.read_bytes()).decode()
            return AudioContent(type="audio", data=data, mime_type="audio/mpeg")

    async def voices() -> list[dict[str, Any]]:
        """List the voices there are: ids, names, languages and descriptions."""
        async with _client(base_url, key) as client:
            known = ("id", "name", "language", "description")
            return [{name: voice[name] for name in known if name in voice} for voice in await client.voices()]

    async def transcribe(file: str, language: str | None = None) -> str:
        """Write down what is said in a recording of any usual format. `language` is a name or an ISO code."""
        async with _client(base_url, key) as client:
            return await client.transcribe(Path(file), language=language)

    return speak, voices, transcribe
