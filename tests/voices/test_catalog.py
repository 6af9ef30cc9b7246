"""Voices by id, and mixes, which no list holds."""

from __future__ import annotations

import pytest

from makima.errors import ConfigError, VoiceNotFound
from makima.voices.catalog import Voice, VoiceCatalog

ONE, TWO = (Voice(name, name.title(), "English", "", "fake") for name in ("one", "two"))


def mixed(voice_id: str) -> Voice | None:
    return Voice(voice_id, "Mix", "English", "", "fake") if voice_id == "one+two" else None


def test_by_id_and_by_default() -> None:
    catalog = VoiceCatalog([ONE, TWO], "two")
    assert catalog.find("one") == ONE
    assert catalog.find(None) == catalog.default == TWO
    assert "two" in catalog
    assert list(catalog) == [ONE, TWO]
    with pytest.raises(VoiceNotFound) as caught:
        catalog.find("three")
    assert caught.value.available == ("one", "two")


def test_one_that_was_made_since() -> None:
    voices = [ONE]
    catalog = VoiceCatalog(list(voices), "one", lambda: voices)
    voices.append(TWO)
    assert catalog.find("two") == TWO


def test_the_default_must_be_there() -> None:
    with pytest.raises(ConfigError, match=r"'three'.*one, two"):
        VoiceCatalog([ONE, TWO], "three")


def test_a_mix() -> None:
    catalog = VoiceCatalog([ONE, TWO], "one", mixed=mixed)
    assert catalog.find("one+two").name == "Mix"
    assert list(catalog) == [ONE, TWO], "a mix is not listed"
    with pytest.raises(VoiceNotFound):
        catalog.find("one+three")


def test_a_mix_may_be_the_default() -> None:
    assert VoiceCatalog([ONE], "one+two", mixed=mixed).default.name == "Mix"
