"""Who speaks, and from what recording."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch.nn.functional import cosine_similarity

from makima.audio import wav
from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.voices import prompt_files, voices
from makima.engines.qwen3.voices.voices import STAND_IN_TEXT, Voices, stand_in_recording
from makima.errors import AssetError, InvalidAudio, VoiceNotFound
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from tests.support.models.checkpoints import RATE_HZ, hum, write_voice
from tests.support.recordings import write_audio
from tests.support.server.streams import speak

TEXT = "Hello there. It is late."


@pytest.fixture(scope="module")
def model(home: Path) -> Qwen3TTS:
    return load_model(home / "checkpoint")


@pytest.fixture
def make_cast(model: Qwen3TTS, tmp_path: Path) -> Callable[[], Voices]:
    return lambda: Voices(model.config, tmp_path)


def test_with_a_transcript_and_without(make_cast: Callable[[], Voices], model: Qwen3TTS, tmp_path: Path) -> None:
    write_voice(tmp_path, "whole", hum(), "Hm hm hm.")
    write_voice(tmp_path, "timbre", hum())
    voices = make_cast()
    whole, timbre = voices.conditioning("whole", model).voice, voices.conditioning("timbre", model).voice
    assert whole is not None
    assert timbre is not None
    assert whole.transcript == "Hm hm hm."
    assert whole.codes is not None
    assert len(whole.codes) == 25, "1.5 s and the silence that closes it"
    assert timbre.codes is None
    np.testing.assert_array_equal(whole.speaker, timbre.speaker)


@pytest.mark.parametrize(
    ("codec", "rate_hz", "channels"), [("pcm_s16le", 48_000, 2), ("pcm_f32le", 16_000, 1), ("pcm_s24le", 44_100, 2)]
)
def test_recordings_at_any_rate(
    make_cast: Callable[[], Voices], model: Qwen3TTS, tmp_path: Path, codec: str, rate_hz: int, channels: int
) -> None:
    write_voice(tmp_path, "plain", hum(), "Hm.")
    folder = write_voice(tmp_path, "other", None, "Hm.")
    write_audio(folder / "reference.wav", codec, rate_hz, [hum(rate_hz=rate_hz)] * channels)
    voices = make_cast()
    plain, other = (voices.conditioning(voice_id, model).voice for voice_id in ("plain", "other"))
    assert plain is not None
    assert other is not None
    assert cosine_similarity(plain.speaker, other.speaker, dim=0) > 0.99


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.ogg"])
def test_a_recording_of_another_kind_under_the_usual_name(
    make_cast: Callable[[], Voices], model: Qwen3TTS, tmp_path: Path, name: str
) -> None:
    codec = {"a.flac": "flac", "a.mp3": "libmp3lame", "a.ogg": "libopus"}[name]
    folder = write_voice(tmp_path, "other")
    write_audio(tmp_path / name, codec, 48_000, [hum(rate_hz=48_000)] * 2).rename(folder / "reference.wav")
    assert make_cast().conditioning("other", model).voice is not None


def test_what_is_worked_out_is_kept_until_it_changes(
    make_cast: Callable[[], Voices], model: Qwen3TTS, tmp_path: Path
) -> None:
    folder = write_voice(tmp_path, "ann", hum(), "Hm.")
    voices = make_cast()
    first = voices.conditioning("ann", model).voice
    assert voices.conditioning("ann", model).voice is first
    wav.write(folder / "reference.wav", hum(pitch_hz=300.0), RATE_HZ)
    second = voices.conditioning("ann", model).voice
    assert second is not first
    (folder / "transcript.txt").write_text("Something else.")
    third = voices.conditioning("ann", model).voice
    assert third is not None
    assert third.transcript == "Something else."
    voices.forget()
    assert voices.conditioning("ann", model).voice is not third


def test_long_recordings_are_cut(
    make_cast: Callable[[], Voices], model: Qwen3TTS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_files, "MAX_REFERENCE_S", 1.5)
    write_voice(tmp_path, "ann", hum(4.0), "Hm.")
    voice = make_cast().conditioning("ann", model).voice
    assert voice is not None
    assert voice.codes is not None
    assert len(voice.codes) == 25


def test_recordings_of_no_use(make_cast: Callable[[], Voices], model: Qwen3TTS, tmp_path: Path) -> None:
    (write_voice(tmp_path, "noise") / "reference.wav").write_bytes(b"this is no audio" * 100)
    (write_voice(tmp_path, "empty") / "reference.wav").write_bytes(b"")
    voices = make_cast()
    for voice_id in ("noise", "empty"):
        with pytest.raises(InvalidAudio, match=r"reference\.wav"):
            voices.conditioning(voice_id, model)


def test_unknown_and_broken_voices(make_cast: Callable[[], Voices], tmp_path: Path) -> None:
    write_voice(tmp_path, "ann")
    voices = make_cast()
    voices.check("ann")
    voices.check("makima")
    for voice_id in ("unknown", "../ann", ""):
        with pytest.raises(VoiceNotFound) as caught:
            voices.check(voice_id)
        assert caught.value.available == ("ann", "makima")
    (write_voice(tmp_path, "broken") / "manifest.json").write_text("{")
    voices.check("ann")
    with pytest.raises(AssetError, match=r"broken/manifest\.json"):
        voices.check("broken")


def test_a_voice_that_is_put_there_while_it_runs(calm: Qwen3Engine, home: Path) -> None:
    folder = write_voice(home / "voices", "late", hum(pitch_hz=90.0))
    try:
        assert "late" in {voice.id for voice in calm.voices()}
        assert speak(calm, TEXT, voice="late").end.reason == "end"
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    with pytest.raises(VoiceNotFound):
        calm.open(SpeechRequest("late"))


@pytest.mark.parametrize("with_folder", [True, False])
def test_without_a_recording_the_embedded_voice_lends_its_own(
    make_cast: Callable[[], Voices],
    model: Qwen3TTS,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    with_folder: bool,
) -> None:
    if with_folder:
        write_voice(tmp_path, "makima")
    lent: list[int] = []

    def lend(rate_hz: int) -> object:
        lent.append(rate_hz)
        return hum(1.0)

    monkeypatch.setattr(voices, "stand_in_recording", lend)
    voice = make_cast().conditioning("makima", model).voice
    assert lent == [RATE_HZ]
    assert voice is not None
    assert voice.transcript == STAND_IN_TEXT
    assert voice.codes is not None


def test_the_stand_in_recording() -> None:
    samples = stand_in_recording(RATE_HZ)
    assert 5 < len(samples) / RATE_HZ < 15
    assert 0.1 < np.abs(samples).max() <= 1.0
