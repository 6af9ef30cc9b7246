"""What `make serve` installs is enough: nothing of the extras is needed to speak, or to serve."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from makima import installation
from makima.audio import wav
from makima.stt.protocol import RATE_HZ
from tests.support.speech import spoken

EXTRAS = (
    *("av", "cryptography", "fsspec", "huggingface_hub", "matplotlib", "num2words", "safetensors", "tokenizers"),
    *("onnx", "onnx_asr", "onnxruntime", "perth", "torch"),
    *("hypothesis", "openai", "playwright", "pytest"),
)
WITHOUT = f"""
import sys
sys.modules.update(dict.fromkeys({EXTRAS!r}))  # as if they were not installed
"""


def run(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT + program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


COMMANDS = (
    ["say", "Hello.", "-o", "x.wav", "--engine", "espeak"],
    ["voices"],
    ["transcribe", "hello.wav"],
    ["voices", "add", "--help"],
    ["--version"],
    ["serve", "--help"],
)
EACH = f"""
import os
from makima.cli import main
for arguments in {COMMANDS!r}:
    sys.stderr.flush()
    if os.fork() == 0:  # what all of them import is imported once
        sys.argv[1:] = arguments
        main()
    assert os.wait()[1] == 0, arguments
"""


def test_commands(tmp_path: Path) -> None:
    wav.write(tmp_path / "hello.wav", spoken("Hello."), RATE_HZ)
    done = run(tmp_path, EACH)
    assert done.returncode == 0, done.stderr


def test_the_server_can_be_made(tmp_path: Path) -> None:
    program = """
from makima.config import load_settings
from makima.engines.espeak import EspeakEngine
from makima.server.app import create_app, create_services
create_app(create_services(load_settings(), EspeakEngine()))
"""
    done = run(tmp_path, program)
    assert done.returncode == 0, done.stderr


def test_doctor_names_the_extra_in_full(tmp_path: Path) -> None:
    done = run(tmp_path, "sys.argv[1:] = ['doctor']\nfrom makima.cli import main\nmain()")
    assert done.returncode == 0, done.stderr
    assert installation.install("qwen3", tmp_path) in " ".join(done.stdout.split())
