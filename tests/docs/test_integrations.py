"""What docs/integrations tells people to run, run as it stands there; only the address is this test's own.

A program whose packages are not installed here runs where `make clients` has installed them, or is skipped.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients import environments
from tests.support import warm
from tests.support.server.servers import ProcessServer

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/integrations").glob("*.md"))
FENCED = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
BLOCKS = [(page, kind, text) for page in PAGES for kind, text in FENCED.findall(page.read_text(encoding="utf-8"))]
PROGRAMS = [(f"{page.name}: {text[:40]!r}", text) for page, kind, text in BLOCKS if kind == "python"]
CURLS = [text for _, kind, text in BLOCKS if kind == "sh" and text.startswith("curl")]
COMMANDS = [line for _, kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if "bin/makima" in line]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessServer]:
    with ProcessServer(tmp_path_factory.mktemp("server"), "--engine", "espeak") as running:
        yield running


def imported(program: str) -> set[str]:
    """The packages that a program imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    if any(name.startswith("makima.integrations") for name in names):
        names.add("pipecat" if "pipecat" in program else "livekit.agents")
    return {name for name in names if not name.startswith("makima")}


def missing_of(program: str) -> set[str]:
    """The packages that a program imports and that are not installed here."""
    return {name.split(".")[0] for name in imported(program) if importlib.util.find_spec(name.split(".")[0]) is None}


def marks_of(program: str) -> list[pytest.MarkDecorator]:
    """What `make clients` selects programs by that need what it installs."""
    return [pytest.mark.clients] if missing_of(program) else []


def python_for(program: str) -> tuple[str, ...]:
    """An interpreter that has what a program imports; skips the test where there is none."""
    missing = missing_of(program)
    if not missing:
        return warm.python()
    for group in environments.GROUPS:
        if environments.is_ready(group):
            packages = environments.site_packages(group)
            if all((packages / name).is_dir() or (packages / f"{name}.py").is_file() for name in missing):
                return (str(environments.python_of(group)),)
    pytest.skip(f"needs {', '.join(sorted(missing))}: `make clients` installs them")


def run(program: str, server: ProcessServer, folder: Path, *arguments: str) -> str:
    program = program.replace("127.0.0.1:8000", server.url.removeprefix("http://"))
    (folder / "program.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [*python_for(program), "program.py", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "MAKIMA_URL": server.url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


@pytest.fixture(scope="module")
def folder(server: ProcessServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs run: one reads the file that another writes."""
    made = tmp_path_factory.mktemp("programs")
    (made / "hello.mp3").write_bytes(_spoken(server))
    return made


def _spoken(server: ProcessServer) -> bytes:
    body = {"input": "Hello there.", "model": "tts-1", "voice": "alloy"}
    return httpx.post(f"{server.url}/v1/audio/speech", json=body, timeout=60).content


@pytest.mark.parametrize("program", [pytest.param(text, marks=marks_of(text), id=name) for name, text in PROGRAMS])
def test_programs(program: str, server: ProcessServer, folder: Path) -> None:
    if program.rstrip().endswith("]") and "def services(" in program:
        program += "\n\nimport asyncio\n\n\nasync def made() -> None:\n    assert services()\n\n\nasyncio.run(made())\n"
        run(program, server, folder)
        return
    run(program, server, folder)
    for path in folder.glob("hello.pcm"):
        assert path.stat().st_size > 10_000


@pytest.mark.parametrize(
    "path", [pytest.param(path, marks=marks_of(path.read_text(encoding="utf-8")), id=path.name) for path in EXAMPLES]
)
def test_examples(path: Path, server: ProcessServer, folder: Path) -> None:
    run(path.read_text(encoding="utf-8"), server, folder)
    assert (folder / "hello.wav").stat().st_size > 50_000


@pytest.mark.parametrize("command", CURLS)
def test_curl(command: str, server: ProcessServer, folder: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = command.replace("http://127.0.0.1:8000", server.url)
    subprocess.run(command, shell=True, cwd=folder, check=True, timeout=60)
    assert (folder / "hello.wav").read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command: str, tmp_path: Path) -> None:
    """Those that end run; those that serve are only asked whether they know their options."""
    words = command.split("#")[0].split()[1:]
    env = {**os.environ, "MAKIMA_DATA_DIR": str(tmp_path), "MAKIMA_AUTH_SECRET": "x" * 40}
    if words[:2] == ["keys", "revoke"]:
        subprocess.run([*warm.python(), "-m", "makima", "keys", "add", words[2]], env=env, check=True, timeout=60)
    if words[0] in ("serve", "mcp"):
        words = [words[0], "--help"]
        options = set(re.findall(r"--[a-z-]+", command))
    else:
        options = set()
    done = subprocess.run(
        [*warm.python(), "-m", "makima", *words], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(option in done.stdout for option in options), done.stdout
