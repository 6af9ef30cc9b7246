"""The commands and their options."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.logging import RichHandler

from makima import __version__, installation
from makima.cli import doctor as doctor_report
from makima.cli.access import keys_command, print_token, print_usage
from makima.cli.bench import bench_command
from makima.cli.books.book import Wanted, speak_book
from makima.cli.books.script import say_script
from makima.cli.managed.choice import as_chosen
from makima.cli.managed.depot import LocalDepot
from makima.cli.managed.fetching import fetch_voice, recognizer_fetch
from makima.cli.managed.restart import FLAG, start_again
from makima.cli.models import models_command
from makima.cli.output.destination import Destination
from makima.cli.say import say_text
from makima.cli.text import Shown, show_text
from makima.cli.transcribe import Format, transcribe_file
from makima.cli.verify import verify as verify_file
from makima.cli.voices import default_voice_maker, voices_command
from makima.config import Settings, load_settings
from makima.console import out, print_qr, problem, status
from makima.engines.registry import choose
from makima.errors import AssetError, InvalidMessage, MakimaError
from makima.llm.registry import choose as choose_chat
from makima.llm.registry import make_chosen
from makima.stt.registry import choose as choose_recognizer

if TYPE_CHECKING:
    from makima.server.services import Services

log = logging.getLogger(__name__)

app = typer.Typer(
    help="Self-hosted speech synthesis and recognition in real time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

EngineOption = Annotated[
    str | None, typer.Option("--engine", "-e", help="auto, qwen3, kokoro, chatterbox or espeak", show_default="auto")
]
VoiceOption = Annotated[
    str | None, typer.Option("--voice", "-v", help="A voice of `makima voices`", show_default="the engine's own")
]
SpeedOption = Annotated[float, typer.Option(help="0.25 to 4 times the usual pace, at the same pitch")]
LanguageOption = Annotated[str, typer.Option("--language", "-l", help="Name or ISO code of the language, or Auto")]


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit")] = False,
) -> None:
    if version:
        out.print(f"makima {__version__}")
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 0.0.0.0 is all", show_default="127.0.0.1")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one", show_default="8000")] = None,
    engine: EngineOption = None,
    preload: Annotated[bool | None, typer.Option("--preload", help="Load the model at start, not on first use")] = None,
    insecure: Annotated[bool | None, typer.Option("--insecure", help="Serve other machines without tokens")] = None,
    wyoming: Annotated[bool | None, typer.Option("--wyoming", help="Serve Home Assistant too, by Wyoming")] = None,
    wyoming_port: Annotated[int | None, typer.Option(help="The port for that", show_default="10200")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error", show_default="info")] = None,
    chosen: Annotated[bool, typer.Option(FLAG, hidden=True)] = False,
) -> None:
    """Start the server: pages, WebSockets and HTTP routes."""
    settings = load_settings(
        host=host,
        port=port,
        engine=engine,
        preload=preload,
        insecure=insecure,
        wyoming=wyoming,
        wyoming_port=wyoming_port,
        log_level=log_level,
    )
    # Imported here, so that the other commands start without the web framework.
    from makima.server.doors.wyoming.server import check as check_wyoming
    from makima.server.monitoring import logs
    from makima.server.run import bind, url, urls_elsewhere
    from makima.server.run import serve as run

    logs.configure(settings, RichHandler(console=status, show_path=False, markup=False))
    settings = as_chosen(settings, over_all=chosen)
    services = compose(settings)
    check_wyoming(settings)
    listening = bind(settings)
    here = url(settings, listening)
    if settings.log_format == "json":
        log.info("Makima %s. Open %s and press Speak.", __version__, here)
    else:
        _greet(services, services.conversations.model.name, here, urls_elsewhere(settings, listening))
    run(services, listening, start_again)


def compose(settings: Settings) -> Services:
    """What a server is made of, as the settings choose it. What is missing is fetched first.

    Raises: ConfigError, AssetError
    """
    from makima.server.app import create_services
    from makima.server.recognition import Recognition

    fetch_voice(settings)
    choice = choose(settings)
    # Only now, so that it does not take the line from what speaking waits for.
    heard = choose_recognizer(settings, recognizer_fetch(settings))
    recognition = Recognition(heard.listener, heard.reason) if heard is not None else None
    make_default = default_voice_maker(settings, choice.engine)
    services = create_services(
        settings, choice.engine, choice.reason, recognition, choose_chat(settings), make_default, make_chosen
    )
    heard_with = recognition.recognizer.name if recognition is not None else None
    services.depot = LocalDepot(settings, choice.engine.name, heard_with)
    return services


def _greet(services: Services, chat: str, here: str, elsewhere: list[str]) -> None:
    """Print the address, and below it what speaks, recognises and answers there."""
    status.print(f"Makima {__version__}. Open [bold]{here}[/] and press Speak. Ctrl-C ends.", highlight=False)
    recognition = services.recognition
    hears = f", understands with {recognition.recognizer.name}, answers with {chat}" if recognition is not None else ""
    status.print(f"Speaks with {services.host.engine.name}{hears}.", style="dim", highlight=False, markup=False)
    if not elsewhere:
        return
    status.print(f"From other machines: {', '.join(elsewhere)}", highlight=False)
    status.print("There, browsers give out the microphone over https alone: docs/deployment.md.", style="dim")
    if services.settings.insecure and not services.tokens.required:
        status.print("[yellow]Anyone who can reach this machine can use it: no tokens are asked for.[/]")
    print_qr(elsewhere[0])


@app.command()
def say(
    text: Annotated[str | None, typer.Argument(help="The text; read from standard input if omitted")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file: .wav, .mp3, .opus, .aac, .flac or .pcm; - for standard output"),
    ] = None,
    play: Annotated[bool, typer.Option("--play", "-p", help="Play the audio; the default without -o")] = False,
    voice: VoiceOption = None,
    language: LanguageOption = "Auto",
    engine: EngineOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same audio")] = None,
    speed: SpeedOption = 1.0,
    words: Annotated[
        Path | None, typer.Option(help="A file for the times of the words: .srt, .vtt or .json", metavar="FILE")
    ] = None,
    script: Annotated[
        Path | None, typer.Option("--script", help="A file of lines `Speaker: text`, or JSON; - for standard input")
    ] = None,
    cast: Annotated[list[str] | None, typer.Option("--cast", help="A speaker's voice in a script: Anna=makima")] = None,
    times: Annotated[Path | None, typer.Option("--times", help="Write when each line of a script is spoken")] = None,
) -> None:
    """Synthesize a text to a file, a pipe or the speakers. Standard input is spoken as it arrives."""
    settings = load_settings(engine=engine)
    if script is not None:
        if text is not None or voice is not None or words is not None:
            raise InvalidMessage("A script has its own text, voices and times.", mend="See --cast and --times.")
        to = Destination(output, play or output is None)
        say_script(settings, script, to, cast or [], times, language, seed, speed)
        return
    if cast or times is not None:
        raise InvalidMessage("--cast and --times are for a script.", mend="Pass --script FILE.")
    say_text(settings, text, Destination(output, play or output is None, words), voice, language, seed, speed)


@app.command()
def book(
    path: Annotated[Path, typer.Argument(help="Markdown, plain text, EPUB, PDF or HTML", metavar="FILE")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file: .m4b, .mp3 or .wav [default: FILE as .m4b]")
    ] = None,
    voice: VoiceOption = None,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="Name or ISO code, or Auto [default: the book's own]")
    ] = None,
    engine: EngineOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same audio")] = None,
    speed: SpeedOption = 1.0,
    title: Annotated[str | None, typer.Option(help="In place of the book's")] = None,
    author: Annotated[str | None, typer.Option(help="In place of the book's")] = None,
    words: Annotated[
        list[str] | None, typer.Option("--words", "-w", help="Write the times of words too: json, srt or vtt")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Begin again where a run was interrupted")] = False,
) -> None:
    """Speak a book into an audio file with chapters. Run again, an interrupted one goes on where it was."""
    to = output or Path(path.with_suffix(".m4b").name)
    wanted = Wanted(to, voice, language, speed, seed, title, author, words or [], restart)
    speak_book(load_settings(engine=engine), path, wanted)


@app.command()
def text(
    text: Annotated[str | None, typer.Argument(help="The text; from standard input if left out")] = None,
    language: LanguageOption = "Auto",
    engine: EngineOption = None,
    pieces: Annotated[int, typer.Option(min=0, help="Characters given at a time; 0 gives all at once")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One text a line of standard input, one object a line")
    ] = False,
) -> None:
    """Print what will be said, a sentence a line, and load no model. Exit status 1 where a text cannot be spoken."""
    if not show_text(load_settings(engine=engine), text, Shown(language, pieces, as_json), print):
        raise typer.Exit(1)


@app.command()
def transcribe(
    path: Annotated[Path, typer.Argument(help="A recording", metavar="FILE")],
    language: Annotated[
        str, typer.Option("--language", "-l", help="Name or ISO code of the language, or Auto")
    ] = "Auto",
    shape: Annotated[Format, typer.Option("--format", "-f", help="Format of the output")] = Format.TEXT,
    recognizer: Annotated[
        str | None,
        typer.Option("--recognizer", "-r", help="auto, parakeet, whisper or pocketsphinx", show_default="auto"),
    ] = None,
) -> None:
    """Transcribe a recording."""
    transcribe_file(load_settings(stt=recognizer), path, language, shape)


app.add_typer(voices_command, name="voices")
app.add_typer(models_command, name="models")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A recording: WAV, MP3, FLAC, Ogg, M4A ...")],
) -> None:
    """Look for the metadata and watermark of synthesized speech in a recording. Exit status 0 if one is found."""
    raise typer.Exit(0 if verify_file(file) else 1)


@app.command()
def doctor() -> None:
    """Report what is installed, which engines can load and why others cannot, and the paths in use."""
    healthy = doctor_report.report(load_settings())
    raise typer.Exit(0 if healthy else 1)


app.add_typer(bench_command, name="bench")
app.add_typer(keys_command, name="keys")


@app.command()
def token(
    subject: Annotated[str, typer.Argument(help="Whom the token stands for, in limits and conversations")],
    minutes: Annotated[float, typer.Option("--minutes", "-m", min=0.1, max=1_440, help="How long it is valid")] = 15,
) -> None:
    """Print a short-lived token for a browser, signed with MAKIMA_AUTH_SECRET."""
    print_token(load_settings(), subject, minutes)


@app.command()
def mcp(
    url: Annotated[str, typer.Option(help="The server to speak by")] = "http://127.0.0.1:8000",
    key: Annotated[str | None, typer.Option(envvar="MAKIMA_KEY", help="A key for it")] = None,
) -> None:
    """Serve assistants by the Model Context Protocol, over standard input and output."""
    if find_spec("mcp") is None:
        raise AssetError("mcp", "The Model Context Protocol needs it.", mend=installation.run_install("mcp"))
    from makima.client.mcp import make_server

    make_server(url, key).run("stdio")


@app.command()
def usage(
    key: Annotated[str | None, typer.Option("--key", "-k", help="Of this key alone")] = None,
    days: Annotated[int, typer.Option("--days", "-d", min=1, help="Number of days to count")] = 30,
) -> None:
    """Print what each key has used, day by day."""
    print_usage(load_settings(), key, days)


def main() -> None:
    """Run a command. A MakimaError is printed as a message, without a traceback."""
    try:
        app()
    except MakimaError as exc:
        problem(str(exc))
        raise SystemExit(1) from exc
