"""Smart Turn v3 as a `TurnDetector`: from the last 8 s of a turn, whether its speaker is done.

Its input is the log-mel spectrogram of Whisper (80 bands, hop 10 ms) over exactly 8 s, the turn's end at the end and
zeros before it, after the waveform was brought to mean 0 and variance 1; its output is the probability itself.
Source: pipecat-ai/smart-turn:inference.py; openai/whisper:whisper/audio.py
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from makima import installation
from makima.errors import AssetError
from makima.events import Samples
from makima.stt.protocol import RATE_HZ

WINDOW_S = 8
_FFT, _HOP, _BANDS = 400, 160, 80
_INPUT = "input_features"


class SmartTurn:
    """The newest `smart-turn-v3*.onnx` in `folder`.

    Raises: AssetError where there is none, or it does not load
    """

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        graphs = sorted(folder.glob("smart-turn-v3*.onnx"))
        if not graphs:
            raise AssetError(
                str(folder), "There is no smart-turn-v3*.onnx.", mend=installation.run("models pull smart-turn")
            )
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = (
            1  # a prediction for one session must not take every core
        )
        try:
            self._session = onnxruntime.InferenceSession(str(graphs[-1]), options, providers=["CPUExecutionProvider"])
            names = [entry.name for entry in self._session.get_inputs()]
            if names != [_INPUT]:
                raise ValueError(f"its input is {', '.join(names)} and not {_INPUT}")
        except Exception as exc:  # onnxruntime has an exception class for each kind of fault in a graph
            raise AssetError(str(graphs[-1]), f"It does not load: {exc}.", mend="Pull the model again.") from exc

    def complete(self, utterance: Samples) -> float:
        (probability,) = self._session.run(None, {_INPUT: features(utterance)[None]})[:1]
        return float(np.asarray(probability).reshape(-1)[0])


def features(utterance: Samples) -> NDArray[np.float32]:
    """Shapes: utterance [S] at RATE_HZ -> [_BANDS, 100 * WINDOW_S]"""
    length = WINDOW_S * RATE_HZ
    audio = np.zeros(length)
    tail = utterance[-length:]
    audio[length - len(tail) :] = tail
    audio = (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)
    padded = np.pad(audio, _FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP][:-1]
    power = np.abs(np.fft.rfft(frames * np.hanning(_FFT + 1)[:-1], axis=1)) ** 2
    log_mel = np.log10(np.maximum(power @ _mel_bands().T, 1e-10)).T
    log_mel = np.maximum(log_mel, log_mel.max() - 8.0)
    scaled: NDArray[np.float32] = ((log_mel + 4.0) / 4.0).astype(np.float32)
    return scaled


@cache
def _mel_bands() -> NDArray[np.float64]:
    """Slaney's triangular filters of area 1: linear spacing below 1 kHz, logarithmic above."""
    steps = np.linspace(0.0, _mel(RATE_HZ / 2), _BANDS + 2)
    edges = np.where(steps < 15, steps * 200 / 3, 1000 * np.exp((steps - 15) * np.log(6.4) / 27))
    low, peak, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    hz = np.linspace(0, RATE_HZ / 2, _FFT // 2 + 1)
    bands = np.maximum(0.0, np.minimum((hz - low) / (peak - low), (high - hz) / (high - peak)))
    even: NDArray[np.float64] = bands * 2 / (high - low)
    return even


def _mel(hz: float) -> float:
    return float(15 + 27 * np.log(hz / 1000) / np.log(6.4)) if hz >= 1000 else hz * 3 / 200
