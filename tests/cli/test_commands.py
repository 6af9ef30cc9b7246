"""The command line, as people type it."""

from __future__ import annotations

import io
import subprocess
import sys
import wave
from pathlib import Path

import jwt
import pytest

from makima import __version__
from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from tests.support.commands import makima


def length_s(file: Path) -> float:
    with wave.open(str(file)) as reader:
        return float(reader.getnframes() / reader.getframerate())


def test_version(tmp_path: Path) -> None:
    """In a process that Python starts for it, as `python -m makima` does."""
    command = [sys.executable, "-m", "makima", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"makima {__version__}\n", "")


def test_say_into_a_file(tmp_path: Path) -> None:
    status, out, said = makima(tmp_path, "say", "Hello there.", "-o", "out.wav")
    assert (status, out) == (0, b"")
    assert 0.3 < length_s(tmp_path / "out.wav") < 3
    assert "out.wav: " in said
    assert "s of speech" in said


@pytest.mark.parametrize("piped", [False, True])
def test_say_warns_of_a_script_that_no_engine_reads(tmp_path: Path, piped: bool) -> None:
    text = "مرحبا"
    given = [] if piped else [text]
    status, _, said = makima(tmp_path, "say", *given, "-o", "out.wav", text=f"{text}\n" if piped else None)
    assert status == 0, "it may be what is wanted"
    assert said.count("looks like Arabic") == 1
    assert "Spoken are Chinese, English" in said


def test_say_from_standard_input_to_standard_output(tmp_path: Path) -> None:
    status, out, _ = makima(tmp_path, "say", "-o", "-", text="Hello there.\nHow are you?\n")
    assert status == 0
    with wave.open(io.BytesIO(out)) as reader:
        assert reader.getframerate() == 22_050
        assert len(reader.readframes(10**7)) == len(out) - len(wav.header(22_050, about=SYNTHETIC)) > 22_050


def test_voice_language_and_engine(tmp_path: Path) -> None:
    makima(tmp_path, "say", "Eins, zwei, drei.", "-o", "a.wav", "--voice", "baritone", "--language", "de")
    makima(tmp_path, "say", "Eins, zwei, drei.", "-o", "b.wav", "-v", "makima", "-l", "German")
    assert (tmp_path / "a.wav").read_bytes() != (tmp_path / "b.wav").read_bytes()
    assert makima(tmp_path, "say", "Tones.", "-o", "c.wav", TTS_ENGINE="fake")[0] == 0
    assert length_s(tmp_path / "c.wav") == 6 * 0.04


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["say", "Hi", "-o", "x.wav", "--voice", "unknown"], "There is no voice 'unknown'. There are: makima,"),
        (["say", "Hi", "-o", "x.wav", "--language", "Klingon"], "'Klingon' is not spoken here. Take one of: Chinese,"),
        (["say", "Hi", "-o", "x.wav", "--engine", "nonsense"], "TTS_ENGINE: There is no engine 'nonsense'."),
        (["say", "", "-o", "x.wav"], "The text is empty."),
        (["say", "🎉", "-o", "x.wav"], "nothing in the text that can be spoken"),
        (["say", "-o", "x.wav"], "nothing to be spoken"),
        (["serve", "--host", "0.0.0.0"], "--insecure"),
        (["serve", "--port", "99999"], "--port: "),
        (["models", "pull", "kokor"], "Did you mean kokoro?"),
        (["verify", "nofile"], "nofile cannot be read: No such file"),
        (["serve", "--engine", "nonsense"], "TTS_ENGINE"),
    ],
)
def test_errors_are_a_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    status, out, problem = makima(tmp_path, *arguments)
    assert (status, out) == (1, b"")
    assert problem.startswith("Error: ")
    assert said in problem
    assert "Traceback" not in problem
    assert not (tmp_path / "x.wav").exists()


@pytest.mark.parametrize("target", [".", "no/such/folder/out.wav"])
def test_a_file_that_cannot_be_written(tmp_path: Path, target: str) -> None:
    status, _, problem = makima(tmp_path, "say", "Hi", "-o", target)
    assert status == 1
    assert problem.startswith("Error: ")
    assert "Traceback" not in problem


def test_without_a_player_it_says_what_to_do(tmp_path: Path) -> None:
    status, _, problem = makima(tmp_path, "say", "Hi", PATH=str(tmp_path))
    assert status == 1
    assert "-o" in problem


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    status, _, problem = makima(tmp_path, "voices", MAKIMA_PORT="many")
    assert status == 1
    assert problem.startswith("Error: MAKIMA_PORT: ")


def test_settings_from_a_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TTS_ENGINE=fake\n")
    assert b"octave up" in makima(tmp_path, "voices")[1]


def test_voices(tmp_path: Path) -> None:
    status, out, _ = makima(tmp_path, "voices")
    assert status == 0
    assert "makima (default)" in out.decode()
    assert "espeak" in out.decode()


def test_doctor(tmp_path: Path) -> None:
    status, out, _ = makima(tmp_path, "doctor")
    report = out.decode()
    assert status == 0
    for expected in (__version__, "python", "voices", "espeakng-loader", "can load", "echo", "works"):
        assert expected in report


def test_doctor_of_what_does_not_speak(tmp_path: Path) -> None:
    status, out, _ = makima(tmp_path, "doctor", TTS_ENGINE="nonsense")
    assert status == 1
    assert "failed" in out.decode()


def test_keys_from_their_making_to_their_end(tmp_path: Path) -> None:
    folder = {"MAKIMA_DATA_DIR": str(tmp_path / "data")}
    status, key, said = makima(tmp_path, "keys", "add", "kitchen", "--utterances", "5", **folder)
    assert (status, key[:3]) == (0, b"mk_")
    assert "From now on" in said
    listed = makima(tmp_path, "keys", "list", **folder)[1].decode()
    assert "kitchen" in listed
    assert "5 utterances" in listed
    assert key.decode().strip() not in listed
    assert makima(tmp_path, "keys", "revoke", "kitchen", **folder)[0] == 0
    status, _, said = makima(tmp_path, "keys", "revoke", "kitchen", **folder)
    assert (status, "no key 'kitchen'" in said) == (1, True)
    assert makima(tmp_path, "usage", **folder)[0] == 0


def test_a_token_for_a_browser(tmp_path: Path) -> None:
    secret = "a secret of more than thirty-two bytes"
    status, token, _ = makima(tmp_path, "token", "ann", "--minutes", "5", MAKIMA_AUTH_SECRET=secret)
    claims = jwt.decode(token.decode().strip(), secret, ["HS256"])
    assert (status, claims["sub"]) == (0, "ann")
    status, _, said = makima(tmp_path, "token", "ann")
    assert (status, "MAKIMA_AUTH_SECRET" in said) == (1, True)


def test_say_writes_what_the_name_says(tmp_path: Path) -> None:
    assert makima(tmp_path, "say", "Hello there.", "-o", "out.mp3", "--speed", "1.5")[0] == 0
    assert (tmp_path / "out.mp3").read_bytes()[:1] == b"\xff"
    status, _, said = makima(tmp_path, "say", "Hi", "-o", "out.doc")
    assert (status, "mp3, opus" in said) == (1, True)


def test_standard_input_that_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    status, _, problem = makima(tmp_path, "say", "-o", "a.wav", text="Hello\0 there.\n")
    assert status == 1
    assert "U+0000" in problem
    assert not (tmp_path / "a.wav").exists()
