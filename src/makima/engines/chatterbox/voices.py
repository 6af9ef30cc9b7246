"""The voices that have a recording, and their voice prompts."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from makima.audio import files
from makima.errors import VoiceNotFound
from makima.models.chatterbox.model import MAX_REFERENCE_S, Chatterbox, VoicePrompt
from makima.voices.catalog import Voice
from makima.voices.manifest import REFERENCE, find_voice, is_slug, read_voices

DEFAULT_VOICE = "makima"

KEPT_VOICES = 32
"""How many voice prompts are kept, 2 MB each; the least recently used one is dropped first."""


class ChatterboxVoices:
    """The voices below a folder. The prompt of a voice is computed at its first use, and kept."""

    def __init__(self, voices_dir: Path) -> None:
        self._voices_dir = voices_dir
        self._prompts: OrderedDict[str, tuple[object, VoicePrompt]] = OrderedDict()

    def voices(self) -> list[Voice]:
        """The voices with a recording, and the default one in any case: its error says what is missing."""
        found = {voice.id: voice.as_voice("chatterbox") for voice in read_voices(self._voices_dir) if voice.reference}
        found.setdefault(
            DEFAULT_VOICE, Voice(DEFAULT_VOICE, "Makima", "English", "Has no recording to speak from yet", "chatterbox")
        )
        return list(found.values())

    def reference(self, voice_id: str) -> Path:
        """The recording of a voice.

        Raises: VoiceNotFound where there is no such voice, or it has none; AssetError where its folder is broken
        """
        voice = find_voice(self._voices_dir, voice_id)
        if voice is not None and voice.reference is not None:
            return voice.reference
        place = f": put one at {self._voices_dir / voice_id / REFERENCE}" if is_slug(voice_id) else ""
        raise VoiceNotFound(
            voice_id,
            [voice.id for voice in read_voices(self._voices_dir) if voice.reference],
            mend=f"Chatterbox speaks only in voices with a recording{place}.",
        )

    def prompt(self, voice_id: str, model: Chatterbox) -> VoicePrompt:
        """The prompt that `model` computes from a voice's recording.

        Raises: VoiceNotFound, AssetError; InvalidAudio where the recording cannot be used; SynthesisFailed, OutOfMemory
        """
        path = self.reference(voice_id)
        about = path.stat()
        version = about.st_mtime_ns, about.st_size  # a recording that was replaced is read again
        kept = self._prompts.get(voice_id)
        if kept is None or kept[0] != version:
            kept = version, model.voice(files.decode(path, model.sample_rate_hz, MAX_REFERENCE_S))
            self._prompts[voice_id] = kept
        self._prompts.move_to_end(voice_id)
        while len(self._prompts) > KEPT_VOICES:
            self._prompts.popitem(last=False)
        return kept[1]

    def forget(self) -> None:
        """Drop the prompts, which belong to a model that is no longer loaded."""
        self._prompts.clear()
