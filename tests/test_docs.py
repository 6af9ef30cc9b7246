"""The documentation: its site is built, and the examples that are marked in it run as they stand.

A block is marked by a line above it: `<!-- runs -->`, or `<!-- runs: PACKAGE -->` where it needs that.
Only addresses and paths are this test's own. The blocks of a page run in one folder, in their order.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.server.servers import ProcessServer

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(
    r"^<!-- runs(?:: (?P<needs>[\w.]+))? -->\n```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
EXAMPLES = {
    path.relative_to(DOCS).as_posix(): found
    for path in sorted(DOCS.rglob("*.md"))
    if (found := list(BLOCK.finditer(path.read_text(encoding="utf-8"))))
}
MARKED = {"index.md", "text.md", "listen.md", "marking.md", "integrations/README.md", "integrations/openai.md"}


def run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "MAKIMA_DATA_DIR": str(folder / "data"), "MAKIMA_AUTH_SECRET": "x" * 32}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def here(text: str, server: ProcessServer) -> str:
    """An example with this server's address and this environment's commands."""
    host = server.url.removeprefix("http://")
    return text.replace("127.0.0.1:8000", host).replace(".venv/bin/makima", f"{warm.typed()} -m makima")


def present(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("page", EXAMPLES)
def test_examples_run(page: str, espeak_server: ProcessServer, tmp_path: Path) -> None:
    left_out = []
    for number, example in enumerate(EXAMPLES[page]):
        needs, kind, text = example["needs"], example["kind"], here(example["text"], espeak_server)
        if (needs is not None and not present(needs)) or ("curl" in text and shutil.which("curl") is None):
            left_out.append(needs or "curl")
            continue
        script = tmp_path / f"example-{number}.{'py' if kind == 'python' else 'sh'}"
        script.write_text(text, encoding="utf-8")
        run([*warm.python(), script.name] if kind == "python" else ["bash", "-euo", "pipefail", script.name], tmp_path)
    if len(left_out) == len(EXAMPLES[page]):
        pytest.skip(f"not installed: {', '.join(left_out)}")


def test_what_is_marked() -> None:
    assert set(EXAMPLES) >= MARKED
    for path in DOCS.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert text.count("<!-- runs") == len(BLOCK.findall(text)), f"{path}: a mark that is above no block"


def test_the_site_is_built(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "AsyncClient" in (site / "reference/client/index.html").read_text(encoding="utf-8")
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|link rel="stylesheet")[^>]*(?:src|href)="https?://', page.read_text(encoding="utf-8")
        )
        assert not loaded, "the site loads nothing from another host"
