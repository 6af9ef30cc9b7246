"""The embedded engine: nothing to download, no GPU, first audio in a few milliseconds."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from weakref import WeakSet

from makima import installation
from makima.engines.espeak.pool import WorkerPool
from makima.engines.espeak.stream import EspeakStream
from makima.engines.espeak.voices import VOICES
from makima.engines.espeak.worker_process import ANSWER_S, SPEEDS, WorkerProcess, program
from makima.engines.protocol import Capabilities, SpeechRequest
from makima.errors import AssetError, SynthesisFailed, VoiceNotFound
from makima.events import Loading, OnLoading
from makima.text import kana
from makima.text.language import LANGUAGES
from makima.voices.catalog import Voice

SAMPLE_RATE_HZ = 22_050


NO_KANJI = "Chinese letters (kanji) are named instead of read: install the extra japanese on the server."


class EspeakEngine:
    """espeak-ng from the wheel `espeakng-loader`, in helper processes.

    `workers` is the usual number of processes, `answer_s` how long one may take for its next piece of audio.
    """

    name = "espeak"

    def __init__(self, workers: int | None = None, answer_s: float = ANSWER_S) -> None:
        self._workers = workers
        self._answer_s = answer_s
        self._loading = threading.Lock()
        self._pool: WorkerPool | None = None
        self._streams: WeakSet[EspeakStream] = WeakSet()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            LANGUAGES,
            SAMPLE_RATE_HZ,
            cloning=False,
            text_streaming=True,
            model="espeak-ng 1.52",
            embedded=True,
            language_limits={} if kana.available() else {"Japanese": NO_KANJI},
            word_times=True,
            speeds=SPEEDS,
        )

    @property
    def loaded(self) -> bool:
        return self._pool is not None

    @property
    def pool(self) -> WorkerPool | None:
        return self._pool

    def load(self, on_loading: OnLoading) -> None:
        with self._loading:
            if self._pool is not None:
                return
            on_loading(Loading("embedded voice", None))
            how = program(self._answer_s)
            pool = WorkerPool(lambda: WorkerProcess(how), self._workers)
            try:
                rate = pool.start()
            except (SynthesisFailed, OSError) as exc:
                raise AssetError(
                    "espeak-ng", f"The embedded voice does not start: {exc}", mend=installation.run("doctor")
                ) from exc
            assert rate == SAMPLE_RATE_HZ, rate
            self._pool = pool

    def voices(self) -> Sequence[Voice]:
        return VOICES

    def open(self, request: SpeechRequest) -> EspeakStream:
        if all(voice.id != request.voice for voice in VOICES):
            raise VoiceNotFound(request.voice, [voice.id for voice in VOICES])
        self.load(lambda _: None)
        assert self._pool is not None
        stream = EspeakStream(request, self._pool, SAMPLE_RATE_HZ)
        self._streams.add(stream)
        return stream

    def close(self) -> None:
        with self._loading:
            pool, self._pool = self._pool, None
        for stream in list(self._streams):
            stream.cancel()
        if pool is not None:
            pool.close()
