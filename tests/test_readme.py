"""What README tells people to run, run as it stands there; only addresses and paths are this test's own."""

from __future__ import annotations

import re
import shutil
import subprocess
import wave
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.server.servers import ProcessServer

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
SHELL_LINES = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line.strip()]
SAID = [line for line in SHELL_LINES if ".venv/bin/makima" in line]


def run(command: str, folder: Path) -> str:
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def spoken_s(path: Path) -> float:
    with wave.open(str(path)) as file:
        samples = len(file.readframes(10**9)) // file.getsampwidth()
        return float(samples / file.getframerate())


@pytest.mark.parametrize("line", SAID)
def test_commands(line: str, tmp_path: Path) -> None:
    if "models" in line:
        pytest.skip("it fetches weights from the hub")
    run(line.replace(".venv/bin/makima", f"{warm.typed()} -m makima"), tmp_path)
    for path in tmp_path.glob("*.wav"):
        assert spoken_s(path) > 0.5


def test_the_api_in_ten_lines(espeak_server: ProcessServer, tmp_path: Path) -> None:
    (program,) = (text for kind, text in BLOCKS if kind == "python")
    assert "127.0.0.1:8000" in program
    program = program.replace("ws://127.0.0.1:8000", espeak_server.url.replace("http", "ws"))
    (tmp_path / "program.py").write_text(program)
    printed = run(f"{warm.typed()} program.py", tmp_path)
    assert "bytes of PCM" in printed


def test_curl(espeak_server: ProcessServer, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (line,) = (line for line in SHELL_LINES if line.startswith("curl"))
    run(line.replace("http://127.0.0.1:8000", espeak_server.url), tmp_path)
    assert spoken_s(tmp_path / "hello.wav") > 0.5


def test_make_knows_its_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in SHELL_LINES:
        if line.startswith("make "):
            assert re.search(rf"^{line.split()[1]}:", makefile, re.MULTILINE), line


def test_what_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
