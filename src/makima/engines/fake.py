"""A deterministic engine for tests: each character is a tone, and faults come on request.

A character sounds for 40 ms at a pitch of its own, so that what arrives shows what was spoken. `FakeScript` slows the
engine down, has it load for a while, or makes it fail at a word.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakSet

import numpy as np

from makima.audio.tempo import MAX_SPEED, MIN_SPEED
from makima.engines.buffer import StreamBuffer
from makima.engines.protocol import SENTENCE_END, Capabilities, SpeechRequest
from makima.engines.scheduler import Wait
from makima.errors import AssetError, MakimaError, SynthesisFailed, VoiceNotFound
from makima.events import Loading, OnLoading, Samples
from makima.text.language import LANGUAGES
from makima.voices.catalog import Voice

SAMPLE_RATE_HZ = 24_000
CHARACTER_SAMPLES = SAMPLE_RATE_HZ * 40 // 1000

FAIL_WORD = "crash-the-engine"
"""A text that holds this fails after what stands before it was spoken."""

VOICES = (
    Voice("makima", "Makima", "English", "Tones", "fake"),
    Voice("second", "Second", "English", "The same tones, an octave up", "fake"),
)


@dataclass(frozen=True, slots=True)
class FakeScript:
    """How the engine behaves: time to load, time a character takes to make, and whether loading fails."""

    load_s: float = 0.0
    character_s: float = 0.0
    load_error: MakimaError | None = None


class FakeStream(StreamBuffer):
    """A stream with a thread of its own, which makes one character at a time."""

    def __init__(self, request: SpeechRequest, script: FakeScript) -> None:
        super().__init__(SAMPLE_RATE_HZ, capacity_s=2.0)
        self._octave = 2.0 if request.voice == "second" else 1.0
        self._samples = round(CHARACTER_SAMPLES / request.speed)
        self._script = script
        self._text = ""
        self._wait = Wait(request.on_begun)
        self._text_ended = False
        self._more = threading.Condition()
        threading.Thread(target=self._run, name="fake-stream", daemon=True).start()

    def feed(self, text: str) -> None:
        with self._more:
            if not self._text_ended:
                self._text += text.replace(SENTENCE_END, "")
            self._more.notify()

    def end_text(self) -> None:
        with self._more:
            self._text_ended = True
            self._more.notify()

    def cancel(self) -> None:
        super().cancel()
        with self._more:
            self._more.notify()

    def _run(self) -> None:
        position = 0
        while self._wait_for_character(position) and self.wait_for_room():
            self._wait.begun()
            if self._text.startswith(FAIL_WORD, position):
                self.finish("failed", SynthesisFailed(f"The fake engine met {FAIL_WORD!r}."))
                return
            if self._script.character_s:
                time.sleep(self._script.character_s)
            self.put(tone(self._text[position], self._octave, self._samples))
            position += 1
        self.finish("end")

    def _wait_for_character(self, position: int) -> bool:
        # A character is spoken once as many follow it as the word that makes the engine fail is long, or none will.
        with self._more:
            ready = position + len(FAIL_WORD)
            self._more.wait_for(lambda: self.ended or self._text_ended or len(self._text) >= ready)
            return not self.ended and position < len(self._text)


def tone(character: str, octave: float = 1.0, samples: int = CHARACTER_SAMPLES) -> Samples:
    """The sound of one character: [samples] float32. It starts and ends at zero."""
    pitch_hz = octave * (200.0 + 25.0 * (ord(character) % 48))
    phase = 2.0 * np.pi * pitch_hz * np.arange(samples) / SAMPLE_RATE_HZ
    return (0.5 * np.sin(phase) * np.hanning(samples)).astype(np.float32)


class FakeEngine:
    """The engine seam over `FakeStream`s."""

    name = "fake"

    def __init__(self, script: FakeScript | None = None) -> None:
        self.script = script or FakeScript()
        self._loading = threading.Lock()
        self._loaded = False
        self._streams: WeakSet[FakeStream] = WeakSet()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            LANGUAGES,
            SAMPLE_RATE_HZ,
            cloning=False,
            text_streaming=True,
            model="tones",
            speeds=(MIN_SPEED, MAX_SPEED),
        )

    @property
    def loaded(self) -> bool:
        return self._loaded

    def load(self, on_loading: OnLoading) -> None:
        with self._loading:
            if self._loaded:
                return
            for step in range(5):
                on_loading(Loading("tones", step / 5))
                time.sleep(self.script.load_s / 5)
            if self.script.load_error is not None:
                raise self.script.load_error
            self._loaded = True

    def voices(self) -> Sequence[Voice]:
        return VOICES

    def open(self, request: SpeechRequest) -> FakeStream:
        if all(voice.id != request.voice for voice in VOICES):
            raise VoiceNotFound(request.voice, [voice.id for voice in VOICES])
        if not self._loaded:
            raise AssetError("tones", "The fake engine is opened before it is loaded.")
        stream = FakeStream(request, self.script)
        self._streams.add(stream)
        return stream

    def close(self) -> None:
        self._loaded = False
        for stream in list(self._streams):
            stream.cancel()
