"""`makima say`: a text into a file, a pipe or the speakers."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rich.progress import BarColumn, Progress, TextColumn

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.audio.muxing import Container, container, make_muxer
from makima.audio.player import Player, required_player
from makima.audio.tempo import check_speed
from makima.config import Settings
from makima.console import status
from makima.engines.output import Format, SpeechOutput
from makima.engines.protocol import Engine, SpeechRequest, catalog_of
from makima.engines.registry import choose
from makima.errors import AssetError, InvalidMessage, InvalidText
from makima.events import Loading
from makima.server.doors.common.word_times import TimedWord, WordTimes
from makima.text.captions import Captions, written_captions
from makima.text.language import spoken_language
from makima.text.speakable import MAX_TEXT_CHARACTERS, check_characters, check_utterance

STDOUT = Path("-")

_SUFFIXES = {"ogg": "opus", "oga": "opus", "raw": "pcm"}
"""File names that end in another name of a format."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the audio goes: a file, standard output as `-`, the speakers, or several of them.

    `words` is a file for the times of the words.
    """

    output: Path | None
    play: bool
    words: Path | None = None

    @property
    def captions(self) -> Captions | None:
        """The kind of that file, by its name. Raises: InvalidMessage if there is none of this name"""
        if self.words is None:
            return None
        try:
            return Captions(self.words.suffix.lower().removeprefix("."))
        except ValueError as exc:
            raise InvalidMessage(
                f"words: {self.words.name} is no file for the times of words.",
                mend="Give it a name that ends in .srt, .vtt or .json.",
            ) from exc

    @property
    def form(self) -> Container:
        """The file's format, by its name. Raises: InvalidMessage if there is none of this name"""
        suffix = self.output.suffix.lower().removeprefix(".") if self.output is not None else ""
        return container(_SUFFIXES.get(suffix, suffix)) if suffix else Container.WAV


def say_text(
    settings: Settings,
    text: str | None,
    to: Destination,
    voice: str | None,
    language: str,
    seed: int | None,
    speed: float = 1.0,
) -> None:
    """Say `text`, or what comes on standard input if it is None.

    A file is in the format that its name ends with.

    Raises: InvalidText, InvalidMessage, VoiceNotFound, AssetError, EngineError
    """
    spoken = spoken_language(language)
    check_speed(speed)
    make_muxer(to.form, 24_000)  # what cannot be had is refused before a model is loaded
    if to.play:
        required_player()
    wants_words = to.captions is not None
    if text is None and sys.stdin.isatty():
        raise InvalidText("There is nothing to say.", mend='Pass a text: makima say "Hello there."')
    whole = None if text is None else check_utterance(text, MAX_TEXT_CHARACTERS)
    engine = choose(settings).engine
    voice_id = catalog_of(engine, settings.default_voice).find(voice).id
    try:
        load_with_progress(engine)
        with SpeechOutput(Format()) as output:
            output.open(engine, SpeechRequest(voice_id, spoken, seed, speed=speed, word_times=wants_words))
            times = WordTimes(exact=engine.capabilities.word_times)
            faults = _feed(output, whole, times)
            _deliver(output, to, faults, times)
    finally:
        engine.close()
    if not output.samples:
        raise InvalidText("There was nothing to be spoken in the text.", mend="It needs a letter or a digit.")
    _report(to, output, time.monotonic() - output.begun_s)


def load_with_progress(engine: Engine) -> None:
    """Load `engine`, with a progress bar."""
    columns = (TextColumn("Loading {task.description}"), BarColumn())
    with Progress(*columns, console=status, transient=True, disable=not status.is_terminal) as progress:
        task = progress.add_task(engine.name, total=None)

        def show(news: Loading) -> None:
            total = None if news.progress is None else 1.0
            progress.update(task, description=news.what, total=total, completed=news.progress or 0.0)

        engine.load(show)


def _feed(output: SpeechOutput, text: str | None, times: WordTimes) -> list[InvalidText]:
    """Feed the text, or standard input while it is written. Its faults are in the list once the audio has ended."""
    faults: list[InvalidText] = []
    if text is not None:
        times.text(text)
        output.feed(text, complete=True)
        return faults

    def read() -> None:
        try:
            for line in sys.stdin:
                line.encode()  # bytes that are not UTF-8 may arrive as halves of surrogate pairs
                check_characters(line)
                times.text(line)
                output.feed(line, complete=False)
            output.feed("", complete=True)
        except UnicodeError:
            faults.append(InvalidText("Standard input is not UTF-8.", mend="Convert it, for instance with iconv."))
            output.cancel()
        except InvalidText as exc:
            faults.append(exc)
            output.cancel()

    threading.Thread(target=read, daemon=True).start()
    return faults


def _deliver(output: SpeechOutput, to: Destination, faults: list[InvalidText], times: WordTimes) -> None:
    """Write the audio to its destination as it is made; a file at the end, as its header may say how long it is.

    Raises: the first of `faults`, and then no file is written
    """
    kept: list[bytes] = []
    words: list[TimedWord] = []
    muxer = make_muxer(Container.PCM if to.form is Container.WAV else to.form, output.sample_rate_hz)
    with ExitStack() as stack:
        sinks: list[Callable[[bytes], None]] = []
        if to.play:
            sinks.append(stack.enter_context(Player(output.sample_rate_hz)).write)
        if to.output == STDOUT:
            sinks.append(_stdout_writer(output.sample_rate_hz))
        elif to.output is not None:
            sinks.append(lambda pcm: kept.append(muxer.push(pcm)))
        for piece in output:
            words += times.audio(piece.samples / output.sample_rate_hz, piece.words)
            for sink in sinks:
                sink(piece.pcm)
    if faults:
        raise faults[0]
    if to.output is not None and to.output != STDOUT and output.samples:
        data = b"".join([*kept, muxer.finish()])
        if to.form is Container.WAV:
            data = wav.header(output.sample_rate_hz, data_bytes=len(data), about=SYNTHETIC) + data
        _write_file(to.output, data)
    if to.words is not None and to.captions is not None and output.samples:
        content = written_captions([*words, *times.end()], to.captions, exact=times.exact)
        _write_file(to.words, content.encode())


def _write_file(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as exc:
        raise AssetError(str(path), f"It cannot be written: {exc.strerror}.") from exc


def _stdout_writer(sample_rate_hz: int) -> Callable[[bytes], None]:
    raw: IO[bytes] = sys.stdout.buffer
    raw.write(wav.header(sample_rate_hz, about=SYNTHETIC))

    def write(pcm: bytes) -> None:
        raw.write(pcm)
        raw.flush()

    return write


def _report(to: Destination, output: SpeechOutput, took_s: float) -> None:
    audio_s, first_ms = output.audio_ms / 1000, (output.first_audio_s or 0.0) * 1000
    where = f"{to.output}: " if to.output not in (None, STDOUT) else ""
    status.print(
        f"{where}{audio_s:.1f} s of speech, first audio after {first_ms:.0f} ms, all after {took_s:.2f} s",
        style="dim",
        highlight=False,
    )
