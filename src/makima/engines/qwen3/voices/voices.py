"""Who speaks: the voices of a checkpoint, and what the model is told for each."""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from functools import partial
from pathlib import Path

import numpy as np

from makima.audio.resample import Resampler
from makima.engines.espeak.engine import EspeakEngine
from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.voices.conditioning import Conditioning
from makima.engines.qwen3.voices.enrolment import Enrolment, Then
from makima.engines.qwen3.voices.prompt_files import enrol, enrol_samples
from makima.errors import SynthesisFailed, VoiceNotFound
from makima.events import AudioChunk, Samples
from makima.models.qwen3.config import ModelConfig
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.prompt import VoicePrompt
from makima.voices.catalog import Voice
from makima.voices.library import DEFAULT_ID
from makima.voices.manifest import ClonedVoice, find_voice, read_voices

DEFAULT_VOICE = DEFAULT_ID

STAND_IN_TEXT = "This is the sound of my voice. It was made by a machine, and it stands in until there is a recording."
"""What the embedded voice says to be cloned from, where the default voice has no recording: seven seconds."""

STAND_IN_SPEAKER = "ono_anna"
"""The preset speaker that is the default voice of a CustomVoice model: a Japanese voice, as it is meant to be."""


class Voices:
    """The voices a checkpoint can speak with. Prompts are worked out on first use and kept.

    With the `fingerprint` of the checkpoint's files they are kept beside the recordings too.
    """

    def __init__(self, config: ModelConfig, voices_dir: Path, fingerprint: str | None = None) -> None:
        self._config = config
        self._voices_dir = voices_dir
        self._fingerprint = fingerprint
        self._enrolment = Enrolment()
        self._model: weakref.ref[Qwen3TTS] | None = None

    def voices(self) -> list[Voice]:
        """All of them; the default one is always among them."""
        if self._config.kind == "custom_voice":
            return self._presets()
        cloned = {
            voice.id: voice.as_voice("qwen3") for voice in read_voices(self._voices_dir) if not voice.manifest.mix
        }
        cloned.setdefault(
            DEFAULT_VOICE, Voice(DEFAULT_VOICE, "Makima", "English", "Cloned from the embedded voice", "qwen3")
        )
        return list(cloned.values())

    def check(self, voice_id: str) -> None:
        """Raises: VoiceNotFound where there is no such voice; AssetError where its folder is broken."""
        if self._config.kind == "custom_voice":
            if voice_id != DEFAULT_VOICE and voice_id not in self._config.talker.speakers:
                raise self._not_found(voice_id)
        else:
            self._cloned(voice_id)

    def conditioning(self, voice_id: str, model: Qwen3TTS) -> Conditioning:
        """What to tell `model` of this voice. Enrolls it if need be; blocks for that.

        Raises: InvalidAudio where its recording is of no use; AssetError, VoiceNotFound
        """
        if self._config.kind == "custom_voice":
            self.check(voice_id)
            return Conditioning(speaker=preset_of(self._config) if voice_id == DEFAULT_VOICE else voice_id)
        voice = self._cloned(voice_id)
        if self._config.kind == "voice_design":
            return Conditioning(instruct=voice.manifest.description if voice else None)
        self._model = weakref.ref(model)
        make = partial(_prompt, voice, model, self._fingerprint)
        return Conditioning(voice=self._enrolment.now((voice_id, _version(voice)), make))

    def prepare(self, voice_id: str, then: Then) -> bool:
        """Whether `conditioning` answers at once; else the voice is enrolled in another thread, which calls `then`.

        Without a model this is true: enrolling then waits for the load, in the thread that loads.

        Raises: AssetError, VoiceNotFound
        """
        model = self._model() if self._model is not None else None
        if model is None or self._config.kind != "base":
            self.check(voice_id)
            return True
        voice = self._cloned(voice_id)
        key: Hashable = (voice_id, _version(voice))
        if self._enrolment.kept(key):
            return True
        self._enrolment.later(key, partial(_prompt, voice, model, self._fingerprint), then)
        return False

    def forget(self) -> None:
        """Drop what was worked out: the model it was worked out with is gone."""
        self._model = None
        self._enrolment.forget()

    def _presets(self) -> list[Voice]:
        speakers = self._config.talker.speakers
        default = Voice(DEFAULT_VOICE, "Makima", "English", f"The preset speaker {preset_of(self._config)}", "qwen3")
        presets = (Voice(name, name.title(), "English", "Preset speaker", "qwen3") for name in speakers)
        return [default, *presets]

    def _cloned(self, voice_id: str) -> ClonedVoice | None:
        """The voice's folder, read; None for the default voice where it has none."""
        voice = find_voice(self._voices_dir, voice_id)
        if voice is None and voice_id != DEFAULT_VOICE:
            raise self._not_found(voice_id)
        return voice

    def _not_found(self, voice_id: str) -> VoiceNotFound:
        return VoiceNotFound(voice_id, [voice.id for voice in self.voices()])


def preset_of(config: ModelConfig) -> str:
    """The preset speaker of a CustomVoice model who is the default voice."""
    speakers = config.talker.speakers
    return STAND_IN_SPEAKER if STAND_IN_SPEAKER in speakers else next(iter(speakers))


def _version(voice: ClonedVoice | None) -> object:
    """Differs once a recording or its transcript has changed, so that a new one under an old name is noticed."""
    if voice is None or voice.reference is None:
        return None
    about = voice.reference.stat()
    return about.st_mtime_ns, about.st_size, voice.transcript


def _prompt(voice: ClonedVoice | None, model: Qwen3TTS, fingerprint: str | None) -> VoicePrompt:
    if voice is not None and voice.reference is not None:
        return enrol(model, voice.reference, voice.transcript, fingerprint)
    return enrol_samples(model, stand_in_recording(model.sample_rate_hz), STAND_IN_TEXT)


def stand_in_recording(rate_hz: int) -> Samples:
    """The embedded voice saying `STAND_IN_TEXT`: [S] at `rate_hz`."""
    engine = EspeakEngine(workers=1)
    engine.load(lambda _: None)
    try:
        stream = engine.open(SpeechRequest(DEFAULT_VOICE))
        stream.feed(STAND_IN_TEXT)
        stream.end_text()
        resampler = Resampler(stream.sample_rate_hz, rate_hz)
        pieces: list[Samples] = []
        for event in stream:
            if isinstance(event, AudioChunk):
                pieces.append(resampler.push(event.samples))
            elif event.error is not None:
                raise event.error
        if not pieces:
            raise SynthesisFailed("The embedded voice said nothing to be cloned from.")
        return np.concatenate([*pieces, resampler.flush()])
    finally:
        engine.close()
