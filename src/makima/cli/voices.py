"""`makima voices`: lists, adds, previews, checks and deletes voices."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from makima import installation
from makima.cli.output.destination import Destination
from makima.cli.say import say_text
from makima.cli.working import working
from makima.config import Settings, load_settings
from makima.console import out, status
from makima.engines.protocol import Engine, catalog_of, mixed_voice
from makima.engines.registry import ENGINES, choose
from makima.errors import InvalidMessage, MakimaError, VoiceNotFound
from makima.events import Loading, OnLoading
from makima.voices.checks import Finding
from makima.voices.consent import consent
from makima.voices.library import WITHOUT_TRANSCRIPT, Draft, Library, open_library
from makima.voices.recording import Recording, read_recording, require_useful
from makima.voices.sentences import preview_text

voices_command = typer.Typer(help="List, add, preview, check and delete voices.", invoke_without_command=True)

EngineOption = Annotated[str | None, typer.Option("--engine", "-e", help="auto, qwen3, chatterbox or espeak")]
IdArgument = Annotated[str, typer.Argument(help="The id of a voice, as listed by `makima voices`")]
TranscriptOption = Annotated[
    str | None, typer.Option("--transcript", "-t", help="What is said in the recording, word for word")
]
LanguageOption = Annotated[
    str, typer.Option("--language", "-l", help="The language of the recording, by name or ISO code")
]

_STYLES = {"error": "red", "warning": "yellow", "advice": "cyan"}


@voices_command.callback()
def voices(context: typer.Context, engine: EngineOption = None) -> None:
    """List the available voices; the subcommands add, preview, check and delete them."""
    if context.invoked_subcommand is None:
        list_voices(engine)


@voices_command.command("list")
def list_voices(engine: EngineOption = None) -> None:
    """List the available voices."""
    settings = load_settings(engine=engine)
    catalog = catalog_of(choose(settings).engine, settings.default_voice)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Id", "Name", "Engine", "Description"):
        table.add_column(column)
    for voice in catalog:
        name = f"{voice.id} (default)" if voice.id == catalog.default.id else voice.id
        table.add_row(name, escape(voice.name), voice.engine, escape(voice.description))
    out.print(table)


@voices_command.command()
def add(
    file: Annotated[
        Path, typer.Argument(help="A recording of one speaker, best 5 to 15 s: WAV, FLAC, MP3, OGG, AIFF, AAC or M4A")
    ],
    name: Annotated[str, typer.Option("--name", "-n", help="The name to show; the id is derived from it")],
    agreed: Annotated[
        str | None, typer.Option("--consent", help="The speaker's consent: `yes`, or a statement in your own words")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--consent-by", help="Who gives the statement [default: the user's name]")
    ] = None,
    language: LanguageOption = "English",
    transcript: TranscriptOption = None,
    description: Annotated[str, typer.Option(help="A short description")] = "",
    voice_id: Annotated[str | None, typer.Option("--id", help="The id, instead of one derived from the name")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the voice with that --id")] = False,
) -> None:
    """Add a voice from a recording. A running server with the same folder lists it at once."""
    statement = consent(agreed, by or getpass.getuser())
    library = _library(load_settings())
    with working(f"reading {file.name}"):
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
def mix(
    voices: Annotated[str, typer.Argument(help="Voices of Kokoro with weights, such as af_heart:0.6+makima:0.4")],
    name: Annotated[str, typer.Option("--name", "-n", help="The name to show; the id is derived from it")],
    description: Annotated[str, typer.Option(help="A short description")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace the mix of that name")] = False,
) -> None:
    """Keep a mix of Kokoro's voices by a name. A running server with the same folder lists it at once."""
    settings = load_settings(engine="kokoro")
    if mixed_voice(choose(settings).engine, voices) is None:
        raise InvalidMessage(
            f"{voices!r} is no mix of voices that are here.", mend="Name two or more of `makima voices -e kokoro`."
        )
    voice = _library(settings).add_mix(voices, name, description, replace=replace)
    out.print(f"[bold]{voice.id}[/] is kept in {escape(str(voice.folder))}.", highlight=False)


@voices_command.command()
def remove(
    voice_id: IdArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation")] = False,
) -> None:
    """Delete a voice with its recording, transcript and consent."""
    library = _library(load_settings())
    voice = library.find(voice_id)
    if not yes:
        typer.confirm(f"Delete {voice.manifest.name} ({voice_id}) for good?", abort=True, err=True)
    library.remove(voice_id)
    out.print(f"{voice_id} is deleted.", highlight=False)


@voices_command.command()
def preview(
    voice_id: IdArgument,
    text: Annotated[
        str | None, typer.Option("--text", help="The text [default: a sentence in the voice's language]")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A WAV file, or - for standard output")] = None,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="The language [default: the voice's]")
    ] = None,
    engine: EngineOption = None,
) -> None:
    """Speak a sentence in a voice, to the speakers or to a file."""
    settings = load_settings(engine=engine)
    voice = catalog_of(choose(settings).engine, settings.default_voice).find(voice_id)
    spoken = language or voice.language
    say_text(settings, text or preview_text(spoken), Destination(output, output is None), voice_id, spoken, None)


@voices_command.command()
def check(
    what: Annotated[str, typer.Argument(help="A recording's file, or the id of a voice")],
    transcript: TranscriptOption = None,
    language: LanguageOption = "English",
    compare: Annotated[
        bool | None,
        typer.Option(
            "--similarity/--no-similarity",
            help="Clone the voice and compare it with the recording [default: if a model that clones is installed]",
        ),
    ] = None,
) -> None:
    """Check the quality of a recording, and the similarity of its clone. Nothing is stored."""
    settings = load_settings()
    path, transcript, language = _recording_of(what, transcript, language, settings)
    with working(f"reading {path.name}"):
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
    source: Annotated[str | None, typer.Option("--from", help="A CustomVoice model's name or folder")] = None,
    mirror: Annotated[str | None, typer.Option(help="The address of a mirror of the hub; or set HF_ENDPOINT")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a recording that `makima` already has")] = False,
) -> None:
    """Give the voice `makima` a synthesized recording, by a preset speaker of Qwen3-TTS (downloads 2.5 GB once)."""
    settings = load_settings()
    library = _library(settings)
    problem = ENGINES["qwen3"].packages_problem()
    if problem is not None:
        raise problem
    from makima.engines.qwen3.default_voice import SOURCE, make_default_voice

    with working("the default voice") as show:
        voice = make_default_voice(
            library, show, source=source or SOURCE, device=settings.device, mirror=mirror, replace=replace
        )
    origin = voice.manifest.origin
    assert origin is not None
    out.print(f"[bold]{voice.id}[/] speaks as {origin.speaker} of {escape(origin.model)} now.", highlight=False)


def default_voice_maker(settings: Settings, engine: Engine) -> Callable[[Library, OnLoading], object] | None:
    """The function that gives the default voice its recording; None where `engine` cannot clone."""
    if engine.name != "qwen3" or not engine.capabilities.cloning:
        return None
    from makima.engines.qwen3.default_voice import make_default_voice

    return lambda library, on_loading: make_default_voice(library, on_loading, device=settings.device)


def _library(settings: Settings) -> Library:
    return open_library(settings.voices_dir, settings.cache_dir)


def _recording_of(what: str, transcript: str | None, language: str, settings: Settings) -> tuple[Path, str | None, str]:
    """The file, transcript and language of a recording, or of a voice's recording."""
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

    with working("the model") as show:
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
