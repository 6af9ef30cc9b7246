"""Commands that are printed can be typed, and no message or document names another one's package."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from makima import installation
from makima.engines.registry import EngineSpec
from makima.stt.registry import RECOGNIZERS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def in_a_clone(monkeypatch: pytest.MonkeyPatch, clone: Path) -> None:
    (clone / ".venv/bin").mkdir(parents=True)
    for name in ("pip", "makima"):
        (clone / ".venv/bin" / name).write_text("")
    monkeypatch.setattr(installation, "clone", lambda: clone)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(clone / ".venv/bin"))
    monkeypatch.setenv("PATH", "/usr/bin")


def test_in_a_clone_the_programs_of_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_a_clone(monkeypatch, tmp_path)
    assert installation.install("qwen3", tmp_path) == ".venv/bin/pip install -c constraints.txt -e '.[qwen3]'"
    assert installation.install("", tmp_path) == ".venv/bin/pip install -c constraints.txt -e '.'"
    assert installation.command("doctor", tmp_path) == ".venv/bin/makima doctor"


def test_from_another_folder_with_the_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = tmp_path / "clone"
    in_a_clone(monkeypatch, clone)
    assert installation.command("doctor", tmp_path / "other") == f"{clone}/.venv/bin/makima doctor"
    assert installation.install("jwks", tmp_path / "other") == (
        f"{clone}/.venv/bin/pip install -c {clone}/constraints.txt -e '{clone}[jwks]'"
    )


def test_a_wheel_is_extended_by_the_name_of_the_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_a_clone(monkeypatch, tmp_path)
    monkeypatch.setattr(installation, "clone", lambda: None)
    for name in ("pip", "makima"):
        (tmp_path / ".venv/bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / ".venv/bin"))
    assert installation.install("qwen3") == "pip install 'makima-speech[qwen3]'"
    assert installation.run("models list") == "Run: makima models list"


def test_without_programs_the_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "clone", lambda: None)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", "")
    assert installation.install() == f"{sys.executable} -m pip install 'makima-speech'"
    assert installation.command("doctor") == f"{sys.executable} -m makima doctor"


def test_what_is_printed_here_runs() -> None:
    done = subprocess.run(installation.command("--help"), shell=True, capture_output=True, text=True, check=True)
    assert "doctor" in done.stdout
    subprocess.run(f"{installation.install()} --help", shell=True, capture_output=True, check=True)


def test_the_messages_ask_it() -> None:
    spec = EngineSpec("e", "", lambda _: pytest.fail("made"), packages=("no_such_package",), extra="qwen3")
    problem = spec.packages_problem()
    assert problem is not None
    assert problem.mend == installation.run_install("qwen3")
    assert RECOGNIZERS["parakeet"].extra == "parakeet"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_documents_agree_with_it(path: Path) -> None:
    for extra in re.findall(r"pip install [^`\n]*\[(\w+)\]'", path.read_text()):
        assert f".venv/bin/pip install -c constraints.txt -e '.[{extra}]'" in path.read_text()


def test_nothing_names_the_package_of_somebody_else() -> None:
    sources = [file for suffix in ("py", "js", "html") for file in (ROOT / "src").rglob(f"*.{suffix}")]
    for path in [*sources, *DOCUMENTS, ROOT / "pyproject.toml", ROOT / "Makefile"]:
        assert not re.search(r"(?<![\w-])makima\[|pip install '?makima(?!-)", path.read_text()), path
