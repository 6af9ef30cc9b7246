"""Making voices."""

from __future__ import annotations

import json
import wave
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from makima.audio import marking
from makima.errors import AssetError, InvalidAudio, InvalidMessage, VoiceNotFound
from makima.voices.consent import STATEMENT, consent
from makima.voices.library import Draft, Library, open_library, slug_of
from makima.voices.manifest import Origin
from makima.voices.recording import prepare
from tests.support.recordings import TRANSCRIPT, speech

AGREED = consent("yes", "Ann", datetime(2026, 11, 1, 12, 30, 5, 99, UTC))
RECORDING = prepare(speech(6.0), TRANSCRIPT)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return open_library(tmp_path / "voices", tmp_path / "cache")


def test_a_voice(library: Library) -> None:
    voice = library.add(Draft(" Ann  Lee ", RECORDING, "de", f" {TRANSCRIPT}\n", consent=AGREED))
    assert (voice.id, voice.transcript) == ("ann-lee", TRANSCRIPT)
    assert library.find("ann-lee") == voice == library.voices()[0]
    told = voice.as_voice("qwen3")
    assert (told.name, told.language, told.cloned) == ("Ann Lee", "German", True)
    assert told.duration_ms == round(1000 * RECORDING.duration_s)
    with wave.open(str(voice.folder / "reference.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        assert file.getnframes() == len(RECORDING.samples)
    assert json.loads((voice.folder / "manifest.json").read_text()) == {
        "name": "Ann Lee",
        "language": "German",
        "description": "",
        "created": "2026-11-01T12:30:05Z",
        "consent": {"who": "Ann", "when": "2026-11-01T12:30:05Z", "words": STATEMENT},
    }


def test_ids_come_from_names_and_are_never_given_twice(library: Library) -> None:
    draft = Draft("Björn", RECORDING, consent=AGREED)
    assert [library.add(draft).id for _ in range(3)] == ["bjorn", "bjorn-2", "bjorn-3"]
    assert library.add(Draft("Makima", RECORDING, consent=AGREED)).id == "makima-2", "the default voice's is not given"
    library.remove("bjorn-2")
    assert library.add(draft).id == "bjorn-2"
    assert library.add(draft, "bjorn", replace=True).id == "bjorn"
    with pytest.raises(InvalidMessage, match="already"):
        library.add(draft, "bjorn")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Ann", "ann"),
        ("Ann  O'Hara, PhD", "ann-o-hara-phd"),
        ("ÉCOLE", "ecole"),
        ("マキマ", "voice"),
        ("../../etc/passwd", "etc-passwd"),
        ("-_-", "voice"),
        ("ẞtraße", "sstrasse"),
        ("Straße", "strasse"),
        ("Søren Łukasz", "soren-lukasz"),
        ("x" * 99, "x" * 48),
    ],
)
def test_slugs_of_names(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (Draft("Ann", RECORDING), "consent"),
        (Draft("  ", RECORDING, consent=AGREED), "name"),
        (Draft("An\x00n", RECORDING, consent=AGREED), "name"),
        (Draft("\u200b", RECORDING, consent=AGREED), "name"),
        (Draft("\u200b\u200d\u0301", RECORDING, consent=AGREED), "name"),
        (Draft("Ann \u202egnp.exe", RECORDING, consent=AGREED), "U\\+202E turns the direction"),
        (Draft("Ann", RECORDING, description="\ud800", consent=AGREED), "description"),
        (Draft("x" * 101, RECORDING, consent=AGREED), "name"),
        (Draft("Ann", RECORDING, "Klingon", consent=AGREED), "Klingon"),
        (Draft("Ann", RECORDING, "Auto", consent=AGREED), "language"),
        (Draft("Ann", RECORDING, transcript="x" * 2_001, consent=AGREED), "transcript"),
        (Draft("Ann", RECORDING, transcript="a\x00b", consent=AGREED), "transcript"),
    ],
)
def test_what_is_refused_leaves_nothing(library: Library, draft: Draft, said: str) -> None:
    with pytest.raises(InvalidMessage, match=said):
        library.add(draft)
    assert library.voices() == []


@pytest.mark.parametrize(
    ("name", "kept"), [("An\u200bn\ufeff", "Ann"), ("שרה", "שרה"), ("Zoé 👩\u200d🚀", "Zoé 👩\u200d🚀")]
)
def test_letters_that_cannot_be_seen_are_left_out_of_names(library: Library, name: str, kept: str) -> None:
    assert library.add(Draft(name, RECORDING, consent=AGREED)).manifest.name == kept


def test_a_recording_of_no_use(library: Library) -> None:
    with pytest.raises(InvalidAudio, match="3 s are needed"):
        library.add(Draft("Ann", prepare(speech(1.0), None), consent=AGREED))


def test_a_voice_of_nobody_needs_no_consent(library: Library) -> None:
    origin = Origin(model="some/model", speaker="somebody", text=TRANSCRIPT)
    voice = library.add(Draft("Robot", RECORDING, origin=origin))
    assert voice.manifest.origin == origin
    assert voice.manifest.consent is None
    assert voice.reference is not None
    assert marking.statement_in(voice.reference) == marking.STATEMENT
    person = library.add(Draft("Ann", RECORDING, consent=AGREED)).reference
    assert person is not None
    assert marking.statement_in(person) is None


def test_deleting(library: Library) -> None:
    library.add(Draft("Ann", RECORDING, consent=AGREED))
    library.remove("ann")
    for voice_id in ("ann", "../voices", ""):
        with pytest.raises(VoiceNotFound):
            library.remove(voice_id)


def test_at_a_url(tmp_path: Path) -> None:
    here = open_library("memory://library-of-tests", tmp_path / "here")
    voice = here.add(Draft("Ann", RECORDING, consent=AGREED))
    there = open_library("memory://library-of-tests", tmp_path / "there")
    assert there.find("ann").manifest == voice.manifest
    there.remove("ann")
    here.refresh()
    assert here.voices() == []


def test_a_url_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is mirrored here can be spoken with; what is to be kept cannot be kept, and that is told."""

    def away(*_: object, **__: object) -> None:
        raise ConnectionError("no answer")

    library = open_library("memory://library-that-goes", tmp_path)
    library.add(Draft("Ann", RECORDING, consent=AGREED))
    # What many stores do: asked whether something is there, they take no answer for no.
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "exists", lambda *_, **__: False)
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "ls", away)
    again = open_library("memory://library-that-goes", tmp_path)
    assert [voice.id for voice in again.voices()] == ["ann"]
    assert "no answer" in caplog.text
    with pytest.raises(AssetError, match="no answer"):
        again.add(Draft("Bob", RECORDING, consent=AGREED))
    assert [voice.id for voice in again.voices()] == ["ann"]
