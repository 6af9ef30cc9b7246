"""`makima say --script`: a script of several speakers into a file, a pipe or the speakers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from makima.audio.muxing import make_muxer
from makima.audio.tempo import check_speed
from makima.books.script import read_script
from makima.cli.output.destination import STDOUT, Destination
from makima.cli.output.sink import Sink, write_file
from makima.cli.say import load_with_progress
from makima.config import Settings
from makima.console import status
from makima.engines.output import Format, SpeechOutput
from makima.engines.protocol import Engine, SpeechRequest, catalog_of
from makima.engines.registry import choose
from makima.errors import AssetError, InvalidMessage, SynthesisFailed
from makima.jobs.cast import Part, parts_of
from makima.text.language import spoken_language

MAX_SCRIPT_BYTES: Final = 16 * 1024 * 1024


def say_script(
    settings: Settings,
    path: Path,
    to: Destination,
    cast: Sequence[str],
    times: Path | None,
    language: str,
    seed: int | None,
    speed: float,
) -> None:
    """Say the script at `path`, or what comes on standard input for `-`; `cast` is of `Speaker=voice`.

    Raises: InvalidDocument, InvalidText, InvalidMessage, VoiceNotFound, AssetError, EngineError
    """
    spoken = spoken_language(language)
    chosen = _chosen(cast)
    make_muxer(to.form, 24_000)  # refused before a model is loaded
    script = read_script(_text(path))
    engine = choose(settings).engine
    parts = parts_of(script, catalog_of(engine, settings.default_voice), chosen, spoken)
    for part in parts:
        check_speed(part.speed * speed)
    try:
        load_with_progress(engine)
        found, audio_s = _deliver(engine, parts, to, SpeechRequest("", spoken, seed), speed)
    finally:
        engine.close()
    if times is not None:
        _write_times(times, found)
    status.print(f"{audio_s:.1f} s of speech in {len(found)} lines", style="dim", highlight=False)


def _chosen(cast: Sequence[str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for each in cast:
        speaker, sign, voice = each.partition("=")
        if not (sign and speaker.strip() and voice.strip()):
            raise InvalidMessage(f"--cast: {each!r} names no voice.", mend="Write it as Anna=makima.")
        chosen[speaker.strip()] = voice.strip()
    return chosen


def _text(path: Path) -> str:
    try:
        data = sys.stdin.buffer.read(MAX_SCRIPT_BYTES) if path == STDOUT else path.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as exc:
        raise AssetError(str(path), f"It cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise AssetError(str(path), "It is not UTF-8.", mend="Convert it, for instance with iconv.") from exc


def _deliver(
    engine: Engine, parts: Sequence[Part], to: Destination, usual: SpeechRequest, speed: float
) -> tuple[list[dict[str, object]], float]:
    """Write the lines to their destination; when each begins and ends, and how much audio there is in seconds."""
    found: list[dict[str, object]] = []
    rate_hz = engine.capabilities.sample_rate_hz
    samples = 0
    with Sink(to, rate_hz) as sink:
        for part in parts:
            begun = samples
            for pcm in _line(engine, part, usual, rate_hz, speed):
                samples += len(pcm) // 2
                sink.write(pcm)
            found.append(
                {
                    "line": part.number,
                    "speaker": part.speaker,
                    "voice": part.voice,
                    "text": part.text,
                    "startMs": round(begun * 1000 / rate_hz),
                    "endMs": round(samples * 1000 / rate_hz),
                }
            )
            pause_samples = round(part.pause_ms * rate_hz / 1000)
            samples += pause_samples
            sink.write(bytes(2 * pause_samples))
    return found, samples / rate_hz


def _line(engine: Engine, part: Part, usual: SpeechRequest, rate_hz: int, speed: float) -> Iterator[bytes]:
    language = spoken_language(part.language) if part.language is not None else usual.language
    request = SpeechRequest(part.voice, language, usual.seed, speed=part.speed * speed)
    with SpeechOutput(Format(rate_hz)) as output:
        output.open(engine, request)
        output.feed(part.text, complete=True)
        for piece in output:
            yield piece.pcm
        if output.outcome == "cancelled":
            raise SynthesisFailed(f"Line {part.number + 1} was not spoken.")


def _write_times(path: Path, found: list[dict[str, object]]) -> None:
    write_file(path, (json.dumps({"lines": found}, ensure_ascii=False, indent=1) + "\n").encode())
