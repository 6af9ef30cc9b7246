"""Voices in folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makima.errors import AssetError
from makima.voices.manifest import find_voice, has_voice, is_slug, read_voice, read_voices
from tests.support.models.checkpoints import hum, write_voice


def test_a_voice(tmp_path: Path) -> None:
    write_voice(tmp_path, "ann", hum(1.5), " What is said. \n", language="German", description="Warm.", note="ignored")
    voice = read_voice(tmp_path / "ann")
    assert (voice.id, voice.manifest.name, voice.transcript) == ("ann", "Ann", "What is said.")
    assert voice.reference == tmp_path / "ann" / "reference.wav"
    told = voice.as_voice("qwen3")
    assert (told.language, told.description, told.engine, told.cloned) == ("German", "Warm.", "qwen3", True)
    assert told.duration_ms == 1500


def test_what_may_be_left_out(tmp_path: Path) -> None:
    write_voice(tmp_path, "ann")
    voice = read_voice(tmp_path / "ann")
    assert (voice.transcript, voice.reference, voice.manifest.language) == (None, None, "English")
    told = voice.as_voice("qwen3")
    assert (told.cloned, told.duration_ms) == (False, None)


def test_an_empty_transcript_is_none(tmp_path: Path) -> None:
    write_voice(tmp_path, "ann", hum(), "  \n")
    assert read_voice(tmp_path / "ann").transcript is None


def test_a_recording_whose_length_is_not_known(tmp_path: Path) -> None:
    write_voice(tmp_path, "ann")
    (tmp_path / "ann" / "reference.wav").write_bytes(b"fLaC and so on")
    assert read_voice(tmp_path / "ann").as_voice("qwen3").duration_ms is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "manifest: "),
        (b"{}", "name: "),
        (b'{"name": ""}', "name: "),
        (b'{"name": 7}', "name: "),
        (json.dumps({"name": "x" * 101}).encode(), "name: "),
        (b'{"name": "A", "language": null}', "language: "),
        (b'{"name": "A", "description": ["x"]}', "description: "),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_manifest_that_is_wrong(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(AssetError) as caught:
        read_voice(tmp_path)
    assert caught.value.asset == str(tmp_path / "manifest.json")
    assert said in str(caught.value)
    assert caught.value.mend


def test_a_transcript_that_is_no_text(tmp_path: Path) -> None:
    write_voice(tmp_path, "ann")
    (tmp_path / "ann" / "transcript.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AssetError, match=r"transcript\.txt.*UTF-8"):
        read_voice(tmp_path / "ann")


def test_one_that_cannot_be_read_is_left_out_of_many(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for voice_id in ("ann", "bob", "cat"):
        write_voice(tmp_path, voice_id)
    (tmp_path / "bob" / "manifest.json").write_text("{")
    assert [voice.id for voice in read_voices(tmp_path)] == ["ann", "cat"]
    assert "bob" in caplog.text
    assert has_voice(tmp_path, "bob")
    assert not has_voice(tmp_path, "../ann")


@pytest.mark.parametrize("voice_id", ["a", "makima", "ann-2", "a_b", "7", "x" * 64])
def test_slugs(voice_id: str) -> None:
    assert is_slug(voice_id)


@pytest.mark.parametrize(
    "voice_id",
    ["", ".", "..", "../ann", "a/b", "a\\b", "/etc", "-a", "_a", "Ann", "ann ", "ann\n", "änn", "a.b", "x" * 65, "\0"],
)
def test_what_may_name_no_folder(tmp_path: Path, voice_id: str) -> None:
    assert not is_slug(voice_id)
    write_voice(tmp_path, "ann")
    assert find_voice(tmp_path / "ann", voice_id) is None


def test_nothing_above_the_folder_is_reached(tmp_path: Path) -> None:
    write_voice(tmp_path, "secret")
    (tmp_path / "voices").mkdir()
    assert find_voice(tmp_path / "voices", "../secret") is None
    assert find_voice(tmp_path / "voices", str(tmp_path / "secret")) is None


def test_all_voices_by_id(tmp_path: Path) -> None:
    for voice_id in ("cid", "ann", "bob"):
        write_voice(tmp_path, voice_id)
    (tmp_path / "Not A Voice").mkdir()
    (tmp_path / "no-manifest").mkdir()
    (tmp_path / "README.md").write_text("About the voices.")
    assert [voice.id for voice in read_voices(tmp_path)] == ["ann", "bob", "cid"]
    found = find_voice(tmp_path, "bob")
    assert found is not None
    assert found.id == "bob"
    assert read_voices(tmp_path / "nowhere") == []


def test_the_voice_that_ships() -> None:
    (voice,) = read_voices(Path(__file__).parents[2] / "voices")
    assert (voice.id, voice.manifest.name, voice.reference) == ("makima", "Makima", None)
