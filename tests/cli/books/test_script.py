"""`makima say --script`."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path

import pytest

from tests.support.commands import makima
from tests.support.tones import tones_pcm16

SCRIPT = "Anna: Hello there.\nTom: And hello.\n[1 s]\nAnna: So.\n"


def silence(ms: int) -> bytes:
    return bytes(2 * 24 * ms)


def pcm_of(data: bytes) -> bytes:
    with wave.open(io.BytesIO(data)) as file:
        return bytes(file.readframes(file.getnframes()))


def test_a_file_and_the_times_of_its_lines(tmp_path: Path) -> None:
    (tmp_path / "play.txt").write_text(SCRIPT)
    status, _, err = makima(
        tmp_path, "say", "--script", "play.txt", "-o", "play.wav", "-e", "fake", "--times", "times.json",
        "--cast", "Anna=second",
    )  # fmt: skip
    assert status == 0, err
    pcm = pcm_of((tmp_path / "play.wav").read_bytes())
    first, second, third = (
        tones_pcm16("Hello there.", octave=2.0),
        tones_pcm16("And hello."),
        tones_pcm16("So.", octave=2.0),
    )
    assert pcm == first + silence(350) + second + silence(1_000) + third
    lines = json.loads((tmp_path / "times.json").read_text())["lines"]
    assert [(each["speaker"], each["voice"]) for each in lines] == [
        ("Anna", "second"),
        ("Tom", "makima"),
        ("Anna", "second"),
    ]
    assert [pcm[48 * each["startMs"] : 48 * each["endMs"]] for each in lines] == [first, second, third]


def test_from_a_pipe_to_a_pipe(tmp_path: Path) -> None:
    script = json.dumps({"lines": [{"text": "Hello there."}]})
    status, out, err = makima(tmp_path, "say", "--script", "-", "-o", "-", "-e", "fake", text=script)
    assert status == 0, err
    assert out.endswith(tones_pcm16("Hello there."))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--script", "play.txt", "Hello."], "has its own text"),
        (["--script", "play.txt", "-v", "second"], "--cast"),
        (["--script", "none.txt"], "cannot be read"),
        (["--script", "play.txt", "--cast", "Anna"], "Anna=makima"),
        (["--script", "play.txt", "--cast", "Anna=none"], "no voice 'none'"),
        (["--script", "bad.txt"], "names no speaker"),
        (["Hello.", "--times", "t.json"], "for a script"),
        (["--script", "latin.txt"], "not UTF-8"),
    ],
)
def test_what_is_refused(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "play.txt").write_text(SCRIPT)
    (tmp_path / "bad.txt").write_text("nobody says this")
    (tmp_path / "latin.txt").write_bytes(b"Anna: caf\xe9")
    status, _, err = makima(tmp_path, "say", *arguments, "-o", "x.wav", "-e", "fake")
    assert status == 1
    assert said in err
    assert not (tmp_path / "x.wav").exists()
