"""Chatterbox Turbo as an engine: finds its graphs, chooses the device, loads the model."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from makima.engines.chatterbox.stream import ChatterboxStream
from makima.engines.chatterbox.thread import EngineThread
from makima.engines.chatterbox.voices import DEFAULT_VOICE, ChatterboxVoices
from makima.engines.protocol import Capabilities, SpeechRequest
from makima.errors import InvalidMessage, MakimaError, VoiceNotFound
from makima.events import Loading, OnLoading
from makima.models import hub
from makima.models.chatterbox.graph import chosen_device
from makima.models.chatterbox.layout import AUTO
from makima.models.chatterbox.model import SAMPLE_RATE_HZ, Chatterbox
from makima.models.chatterbox.sampling import Sampling
from makima.text import language
from makima.voices.catalog import Voice

log = logging.getLogger(__name__)

LANGUAGES = ("English",)


class ChatterboxEngine:
    """The engine over one release of the model. `threads` is the number of CPU threads; 0 uses every core.

    Raises: AssetError where the graphs are not on this machine; ConfigError for a device that is not there
    """

    name = "chatterbox"

    def __init__(
        self,
        model_id: str,
        device: str,
        voices_dir: Path,
        *,
        quantize: str = AUTO,
        sampling: Sampling | None = None,
        threads: int = 0,
        make_recording: Callable[[OnLoading], object] | None = None,
    ) -> None:
        """`make_recording` gives the default voice a recording where it has none."""
        folder = hub.find(model_id)
        if folder is None:
            raise hub.missing(model_id)
        self._folder = folder
        self._model_id = model_id
        self._device = chosen_device(device)
        self._quantize = quantize
        self._sampling = sampling or Sampling()
        self._threads = threads
        self._make_recording = make_recording
        self._voices = ChatterboxVoices(voices_dir)
        self._loading = threading.Lock()
        self._thread: EngineThread | None = None

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            LANGUAGES,
            SAMPLE_RATE_HZ,
            cloning=True,
            text_streaming=True,
            model=hub.short_name(self._model_id),
            device=self._device,
        )

    @property
    def loaded(self) -> bool:
        return self._thread is not None

    def load(self, on_loading: OnLoading) -> None:
        with self._loading:
            if self._thread is not None:
                return
            model = Chatterbox.load(
                self._folder,
                quantize=self._quantize,
                device=self._device,
                threads=self._threads,
                on_loading=on_loading,
            )
            if self._make_recording is not None:
                self._make_recording(on_loading)
            on_loading(Loading("the default voice", None))
            try:
                self._voices.prompt(DEFAULT_VOICE, model)
            except VoiceNotFound:
                pass  # it has no recording; requests for it get this error
            except MakimaError as exc:
                log.warning("the default voice cannot be used: %s", exc)
            self._thread = EngineThread(model, self._voices, self._sampling)

    def voices(self) -> Sequence[Voice]:
        return self._voices.voices()

    def open(self, request: SpeechRequest) -> ChatterboxStream:
        if request.language not in (*LANGUAGES, language.AUTO):
            raise InvalidMessage(
                f"language: Chatterbox Turbo does not speak {request.language}.",
                mend="Take English, or another engine.",
            )
        self._voices.reference(request.voice)
        self.load(lambda _: None)
        thread = self._thread
        assert thread is not None
        stream = ChatterboxStream(request, SAMPLE_RATE_HZ, thread.wake)
        thread.submit(stream)
        return stream

    def close(self) -> None:
        with self._loading:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()
        self._voices.forget()
