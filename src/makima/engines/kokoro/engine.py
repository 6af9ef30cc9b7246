"""Kokoro as an engine: where its files are, which languages it leaves to espeak-ng, and when it loads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from weakref import WeakSet

from makima.engines.espeak import EspeakEngine, Phonemizer
from makima.engines.kokoro.phonemes.latin import TIE
from makima.engines.kokoro.phonemes.reader import CHINESE, JAPANESE, LATIN, PhonemeReader
from makima.engines.kokoro.rendering import SPEEDS, Renderer
from makima.engines.kokoro.stream import KokoroStream
from makima.engines.kokoro.thread import SPEAKING, EngineThread
from makima.engines.kokoro.voices import KokoroVoices
from makima.engines.protocol import Capabilities, Engine, EngineFigures, SpeechRequest
from makima.events import Loading, OnLoading
from makima.models.assets.bundles import KOKORO, KOKORO_FILES, KokoroFiles
from makima.models.assets.store import AssetStore
from makima.models.kokoro.model import SAMPLE_RATE_HZ, Kokoro
from makima.text.language import LANGUAGES
from makima.voices.catalog import Voice


class KokoroEngine:
    """The engine seam over Kokoro-82M. `threads` is how many the CPU's work is shared among; 0 takes every core.

    `files` are what it speaks with, `mixes` is the folder of mixes that are kept by names.
    """

    name = "kokoro"

    def __init__(
        self, store: AssetStore, *, threads: int = 0, files: KokoroFiles = KOKORO_FILES, mixes: Path | None = None
    ) -> None:
        self._store = store
        self._threads = threads
        self._files = files
        self._voices = KokoroVoices(store, files.voices, mixes)
        self._loading = threading.Lock()
        self._thread: EngineThread | None = None
        self._phonemizer: Phonemizer | None = None
        self._espeak = EspeakEngine(workers=1)
        self._streams: WeakSet[KokoroStream] = WeakSet()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            LANGUAGES,
            SAMPLE_RATE_HZ,
            cloning=False,
            text_streaming=True,
            model="Kokoro-82M v1.0",
            embedded=True,
            word_times=True,
            speeds=SPEEDS,
            spoken_by={language: "espeak" for language in LANGUAGES if language not in self._own_languages},
        )

    @property
    def loaded(self) -> bool:
        return self._thread is not None

    def load(self, on_loading: OnLoading) -> None:
        with self._loading:
            if self._thread is not None:
                return
            on_loading(Loading("Kokoro", None))
            path, _ = (self._store.require(asset, KOKORO) for asset in self._files.needed)
            model = Kokoro(path, self._threads)
            phonemizer = Phonemizer(tie=TIE)
            dictionary = self._store.find(self._files.japanese)
            reader = PhonemeReader(phonemizer, dictionary.path if dictionary else None)
            self._phonemizer = phonemizer
            self._thread = EngineThread(Renderer(model, reader, self._loaded_espeak))

    def voices(self) -> Sequence[Voice]:
        return self._voices.voices()

    def mixed_voice(self, voice_id: str) -> Voice | None:
        """The voice of an id that describes a mix; None where it does not."""
        return self._voices.mix(voice_id)

    def open(self, request: SpeechRequest) -> KokoroStream:
        speaker = self._voices.speaker(request.voice)
        self.load(lambda _: None)
        thread = self._thread
        assert thread is not None
        stream = KokoroStream(request, speaker, SAMPLE_RATE_HZ, thread.wake, thread.boundaries, thread.first_s)
        thread.submit(stream)
        self._streams.add(stream)
        return stream

    def figures(self) -> EngineFigures:
        """Utterances that speak and wait."""
        thread = self._thread
        speaking, waiting = thread.counts() if thread is not None else (0, 0)
        return EngineFigures(SPEAKING, speaking, waiting, {})

    def close(self) -> None:
        with self._loading:
            thread, self._thread = self._thread, None
            phonemizer, self._phonemizer = self._phonemizer, None
        for stream in list(self._streams):
            stream.cancel()
        if thread is not None:
            thread.close()
        if phonemizer is not None:
            phonemizer.close()
        self._espeak.close()

    @cached_property
    def _own_languages(self) -> tuple[str, ...]:
        # Once: looking for a file that is not there takes long, and the capabilities are asked for with each voice.
        japanese = (JAPANESE,) if self._store.find(self._files.japanese) is not None else ()
        return (*LATIN, CHINESE, *japanese)

    def _loaded_espeak(self) -> Engine:
        self._espeak.load(lambda _: None)
        return self._espeak
