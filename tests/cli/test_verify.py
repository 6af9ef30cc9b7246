"""`makima verify`, on files as they come out of the product and as they look after a journey."""

from __future__ import annotations

import wave
from pathlib import Path

import httpx
import numpy as np
import pytest

from makima import installation
from makima.audio import wav
from makima.cli import verify
from makima.engines.espeak import EspeakEngine
from makima.engines.marked import MarkedEngine
from makima.models.perth import weights
from makima.models.perth.detector import Detection
from tests.conftest import StartServer
from tests.support.commands import makima
from tests.support.marks import SPEECH_HZ, TEXT, encoded, mark, speech

pytestmark = pytest.mark.skipif(not weights.installed(), reason="the extra watermark is not installed")


def test_what_was_said_into_a_file(tmp_path: Path) -> None:
    assert makima(tmp_path, "say", TEXT, "-o", "said.wav", MAKIMA_WATERMARK="on")[0] == 0
    status, out, _ = makima(tmp_path, "verify", "said.wav")
    assert status == 0
    assert "it says “Synthetic speech, made by a machine”" in out.decode()
    assert "Watermark: found in 5 of 5 s of sound." in out.decode()
    assert "said.wav was made by a machine." in out.decode()
    with wave.open(str(tmp_path / "said.wav")) as file:
        samples = np.frombuffer(file.readframes(10**7), "<i2")
    np.testing.assert_allclose(samples / 32767, mark(speech()), atol=1e-4)


def test_an_mp3_without_its_metadata(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "copy.mp3"
    path.write_bytes(encoded(mark(speech()), SPEECH_HZ, "mp3", "mp3"))
    assert verify.verify(path)
    said = capsys.readouterr().out
    assert "Metadata: it says nothing of a machine." in said
    assert "found in 5 of 5 s" in said
    assert "By its watermark, copy.mp3 was made by a machine." in said


def test_a_recording(tmp_path: Path) -> None:
    wav.write(tmp_path / "recording.wav", speech(), SPEECH_HZ)
    status, out, _ = makima(tmp_path, "verify", "recording.wav")
    assert status == 1
    assert "Watermark: not found in 5 s of sound." in out.decode()
    assert "Nothing in recording.wav says that a machine made it. That is no proof" in out.decode()


def test_the_answer_of_a_server(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(MarkedEngine(EspeakEngine(workers=1)))
    answer = httpx.post(f"{server.url}/api/v1/tts", json={"text": TEXT}, trust_env=False, timeout=30)
    path = tmp_path / "answer.wav"
    path.write_bytes(answer.content)
    assert verify.verify(path)
    assert verify._look(path) == Detection(5, 5)


def test_without_the_extra_the_metadata_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    makima(tmp_path, "say", "Hello.", "-o", "said.wav")
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    assert verify.verify(tmp_path / "said.wav")
    said = " ".join(capsys.readouterr().out.split())
    assert "it cannot be looked for" in said
    assert installation.install("watermark") in said


def test_too_little_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wav.write(tmp_path / "x.wav", np.zeros(24_000, np.float32), 24_000)
    assert not verify.verify(tmp_path / "x.wav")
    assert "too little sound" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, b"no audio"])
def test_what_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "x.wav").write_bytes(content)
    status, _, problem = makima(tmp_path, "verify", "x.wav")
    assert status == 1
    assert problem.startswith("Error: x.wav cannot be read")
