"""`makima say`: a text into a file, a pipe or the speakers."""

from __future__ import annotations

import sys
import threading
import time

from rich.progress import BarColumn, Progress, TextColumn

from makima.audio.muxing import make_muxer
from makima.audio.player import required_player
from makima.audio.tempo import check_speed
from makima.cli.output.destination import STDOUT, Destination
from makima.cli.output.sink import Sink, write_file
from makima.cli.unspoken import unspoken
from makima.config import Settings
from makima.console import status
from makima.engines.output import Format, SpeechOutput
from makima.engines.protocol import Engine, SpeechRequest, catalog_of
from makima.engines.registry import choose
from makima.errors import InvalidText
from makima.events import Loading
from makima.server.doors.common.word_times import TimedWord, WordTimes
from makima.text.captions import written_captions
from makima.text.language import LANGUAGES, spoken_language
from makima.text.speakable import MAX_TEXT_CHARACTERS, check_characters, check_utterance


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


def warn_of_script(text: str) -> bool:
    """Whether no engine reads the script of `text`: then that is said, as what will be heard of it is noise."""
    language = unspoken(text)
    if language is not None:
        known = ", ".join(sorted(LANGUAGES))
        status.print(
            f"This looks like {language}, which no engine here speaks. It will not be understood. Spoken are {known}.",
            style="yellow",
            highlight=False,
            soft_wrap=True,
        )
    return language is not None


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
        warn_of_script(text)
        times.text(text)
        output.feed(text, complete=True)
        return faults

    def read() -> None:
        warned = False
        try:
            for line in sys.stdin:
                line.encode()  # bytes that are not UTF-8 may arrive as halves of surrogate pairs
                check_characters(line)
                if not warned:
                    warned = warn_of_script(line)
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
    """Write the audio to its destination as it is made, and the times of its words beside it.

    Raises: the first of `faults`, and then no file is written
    """
    words: list[TimedWord] = []
    with Sink(to, output.sample_rate_hz) as sink:
        for piece in output:
            words += times.audio(piece.samples / output.sample_rate_hz, piece.words)
            sink.write(piece.pcm)
        if faults:
            raise faults[0]
    if to.words is not None and to.captions is not None and output.samples:
        content = written_captions([*words, *times.end()], to.captions, exact=times.exact)
        write_file(to.words, content.encode())


def _report(to: Destination, output: SpeechOutput, took_s: float) -> None:
    audio_s, first_ms = output.audio_ms / 1000, (output.first_audio_s or 0.0) * 1000
    where = f"{to.output}: " if to.output not in (None, STDOUT) else ""
    status.print(
        f"{where}{audio_s:.1f} s of speech, first audio after {first_ms:.0f} ms, all after {took_s:.2f} s",
        style="dim",
        highlight=False,
        soft_wrap=True,
    )
