"""NVIDIA Parakeet TDT 0.6B v3 by onnx-asr: 25 European languages, with case and punctuation.

It takes whole utterances, so an open one is recognised from its beginning for each hypothesis. Its encoder is int8.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from makima import installation
from makima.errors import AssetError, RecognitionFailed
from makima.events import Loading, OnLoading, Samples
from makima.models import hub
from makima.stt.protocol import RATE_HZ, HeardWord, Recognition, RecognizerCapabilities

if TYPE_CHECKING:
    from onnx_asr.adapters import TextResultsAsrAdapter

# Those of the ten languages of the engines. The model knows more, and identifies the language itself.
LANGUAGES = ("English", "German", "French", "Russian", "Portuguese", "Spanish", "Italian")

AT_ONCE = 2
"""Utterances that are decoded at the same time; each uses half of the cores."""

_LAYOUT = "nemo-conformer-tdt"
_MIN_SAMPLES = RATE_HZ // 10
"""The features are normalized by their variance over time, which is not meaningful for less audio."""


class ParakeetRecognizer:
    """`model` is a hub id or a folder in onnx-asr's layout; `device` is that of the settings."""

    name = "parakeet"

    def __init__(self, model: str, device: str = "auto") -> None:
        self.capabilities = RecognizerCapabilities(languages=LANGUAGES, model=model)
        self._name = model
        self._device = device
        self._loading = threading.Lock()
        self._turns = threading.Semaphore(AT_ONCE)
        self._model: TextResultsAsrAdapter | None = None

    @property
    def loaded(self) -> bool:
        return self._model is not None

    def load(self, on_loading: OnLoading) -> None:
        """Read the weights.

        Raises: AssetError
        """
        with self._loading:
            if self._model is not None:
                return
            folder = hub.find(self._name)
            if folder is None:
                raise hub.missing(self._name)
            on_loading(Loading("Parakeet", None))
            self._model = _load(folder, self._device)

    def open(self, language: str, after: Recognition | None = None) -> ParakeetRecognition:
        """Begin an utterance. The model identifies its language from the audio."""
        if self._model is None:
            raise RecognitionFailed("The recogniser is not loaded.")
        return ParakeetRecognition(self._model, self._turns)

    def close(self) -> None:
        self._model = None


def _load(folder: Path, device: str) -> TextResultsAsrAdapter:
    try:
        import onnx_asr
        import onnxruntime
    except ImportError as exc:
        raise AssetError("onnx-asr", "It is not installed.", mend=installation.run_install("parakeet")) from exc
    wanted = ["CPUExecutionProvider"]
    if device.startswith("cuda") or device == "auto":
        wanted = ["CUDAExecutionProvider", *wanted]
    providers = [provider for provider in wanted if provider in onnxruntime.get_available_providers()]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, (os.cpu_count() or 1) // AT_ONCE)
    whole = not any(folder.glob("encoder-model?int8.onnx"))
    try:
        quantization = None if whole else "int8"
        return onnx_asr.load_model(
            _LAYOUT, folder, quantization=quantization, sess_options=options, providers=providers
        )
    except Exception as exc:  # onnxruntime has an exception class for each kind of fault in a graph
        raise AssetError(str(folder), f"Parakeet does not load: {exc}.", mend="Pull the model again.") from exc


class ParakeetRecognition:
    """One utterance: its audio so far."""

    words: tuple[HeardWord, ...] = ()

    def __init__(self, model: TextResultsAsrAdapter, turns: threading.Semaphore) -> None:
        self._model: TextResultsAsrAdapter | None = model
        self._turns = turns
        self._audio: list[Samples] = []

    def feed(self, samples: Samples) -> None:
        if self._model is None:
            raise RecognitionFailed("The utterance is over.")
        self._audio.append(samples)

    def hypothesis(self) -> str:
        if self._model is None:
            raise RecognitionFailed("The utterance is over.")
        audio: Samples = np.concatenate([np.zeros(0, np.float32), *self._audio])
        self._audio = [audio]
        if len(audio) < _MIN_SAMPLES:
            return ""
        try:
            with self._turns:
                return self._model.recognize(audio, sample_rate=16_000).strip()
        except Exception as exc:  # as above
            raise RecognitionFailed(f"Parakeet failed on this utterance: {exc}.") from exc

    def finish(self) -> str:
        return self.hypothesis()

    def close(self) -> None:
        self._model = None
        self._audio.clear()
