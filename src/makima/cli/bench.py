"""`makima bench`: measures the server, the engine alone, voices and recognisers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from makima.config import load_settings
from makima.errors import ConfigError
from makima.text.language import spoken_language

bench_command = typer.Typer(help="Measure speed, latency and memory against stated targets.")

OutOption = Annotated[Path, typer.Option("--out", help="The folder for the plot and the JSON line")]
OUT = Path("out/bench")

VARIANTS = ("none", "int8-pytorch", "bfloat16", "int8", "int4")
USUAL_VARIANTS = ("none", "int8-pytorch", "int4")
"""PyTorch without quantization, the fastest variant of PyTorch alone, and the fastest of all."""
SIZES = ("0.6b", "1.7b", "tiny")


@bench_command.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    engine: Annotated[str, typer.Option("--engine", "-e", help="The engine to measure")] = "espeak",
    sessions: Annotated[str, typer.Option(help="Numbers of concurrent sessions, such as 1,2,10")] = "10",
    texts: Annotated[str, typer.Option(help="Any of short,medium,long")] = "short,medium,long",
    rounds: Annotated[int, typer.Option(min=1, help="Utterances of each session")] = 30,
    most_audio_s: Annotated[
        float | None, typer.Option("--most-audio", min=0.1, help="Cancel utterances after this much audio, in seconds")
    ] = None,
    out_dir: OutOption = OUT,
    against_official: Annotated[
        bool,
        typer.Option(
            "--against-official", help="The same as `makima bench engine --random-weights --against-official`"
        ),
    ] = False,
) -> None:
    """Measure the server over real sockets; `makima bench engine` measures the engine alone.

    As in the server, TTS_MODEL_ID sets the model and TTS_DEVICE the device.
    """
    if context.invoked_subcommand is not None:
        return
    if against_official:
        bench_the_engine(random_weights=True, against_official=True, out_dir=out_dir)
        return
    from makima.bench.run import bench_server
    from makima.bench.sockets.server import Plan

    counts = _numbers(sessions, "--sessions")
    bench_server(Plan(engine, counts, _words(texts), rounds, most_audio_s=most_audio_s), out_dir)


@bench_command.command("engine")
def bench_the_engine(
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A model's name or folder [default: TTS_MODEL_ID]")
    ] = None,
    random_weights: Annotated[
        bool,
        typer.Option(
            "--random-weights", help="Use random weights of a released size, written once, without a download"
        ),
    ] = False,
    size: Annotated[str, typer.Option(help=f"The size of random weights: {', '.join(SIZES)}")] = "0.6b",
    quantize: Annotated[
        str | None,
        typer.Option(help=f"Any of {','.join(VARIANTS)} [default: {','.join(USUAL_VARIANTS)} on a CPU, else none]"),
    ] = None,
    streams: Annotated[str, typer.Option(help="Numbers of concurrent streams")] = "1,2,4,10",
    frames: Annotated[int, typer.Option(min=2, help="Frames in each round")] = 12,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; all variants take turns in each")] = 3,
    device: Annotated[str | None, typer.Option(help="cpu, cuda:0 or mps [default: TTS_DEVICE]")] = None,
    dtype: Annotated[str, typer.Option(help="The data type of the variant `none`: bfloat16 or float32")] = "bfloat16",
    against_official: Annotated[
        bool, typer.Option("--against-official", help="Measure the official package in the same run")
    ] = False,
    reference: Annotated[
        Path | None, typer.Option(help="The Python interpreter that has it [default: .venv-reference/bin/python]")
    ] = None,
    out_dir: OutOption = OUT,
) -> None:
    """Measure the engine alone, with a voice cloned from 4 s: time per frame, concurrent streams, memory."""
    if dtype not in ("bfloat16", "float32"):
        raise ConfigError("--dtype", f"{dtype!r} is not supported.", mend="Take bfloat16 or float32.")
    variants = None if quantize is None else _some_of(VARIANTS, _words(quantize), "--quantize")
    _some_of(SIZES, (size,), "--size")
    counts = _numbers(streams, "--streams")
    # Imported here, so that the other commands start without what only this one needs.
    from makima.bench.qwen3.engine import Plan, reference_python
    from makima.bench.run import bench_engine, weights

    python = reference_python(reference) if against_official or reference else None
    settings = load_settings(model_id=model, device=device)
    folder = weights(settings.model_id, size if random_weights else None)
    chosen = _device(settings.device)
    if variants is None:
        variants = USUAL_VARIANTS if chosen == "cpu" else ("none",)
    bench_engine(Plan(folder, variants, counts, frames, rounds, chosen, dtype, python), out_dir)


@bench_command.command("voices")
def bench_the_voices(
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A model's name or folder [default: TTS_MODEL_ID]")
    ] = None,
    random_weights: Annotated[
        bool,
        typer.Option(
            "--random-weights", help="Use random weights of a released size, written once, without a download"
        ),
    ] = False,
    size: Annotated[str, typer.Option(help=f"The size of random weights: {', '.join(SIZES)}")] = "0.6b",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which two voices take turns")] = 100,
    device: Annotated[str | None, typer.Option(help="cpu, cuda:0 or mps [default: TTS_DEVICE]")] = None,
    out_dir: OutOption = OUT,
) -> None:
    """Measure voices: enrolment, change of voice, and similarity of the clone."""
    _some_of(SIZES, (size,), "--size")
    from makima.bench.qwen3.voices import Plan
    from makima.bench.run import bench_voices, weights

    settings = load_settings(model_id=model, device=device)
    folder = weights(settings.model_id, size if random_weights else None)
    bench_voices(Plan(folder, settings.device, settings.quantize, rounds), out_dir)


@bench_command.command("listen")
def bench_the_listening(
    recognizers: Annotated[
        str, typer.Option("--recognizer", "-r", help="Any of parakeet,whisper,pocketsphinx [default: all that load]")
    ] = "",
    sentences: Annotated[int, typer.Option(min=1, max=20, help="Number of sentences")] = 20,
    paced: Annotated[
        int, typer.Option(min=0, max=20, help="Sentences fed at the pace of speech, for the latencies")
    ] = 20,
    at_once: Annotated[int, typer.Option(min=1, max=20, help="Sessions that each of those is fed to at once")] = 1,
    out_dir: OutOption = OUT,
) -> None:
    """Measure recognisers on sentences of the embedded voice: word error rate, real-time factor, latency."""
    # Imported here, so that the other commands start without what only this one needs.
    from makima.bench.listen import Plan
    from makima.bench.run import bench_listen

    bench_listen(Plan(_words(recognizers), sentences, min(paced, sentences), at_once), load_settings(), out_dir)


@bench_command.command("words")
def bench_the_words(
    engines: Annotated[str, typer.Option("--engine", "-e", help="Some of them [default: all that load]")] = "",
    voices: Annotated[str, typer.Option("--voice", "-v", help="Some of them [default: TTS_DEFAULT_VOICE's]")] = "",
    languages: Annotated[str, typer.Option("--language", "-l", help="Some of them [default: all]")] = "",
    recognizers: Annotated[str, typer.Option("--recognizer", "-r", help="Some of them [default: all that load]")] = "",
    sentences: Annotated[int, typer.Option(min=1, max=20, help="Of each language")] = 20,
    out_dir: OutOption = OUT,
) -> None:
    """Measure what is understood: engines speak sentences of our own, recognisers hear them."""
    # Here, and not above, so that the other commands start without what only this one needs.
    from makima.bench.run import bench_words
    from makima.bench.words.measure import Plan

    spoken = tuple(spoken_language(language) for language in _words(languages))
    plan = Plan(_words(engines), _words(voices), spoken, _words(recognizers), sentences)
    bench_words(plan, load_settings(), out_dir)


@bench_command.command("text")
def bench_the_text(
    folder: Annotated[
        Path | None, typer.Argument(help="Test cases of NeMo text processing: en/test_cases_date.txt and so on")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Print what is read in another way")] = False,
    out_dir: OutOption = OUT,
) -> None:
    """Measure how much text is read right, and how fast: our own cases, and those of a folder."""
    # Here, and not above, so that the other commands start without what only this one needs.
    from makima.bench.run import bench_text

    bench_text(folder, show, out_dir)


def _device(name: str) -> str:
    """The device, with `auto` resolved in a separate process: the benchmark itself never loads PyTorch."""
    if name != "auto":
        return name
    from makima.bench.run import best_device

    return best_device()


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _numbers(text: str, option: str) -> tuple[int, ...]:
    try:
        numbers = tuple(sorted({int(part) for part in _words(text)}))
    except ValueError:
        numbers = ()
    if not numbers or numbers[0] < 1:
        raise ConfigError(option, f"{text!r} is no list of numbers from 1 on.", mend="Take, say, 1,2,10.")
    return numbers


def _some_of(known: tuple[str, ...], given: tuple[str, ...], option: str) -> tuple[str, ...]:
    if not given or any(one not in known for one in given):
        raise ConfigError(option, f"{','.join(given)!r} is not known.", mend=f"Take some of: {', '.join(known)}.")
    return tuple(dict.fromkeys(given))


@bench_command.command("book")
def bench_a_book(
    words: Annotated[int, typer.Option(min=100, help="Of the made-up book")] = 10_000,
    chapters: Annotated[int, typer.Option(min=1, help="Into which it is divided")] = 20,
    engine: Annotated[str, typer.Option("--engine", "-e", help="The engine to measure")] = "espeak",
    form: Annotated[str, typer.Option("--format", help="m4b, mp3 or wav")] = "m4b",
    kills: Annotated[int, typer.Option(min=0, help="How often the command is killed on its way")] = 1,
    out_dir: OutOption = OUT,
) -> None:
    """Have a made-up book spoken by `makima book`: pace, memory, and whether chapters and words are right."""
    from makima.bench.books.run import Plan, bench_book

    bench_book(Plan(words, chapters, form, kills), load_settings(engine=engine), out_dir)


@bench_command.command("soak")
def bench_soak(
    minutes: Annotated[float, typer.Option("--minutes", "-m", min=0.05, help="How long clients come and go")] = 5.0,
    sessions: Annotated[int, typer.Option(min=1, help="At once")] = 10,
    engine: Annotated[str, typer.Option("--engine", "-e", help="espeak, kokoro or qwen3")] = "espeak",
    seed: Annotated[int, typer.Option(help="The same seed, the same clients")] = 0,
    out_dir: OutOption = OUT,
) -> None:
    """Sessions of every kind over all doors, for minutes; then what is left of them: memory, tasks, descriptors.

    Ends with status 1 where a target was missed. As in the server, TTS_MODEL_ID sets the model.
    """
    from makima.bench import run
    from makima.bench.soak.measure import Plan

    if not run.bench_soak(Plan(minutes, sessions, engine, seed), out_dir):
        raise typer.Exit(1)


@bench_command.command("fair")
def bench_the_fairness(
    engine: Annotated[str, typer.Option("--engine", "-e", help="The engine to measure")] = "espeak",
    greedy: Annotated[int, typer.Option(min=1, help="Greedy clients at once")] = 100,
    rounds: Annotated[
        int, typer.Option(min=1, help="Utterances of the honest client, alone and beside each kind")
    ] = 40,
    kinds: Annotated[str, typer.Option(help="Any of appends,pings,unread pongs,empty frames,stalls")] = "",
    out_dir: OutOption = OUT,
) -> None:
    """Measure what an honest client gets beside a hundred greedy ones."""
    from makima.bench.run import bench_fair
    from makima.bench.sockets.fair import Plan
    from makima.bench.sockets.greedy import KINDS

    bench_fair(Plan(engine, greedy, rounds, _words(kinds) or tuple(KINDS)), out_dir)


@bench_command.command("capacity")
def bench_the_capacity(
    engine: Annotated[str, typer.Option("--engine", "-e", help="The engine to measure")] = "espeak",
    times: Annotated[int, typer.Option(min=1, help="Clients for each place that there is")] = 5,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of all clients")] = 3,
    out_dir: OutOption = OUT,
) -> None:
    """Measure a server that is full, and what becomes of several times as many clients."""
    from makima.bench.run import bench_capacity
    from makima.bench.sockets.capacity import Plan

    bench_capacity(Plan(engine, times, rounds), out_dir)
