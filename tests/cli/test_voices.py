"""`makima voices`, as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makima.audio import wav
from makima.voices.consent import STATEMENT
from tests.cli.test_commands import length_s
from tests.support.commands import makima
from tests.support.models.checkpoints import hum, make_home, write_voice
from tests.support.recordings import RATE_HZ, TRANSCRIPT, speech, write_audio


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_audio(tmp_path / "ann.m4a", "aac", 44_100, [speech(7.0, rate_hz=44_100)] * 2)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which a tiny Qwen3-TTS speaks."""
    home = make_home(tmp_path_factory.mktemp("qwen3") / "home")
    return {
        "TTS_MODEL_ID": str(home / "checkpoint"),
        "TTS_ENGINE": "qwen3",
        "TTS_DEVICE": "cpu",
        "OMP_NUM_THREADS": "1",
    }


def test_made_checked_and_deleted(tmp_path: Path, recording: Path) -> None:
    status, out, said = makima(
        tmp_path,
        *("voices", "add", str(recording), "--name", "Ann", "--language", "de", "--transcript", TRANSCRIPT),
        *("--consent", "yes", "--consent-by", "Ann", "--description", "Low."),
    )
    assert (status, said) == (0, "")
    assert b"ann is kept in voices/ann, 7.0 s." in out
    assert b"makima voices preview ann" in out
    manifest = json.loads((tmp_path / "voices" / "ann" / "manifest.json").read_text())
    assert (manifest["name"], manifest["language"], manifest["description"]) == ("Ann", "German", "Low.")
    assert (manifest["consent"]["who"], manifest["consent"]["words"]) == ("Ann", STATEMENT)
    status, out, _ = makima(tmp_path, "voices", "check", "ann", "--no-similarity")
    assert (status, out.decode()) == (0, "Nothing is wrong with it.\n7.0 s of it would be kept.\n")
    assert makima(tmp_path, "voices", "remove", "ann", text="n\n")[0] == 1
    assert (tmp_path / "voices" / "ann").exists()
    assert makima(tmp_path, "voices", "remove", "ann", text="y\n")[0] == 0
    assert not (tmp_path / "voices" / "ann").exists()


def test_without_a_transcript_it_says_what_that_costs(tmp_path: Path, recording: Path) -> None:
    status, _, said = makima(tmp_path, "voices", "add", str(recording), "--name", "Ann", "--consent", "yes")
    assert status == 0
    assert "the timbre is kept" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "ann.m4a", "--name", "Ann"], "statement of consent"),
        (["add", "ann.m4a", "--name", "Ann", "--consent", "no"], "statement of consent"),
        (["add", "none.wav", "--name", "Ann", "--consent", "yes"], "none.wav cannot be decoded"),
        (["add", "short.wav", "--name", "Ann", "--consent", "yes"], "3 s are needed"),
        (["add", "ann.m4a", "--name", "Ann", "--consent", "yes", "--id", "../ann"], "cannot be an id"),
        (["add", "ann.m4a", "--name", "Ann", "--consent", "yes", "--language", "Klingon"], "Klingon"),
        (["remove", "unknown", "--yes"], "There is no voice 'unknown'"),
        (["check", "unknown"], "It is no file either."),
        (["preview", "unknown"], "There is no voice 'unknown'"),
    ],
)
def test_errors_are_a_sentence(tmp_path: Path, recording: Path, arguments: list[str], said: str) -> None:
    assert recording.exists()
    wav.write(tmp_path / "short.wav", speech(1.0), RATE_HZ)
    status, out, problem = makima(tmp_path, "voices", *arguments)
    assert (status, out) == (1, b"")
    assert said in problem
    assert "Traceback" not in problem
    assert not list(tmp_path.glob("voices/*/manifest.json"))


def test_what_is_not_quite_right_is_told(tmp_path: Path) -> None:
    wav.write(tmp_path / "noisy.wav", speech(4.0, noise=0.03), RATE_HZ)
    status, out, said = makima(tmp_path, "voices", "check", "noisy.wav")
    assert status == 0
    assert "advice  It is 4." in said
    assert "warning  The noise is only" in said
    assert b"Nothing is wrong" not in out


def test_heard_and_compared(tmp_path: Path, recording: Path, model: dict[str, str]) -> None:
    added = ("voices", "add", str(recording), "--name", "Ann", "--transcript", TRANSCRIPT, "--consent", "yes")
    assert makima(tmp_path, *added)[0] == 0
    assert makima(tmp_path, "voices", **model)[1].decode().split().count("ann") == 1
    status, _, said = makima(tmp_path, "voices", "preview", "ann", "-o", "ann.wav", **model)
    assert status == 0, said
    assert length_s(tmp_path / "ann.wav") > 0.1
    status, out, said = makima(tmp_path, "voices", "check", "ann", **model)
    assert status == 0, said
    assert b"Similarity of the clone: " in out


def test_setting_up_the_default_voice(tmp_path: Path, model: dict[str, str]) -> None:
    """That it does, `tests/engines/qwen3/test_default_voice.py` tests; here, that it is asked for what was typed."""
    base = model["TTS_MODEL_ID"]
    status, out, said = makima(tmp_path, "voices", "setup-default", "--from", base, **model)
    assert (status, out) == (1, b"")
    assert f"{base}: It has no preset speakers. Take qwen3-tts-0.6b-custom." in said
    write_voice(tmp_path / "voices", "makima", hum(4.0))
    assert "--replace" in makima(tmp_path, "voices", "setup-default", "--from", base, **model)[2]
    replaced = makima(tmp_path, "voices", "setup-default", "--from", base, "--replace", **model)
    assert "no preset speakers" in replaced[2]


def test_at_a_url(tmp_path: Path, recording: Path) -> None:
    where = {"TTS_VOICES_DIR": f"file://{tmp_path}/elsewhere"}
    assert makima(tmp_path, "voices", "add", str(recording), "--name", "Ann", "--consent", "yes", **where)[0] == 0
    assert (tmp_path / "elsewhere" / "ann" / "reference.wav").exists()
