"""`makima transcribe`: the words in a recording."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from makima import installation
from makima.audio.files import decode
from makima.config import Settings
from makima.console import out, status
from makima.errors import AssetError, InvalidAudio
from makima.stt.protocol import RATE_HZ, Final
from makima.stt.registry import choose
from makima.stt.subtitles import srt, vtt
from makima.stt.transcribe import Transcriber
from makima.text.language import spoken_language

MAX_AUDIO_S = 4 * 3600.0


class Format(StrEnum):
    """The format of the output."""

    TEXT = "text"
    SRT = "srt"
    VTT = "vtt"
    JSON = "json"


def transcribe_file(settings: Settings, path: Path, language: str, shape: Format) -> None:
    """Print the words in `path`; as text, each utterance as soon as it is recognised.

    Raises: InvalidAudio, AssetError, RecognitionFailed; InvalidMessage for an unknown language
    """
    if not path.is_file():
        raise InvalidAudio(f"There is no file {path}.")
    spoken = spoken_language(language)
    choice = choose(settings)
    if choice is None:
        raise AssetError("recognisers", "None can load here.", mend=installation.run("doctor"))
    recognizer = choice.listener.recognizer
    try:
        samples = decode(path, RATE_HZ, MAX_AUDIO_S)
        with status.status(f"{recognizer.name} loads ..."):
            recognizer.load(lambda _: None)
        _print(Transcriber(choice.listener).utterances(samples, RATE_HZ, spoken), shape)
    finally:
        recognizer.close()


def _print(utterances: Iterator[Final], shape: Format) -> None:
    def say(text: str, end: str = "\n") -> None:
        out.print(text, end=end, soft_wrap=True, markup=False, highlight=False)

    match shape:
        case Format.TEXT:
            for utterance in utterances:
                say(utterance.text)
        case Format.SRT:
            say(srt(utterances), end="")
        case Format.VTT:
            say(vtt(utterances), end="")
        case Format.JSON:
            say(json.dumps([_fields(utterance) for utterance in utterances]))


def _fields(utterance: Final) -> dict[str, object]:
    fields: dict[str, object] = {"startMs": utterance.start_ms, "endMs": utterance.end_ms, "text": utterance.text}
    if utterance.words:  # some recognisers do not know
        fields["words"] = [
            {"text": word.text, "startMs": word.start_ms, "endMs": word.end_ms} for word in utterance.words
        ]
    return fields
