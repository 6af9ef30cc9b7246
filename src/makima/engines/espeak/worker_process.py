"""A helper process that runs espeak-ng (`worker.py`), as seen from the server."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from makima import installation
from makima.errors import AssetError, SynthesisFailed
from makima.native_process import END, NativeProcess, Program

# Imported, as a program that is run by its path is compiled at every start. Nothing else in the folder is imported.
_START = "import sys; sys.path.append(sys.argv.pop(1)); import worker; worker.main()"
_WORD = struct.Struct("<III")

RATE = 175
"""Words a minute, espeak-ng's usual pace."""

SPEEDS = (0.5, 2.5)
"""Within these it keeps to the rate that is asked for; measured."""

ANSWER_S = 20.0
"""Between two messages of an answer: a helper takes milliseconds, also for the longest sentence."""


@dataclass(frozen=True, slots=True)
class Word:
    """Where a word stands in the text of its sentence, in characters, and at which sample of its audio it begins."""

    text_start: int
    text_length: int
    start_sample: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of audio as 16-bit little-endian samples, and the words that begin in it."""

    pcm16: bytes
    words: tuple[Word, ...] = ()


def program(answer_s: float = ANSWER_S) -> Program:
    """How the helper is started, with the library and the data of the package `espeakng-loader`.

    Raises: AssetError where the package is missing or broken
    """
    try:
        import espeakng_loader

        library, data = espeakng_loader.get_library_path(), espeakng_loader.get_data_path()
    except (ImportError, RuntimeError) as exc:
        raise AssetError(
            "espeakng-loader",
            f"The embedded voice's package is missing or broken: {exc}.",
            mend=f"Run: {installation.pip('install --force-reinstall espeakng-loader')}",
        ) from exc
    # -I -S: nothing of the environment or of site-packages is read, which makes it start in 15 ms.
    command = (sys.executable, "-I", "-S", "-c", _START, str(Path(__file__).parent), library, data)
    return Program("The embedded voice", command, SynthesisFailed, answer_s)


class WorkerProcess(NativeProcess):
    """Speaks one sentence at a time. `speak` and `phonemes` are called from one thread, `cancel` and `kill` from any.

    Raises: SynthesisFailed from both where the process has failed (`usable` is false then), or the request has
    """

    def __init__(self, how: Program) -> None:
        super().__init__(how)
        self.sample_rate_hz: int = json.loads(self.ready)["sample_rate_hz"]

    def speak(self, text: str, voice: str, speed: float = 1.0) -> Iterator[Piece]:
        """The audio of one sentence, piece by piece up to its end or its cancel. `voice` is espeak-ng's name for it."""
        request = json.dumps({"text": text, "voice": voice, "rate": str(round(RATE * speed))}).encode()
        for kind, payload in self.stream(b"S", b"A", request):
            if kind == END:
                _check_end(payload)
            else:
                yield _piece(payload)

    def phonemes(self, text: str, voice: str, tie: str = "") -> str:
        """The phonemes of `text` in IPA. `tie` is written between the letters of one phoneme."""
        said = b""
        request = json.dumps({"text": text, "voice": voice, "tie": tie}).encode()
        for kind, payload in self.stream(b"P", b"P", request):
            if kind == END:
                _check_end(payload)
            else:
                said += payload
        return said.decode()


def _piece(payload: bytes) -> Piece:
    (count,) = struct.unpack_from("<H", payload)
    words_end = 2 + count * _WORD.size
    words = tuple(Word(*fields) for fields in _WORD.iter_unpack(payload[2:words_end]))
    return Piece(payload[words_end:], words)


def _check_end(payload: bytes) -> None:
    end: dict[str, str] = json.loads(payload)
    if end["reason"] == "failed":
        raise SynthesisFailed(f"The embedded voice failed on this text ({end['detail']}).")
