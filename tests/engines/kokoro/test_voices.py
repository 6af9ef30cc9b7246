"""Who speaks: voices that are here, and mixes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from makima import installation
from makima.engines.kokoro.voices import NATIVE_SHARE, KokoroVoices
from makima.errors import VoiceNotFound
from makima.models.assets.store import AssetStore
from makima.voices.library import open_library
from tests.support.models.kokoro import make_files, style


@pytest.fixture
def voices(tmp_path: Path) -> KokoroVoices:
    return KokoroVoices(AssetStore(tmp_path), make_files(tmp_path).voices)


def test_those_that_are_here_are_listed_makima_first(voices: KokoroVoices) -> None:
    found = voices.voices()
    assert [voice.id for voice in found] == ["makima", "af_heart", "bm_daniel", "ff_siwis"]
    assert [voice.description for voice in found[1:]] == [
        "Female, American English",
        "Male, British English",
        "Female, French",
    ]
    assert {voice.engine for voice in found} == {"kokoro"}


def test_makima_is_a_voice_of_kokoro(voices: KokoroVoices) -> None:
    np.testing.assert_array_equal(voices.speaker("makima").style, voices.speaker("jf_tebukuro").style)


def test_makima_speaks_french_with_a_french_voice(voices: KokoroVoices) -> None:
    makima = voices.speaker("makima")
    np.testing.assert_allclose(makima.style_for("French"), (1 - NATIVE_SHARE) * style(0) + NATIVE_SHARE * style(3))
    np.testing.assert_array_equal(makima.style_for("Japanese"), style(0))
    np.testing.assert_array_equal(makima.style_for("Italian"), style(0), "that voice is not here")
    np.testing.assert_array_equal(voices.speaker("jf_tebukuro").style_for("French"), style(0))


def test_accent_and_gender(voices: KokoroVoices) -> None:
    daniel, heart = voices.speaker("bm_daniel"), voices.speaker("af_heart")
    assert (daniel.british, daniel.male) == (True, True)
    assert (heart.british, heart.male) == (False, False)


def test_a_mix(voices: KokoroVoices) -> None:
    mixed = voices.speaker("af_heart:3+bm_daniel:1")
    np.testing.assert_allclose(mixed.style, 0.75 * style(1) + 0.25 * style(2))
    assert not mixed.british
    assert voices.speaker("af_heart+bm_daniel:2").british
    described = voices.mix("af_heart:3+makima:1")
    assert described is not None
    assert (described.id, described.name, described.language) == (
        "af_heart:3+makima:1",
        "Heart (75%) and Makima (25%)",
        "English",
    )


@pytest.mark.parametrize("voice_id", ["af_heart", "af_heart+zf_xiaoni", "af_heart+xx_nobody", "", "af_heart+", "a b"])
def test_what_is_no_mix(voices: KokoroVoices, voice_id: str) -> None:
    assert voices.mix(voice_id) is None


def test_a_voice_that_can_be_fetched_names_the_command(voices: KokoroVoices) -> None:
    with pytest.raises(VoiceNotFound) as caught:
        voices.speaker("zf_xiaoni")
    assert installation.command("models pull kokoro-voices") in str(caught.value)
    with pytest.raises(VoiceNotFound) as caught:
        voices.speaker("unknown")
    assert "models pull" not in str(caught.value)
    assert caught.value.available == ("makima", "af_heart", "bm_daniel", "ff_siwis")


def test_a_mix_that_is_kept_by_a_name(tmp_path: Path) -> None:
    library = open_library(tmp_path / "voices", tmp_path / "cache")
    store = tmp_path / "store"
    voices = KokoroVoices(AssetStore(store), make_files(store).voices, library.folder)
    kept = library.add_mix("af_heart:3+bm_daniel:1", "Evening")
    assert kept.id == "evening"
    found = {voice.id: voice for voice in voices.voices()}["evening"]
    assert (found.name, found.language, found.gender) == ("Evening", "English", None)
    assert found.description == "A mix: Heart (75%) and Daniel (25%)"
    expected = voices.speaker("af_heart:3+bm_daniel:1")
    np.testing.assert_array_equal(voices.speaker("evening").style, expected.style)
    assert library.add_mix("af_heart+bm_daniel", "Evening").id == "evening-2"
    assert library.add_mix("af_heart:1+makima:1", "Evening", replace=True).id == "evening"
    assert {voice.id: voice.gender for voice in voices.voices()}["evening"] == "female"


def test_a_kept_mix_of_voices_that_are_not_here_is_not_listed(tmp_path: Path) -> None:
    library = open_library(tmp_path / "voices", tmp_path / "cache")
    store = tmp_path / "store"
    voices = KokoroVoices(AssetStore(store), make_files(store).voices, library.folder)
    library.add_mix("af_heart+zf_xiaoni", "Far")
    assert "far" not in {voice.id for voice in voices.voices()}
    with pytest.raises(VoiceNotFound):
        voices.speaker("far")


def test_genders(voices: KokoroVoices) -> None:
    found = {voice.id: voice.gender for voice in voices.voices()}
    assert (found["makima"], found["af_heart"], found["bm_daniel"]) == ("female", "female", "male")
