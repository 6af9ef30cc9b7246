"""Qwen3-TTS as an engine: where its weights are, on what device, and when it loads."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import torch

from makima.engines.protocol import Capabilities, SpeechRequest
from makima.engines.qwen3.cast import Cast
from makima.engines.qwen3.thread import EngineThread
from makima.engines.qwen3.utterance import Qwen3Stream
from makima.errors import ConfigError, OutOfMemory
from makima.events import Loading, OnLoading
from makima.models import hub
from makima.models.qwen3 import Qwen3TTS
from makima.models.qwen3.config import ModelConfig, read_codec_config, read_model_config
from makima.text.language import LANGUAGES
from makima.voices.catalog import Voice

log = logging.getLogger(__name__)

SLOTS = 16


class Qwen3Engine:
    """The engine seam over one checkpoint. The model is loaded on first use, and let go of after `idle_s` without any.

    Raises: AssetError where the weights are not on this machine or their configuration is broken
    """

    name = "qwen3"

    def __init__(
        self, model_id: str, device: str, voices_dir: Path, *, slots: int = SLOTS, idle_s: float = 0.0
    ) -> None:
        folder = hub.find(model_id)
        if folder is None:
            raise hub.missing(model_id)
        self._folder = folder
        self._model_id = model_id
        self._device = device
        self._slots = slots
        self._idle_s = idle_s
        self._cast = Cast(self._config, voices_dir)
        self._loading = threading.Lock()
        self._thread: EngineThread | None = None
        self._on_loading: OnLoading = lambda _: None

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            LANGUAGES,
            self._codec_rate_hz,
            cloning=self._config.kind == "base",
            text_streaming=True,
            model=hub.short_name(self._model_id),
        )

    @property
    def loaded(self) -> bool:
        thread = self._thread
        return thread is not None and thread.loaded

    def load(self, on_loading: OnLoading) -> None:
        with self._loading:
            if self.loaded:
                return
            model = self._load_somewhere(on_loading)
            on_loading(Loading("the default voice", None))
            self._cast.role(self._cast.voices()[0].id, model)
            if self._thread is None:
                self._thread = EngineThread(self._load_again, self._load_on_cpu, self._cast, self._slots, self._idle_s)
            self._thread.adopt(model)

    def voices(self) -> Sequence[Voice]:
        return self._cast.voices()

    def open(self, request: SpeechRequest) -> Qwen3Stream:
        self._cast.check(request.voice)
        self.load(lambda _: None)
        assert self._thread is not None
        stream = Qwen3Stream(request, self._codec_rate_hz, self._thread.wake)
        self._thread.submit(stream)
        return stream

    def close(self) -> None:
        with self._loading:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()
        self._cast.forget()
        gc.collect()

    @cached_property
    def _config(self) -> ModelConfig:
        return read_model_config(self._folder)

    @cached_property
    def _codec_rate_hz(self) -> int:
        return read_codec_config(self._folder).sample_rate_hz

    def _load_somewhere(self, on_loading: OnLoading) -> Qwen3TTS:
        """Load on the device asked for; out of memory, once more, then on the CPU."""
        device = chosen_device(self._device)
        for attempt in range(2):
            try:
                return self._load_on(device, on_loading)
            except torch.OutOfMemoryError:
                log.warning("out of memory on %s while loading, attempt %d", device, attempt + 1)
                gc.collect()
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
        if device.type == "cpu":
            raise OutOfMemory("There is not enough memory for this model.", mend="Take a smaller one.")
        on_loading(Loading(f"the model on the CPU, as {device} is out of memory", None))
        return self._load_on(torch.device("cpu"), on_loading)

    def _load_on(self, device: torch.device, on_loading: OnLoading) -> Qwen3TTS:
        dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
        return Qwen3TTS.load(self._folder, device, dtype, on_loading=on_loading)

    def _load_again(self) -> Qwen3TTS:
        return self._load_somewhere(lambda news: log.info("loading %s", news.what))

    def _load_on_cpu(self) -> Qwen3TTS:
        return self._load_on(torch.device("cpu"), lambda news: None)


def chosen_device(name: str) -> torch.device:
    """The device that `name` means: `auto` takes CUDA, else Apple's GPU, else the CPU.

    Raises: ConfigError for one that is not there
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda:0")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as exc:
        raise ConfigError("TTS_DEVICE", f"There is no device {name!r} here.", mend="Take auto or cpu.") from exc
    return device
