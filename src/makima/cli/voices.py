"""`makima voices`: list voices, make one, hear it, check it, delete it."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from makima import installation
from makima.cli.say import Destination, say_text
from makima.config import Settings, load_settings
from makima.console import out, status
from makima.engines.protocol import Engine
from makima.engines.registry import ENGINES, choose
from makima.errors import MakimaError, VoiceNotFound
from makima.events import Loading, OnLoading
from makima.voices.catalog import VoiceCatalog
from makima.voices.checks import Finding
from makima.voices.consent import consent
from makima.voices.library import WITHOUT_TRANSCRIPT, Draft, Library, open_library
from makima.voices.recording import Recording, read_recording, require_useful
from makima.voices.sentences import preview_text

voices_command = typer.Typer(help="List voices; make, hear, check and delete them.", invoke_without_command=True)

EngineOption = Annotated[str | None, typer.Option("--engine", "-e", help="auto, qwen3, chatterbox or espeak")]
IdArgument = Annotated[str, typer.Argument(help="A voice's id, as `makima voices` lists it")]
TranscriptOption = Annotated[str | None, typer.Option("--transcript", "-t", help="What is said in it, word for word")]
LanguageOption = Annotated[str, typer.Option("--language", "-l", help="What is spoken in it, by name or ISO code")]

SHOWN_AFTER_S = 1.0

_STYLES = {"error": "red", "warning": "yellow", "advice": "cyan"}


@voices_command.callback()
def voices(context: typer.Context, engine: EngineOption = None) -> None:
    """List the voices there are; or make, hear, check and delete them."""
    if context.invoked_subcommand is None:
        list_voices(engine)


@voices_command.command("list")
def list_voices(engine: EngineOption = None) -> None:
    """List the voices there are."""
    settings = load_settings(engine=engine)
    catalog = VoiceCatalog(choose(settings).engine.voices(), settings.default_voice)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Id", "Name", "Engine", "Description"):
        table.add_column(column)
    for voice in catalog:
        name = f"{voice.id} (default)" if voice.id == catalog.default.id else voice.id
        table.add_row(name, escape(voice.name), voice.engine, escape(voice.description))
    out.print(table)


@voices_command.command()
def add(
    file: Annotated[Path, typer.Argument(help="5 to 15 seconds of one person: WAV, FLAC, MP3, OGG, AIFF, AAC or M4A")],
    name: Annotated[str, typer.Option("--name", "-n", help="As it is shown; the id is made of it")],
    agreed: Annotated[
        str | None, typer.Option("--consent", help="The speaker's consent: `yes`, or a statement in your own words")
    ] = None,
    by: Annotated[str | None, typer.Option("--consent-by", help="Who states that [default: the user's name]")] = None,
    language: LanguageOption = "English",
    transcript: TranscriptOption = None,
    description: Annotated[str, typer.Option(help="What it is like, in a few words")] = "",
    voice_id: Annotated[str | None, typer.Option("--id", help="An id other than the name suggests")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of the voice of that --id")] = False,
) -> None:
    """Make a voice from a recording. A server that runs over the same folder lists it at once."""
    statement = consent(agreed, by or getpass.getuser())
    library = _library(load_settings())
    with _working(f"reading {file.name}"):
        recording = read_recording(file, transcript)
    _print_findings(recording.findings)
    require_useful(recording)
    voice = library.add(Draft(name, recording, language, transcript, description, statement), voice_id, replace=replace)
    if voice.transcript is None:
        status.print(WITHOUT_TRANSCRIPT, style="yellow", highlight=False)
    out.print(
        f"[bold]{voice.id}[/] is kept in {escape(str(voice.folder))}, {recording.duration_s:.1f} s.", highlight=False
    )
    out.print(f"To hear it: {installation.command(f'voices preview {voice.id}')}", highlight=False)


@voices_command.command()
def remove(
    voice_id: IdArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False,
) -> None:
    """Delete a voice: its recording, its transcript, its consent."""
    library = _library(load_settings())
    voice = library.find(voice_id)
    if not yes:
        typer.confirm(f"Delete {voice.manifest.name} ({voice_id}) for good?", abort=True, err=True)
    library.remove(voice_id)
    out.print(f"{voice_id} is deleted.", highlight=False)


@voices_command.command()
def preview(
    voice_id: IdArgument,
    text: Annotated[str | None, typer.Option("--text", help="Instead of a sentence in the voice's language")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A WAV file, or - for standard output")] = None,
    language: Annotated[str | None, typer.Option("--language", "-l", help="Instead of the voice's own")] = None,
    engine: EngineOption = None,
) -> None:
    """Have a voice say a sentence: aloud, or into a file."""
    settings = load_settings(engine=engine)
    voice = VoiceCatalog(choose(settings).engine.voices(), settings.default_voice).find(voice_id)
    spoken = language or voice.language
    say_text(settings, text or preview_text(spoken), Destination(output, output is None), voice_id, spoken, None)


@voices_command.command()
def check(
    what: Annotated[str, typer.Argument(help="A recording, or the id of a voice")],
    transcript: TranscriptOption = None,
    language: LanguageOption = "English",
    compare: Annotated[
        bool | None,
        typer.Option(
            "--similarity/--no-similarity",
            help="Clone the voice and compare the two [default: where a model that clones is on this machine]",
        ),
    ] = None,
) -> None:
    """Say what is good and bad about a recording, and how alike a clone of it is. Nothing is kept."""
    settings = load_settings()
    path, transcript, language = _recording_of(what, transcript, language, settings)
    with _working(f"reading {path.name}"):
        recording = read_recording(path, transcript)
    _print_findings(recording.findings)
    if not recording.findings:
        out.print("Nothing is wrong with it.")
    out.print(f"{recording.duration_s:.1f} s of it would be kept.", highlight=False)
    require_useful(recording)
    if compare or (compare is None and _can_compare(settings)):
        _print_similarity(recording, transcript, language, settings)


@voices_command.command("setup-default")
def setup_default(
    source: Annotated[str | None, typer.Option("--from", help="A CustomVoice model or its folder")] = None,
    mirror: Annotated[str | None, typer.Option(help="The address of a mirror of the hub; or set HF_ENDPOINT")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Even if `makima` has a recording of its own")] = False,
) -> None:
    """Give the voice `makima` a recording that is nobody's: a preset speaker of Qwen3-TTS reads it (2.5 GB, once)."""
    settings = load_settings()
    library = _library(settings)
    problem = ENGINES["qwen3"].packages_problem()
    if problem is not None:
        raise problem
    from makima.engines.qwen3.default_voice import SOURCE, make_default_voice

    with _working("the default voice") as show:
        voice = make_default_voice(
            library, show, source=source or SOURCE, device=settings.device, mirror=mirror, replace=replace
        )
    origin = voice.manifest.origin
    assert origin is not None
    out.print(f"[bold]{voice.id}[/] speaks as {origin.speaker} of {escape(origin.model)} now.", highlight=False)


def default_voice_maker(settings: Settings, engine: Engine) -> Callable[[Library, OnLoading], object] | None:
    """What gives the default voice its recording, for the server; None where `engine` could not clone it."""
    if engine.name != "qwen3" or not engine.capabilities.cloning:
        return None
    from makima.engines.qwen3.default_voice import make_default_voice

    return lambda library, on_loading: make_default_voice(library, on_loading, device=settings.device)


def _library(settings: Settings) -> Library:
    return open_library(settings.voices_dir, settings.cache_dir)


def _recording_of(what: str, transcript: str | None, language: str, settings: Settings) -> tuple[Path, str | None, str]:
    """The recording that is meant, what is said in it, and in what language."""
    if (path := Path(what)).is_file():
        return path, transcript, language
    try:
        voice = _library(settings).find(what)
    except VoiceNotFound as exc:
        raise VoiceNotFound(what, exc.available, mend="It is no file either.") from exc
    if voice.reference is None:
        raise VoiceNotFound(
            what, mend=f"It has no recording. {installation.run('voices setup-default')}, or put one there."
        )
    return voice.reference, transcript or voice.transcript, voice.manifest.language


def _can_compare(settings: Settings) -> bool:
    if ENGINES["qwen3"].problem(settings) is not None:
        return False
    try:
        return ENGINES["qwen3"].make(settings).capabilities.cloning
    except MakimaError:
        return False


def _print_similarity(recording: Recording, transcript: str | None, language: str, settings: Settings) -> None:
    problem = ENGINES["qwen3"].problem(settings)
    if problem is not None:
        raise problem
    from makima.engines.qwen3.similarity import load_for_similarity, similarity

    with _working("the model") as show:
        model = load_for_similarity(settings.model_id, settings.device, settings.quantize, show)
        show(Loading("the clone", None))
        found = similarity(model, recording.samples, transcript, preview_text(language), language)
    out.print(
        f"Similarity of the clone: {found.cosine:.2f} (cosine of speaker vectors; 1 is the same voice), "
        f"from {found.spoken_s:.1f} s of speech.",
        highlight=False,
    )


def _print_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        style = _STYLES[finding.level]
        status.print(f"[{style}]{finding.level}[/]  {escape(finding.words)}", highlight=False)


class _Working:
    """Says what is being done, once it has taken a while: a line on a terminal, nothing elsewhere."""

    def __init__(self, what: str) -> None:
        self._status = status.status(f"{what} ...")
        self._timer = threading.Timer(SHOWN_AFTER_S, self._status.start)
        self._timer.daemon = True

    def __call__(self, news: Loading) -> None:
        percent = "" if news.progress is None else f" {news.progress:.0%}"
        self._status.update(f"{news.what}{percent} ...")

    def begin(self) -> None:
        if status.is_terminal:
            self._timer.start()

    def end(self) -> None:
        self._timer.cancel()
        self._status.stop()


@contextmanager
def _working(what: str) -> Iterator[_Working]:
    working = _Working(what)
    working.begin()
    try:
        yield working
    finally:
        working.end()
