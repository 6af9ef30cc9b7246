"""Which voice each speaker has."""

from __future__ import annotations

import json

import pytest

from makima.books.script import read_script
from makima.errors import VoiceNotFound
from makima.jobs.cast import parts_of
from makima.voices.catalog import Voice, VoiceCatalog

VOICES = VoiceCatalog(
    [Voice(name, name, "German" if name == "d" else "English", "", "fake") for name in ("a", "b", "c", "d")], "b"
)


def json_script(*lines: tuple[str, str | None], **voices: str) -> str:
    said = [{"speaker": speaker, "text": "x"} | ({"voice": voice} if voice else {}) for speaker, voice in lines]
    return json.dumps({"lines": said, "speakers": {name: {"voice": voice} for name, voice in voices.items()}})


@pytest.mark.parametrize(
    ("text", "chosen", "voices"),
    [
        ("X: 1\nY: 2\nX: 3", {}, ["b", "a", "b"]),
        ("X: 1\nY: 2", {"X": "a"}, ["a", "b"]),
        ("X: 1\nY: 2\nZ: 3\nW: 4", {}, ["b", "a", "c", "b"]),
        (json_script(("X", None), ("Y", None), Y="b"), {}, ["a", "b"]),
        (json_script(("X", "d"), ("X", None)), {}, ["d", "b"]),
    ],
)
def test_voices(text: str, chosen: dict[str, str], voices: list[str]) -> None:
    assert [part.voice for part in parts_of(read_script(text), VOICES, chosen)] == voices


def test_voices_of_the_language_that_is_spoken() -> None:
    voices = [part.voice for part in parts_of(read_script("X: 1\nY: 2"), VOICES, language="German")]
    assert voices == ["b", "d"]


def test_a_voice_that_there_is_none_of() -> None:
    with pytest.raises(VoiceNotFound):
        parts_of(read_script("X: 1"), VOICES, {"X": "none"})
