"""The engine alone: what a frame costs, how many streams it carries, what memory it takes; beside the official package.

Every variant is a process of its own. With several, all take turns, round by round, so that a machine that is busy is
busy for all of them, and what is compared is compared within a round.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from makima.bench.qwen3.clip import voice_clip
from makima.bench.report import Figure
from makima.bench.stats import median, percentiles, ratio
from makima.bench.worker import Answer, Worker
from makima.errors import AssetError

CLIP_S = 4.0
"""The recording that the voice is cloned from."""

REFERENCE = Path(".venv-reference/bin/python")
"""Where `make parity` puts the official package."""

PYTORCH_INT8 = "PyTorch int8"
RATIO_TARGETS = {PYTORCH_INT8: 3.0, "int4": 8.0}
"""Times faster than the official package streamed: on two cores with AVX2, one stream, without kernels of our own and
with them."""
INT4_GOAL = 13.0
PAIR_TARGET = 1.5
"""Throughput of two streams over that of one."""
MEMORY_TARGET_MIB = 2048.0
"""The most that int4 may take, in all."""

OFFICIAL_DTYPE = "bfloat16"
"""In which the official package is faster on a CPU than in float32."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. `variants` are `none` and what `quantize` may be; `dtype` is what `none` runs in."""

    folder: Path
    variants: tuple[str, ...] = ("int8-pytorch", "int4")
    streams: tuple[int, ...] = (1, 2, 4, 10)
    frames: int = 12
    rounds: int = 3
    device: str = "cpu"
    dtype: str = "bfloat16"
    reference: Path | None = None

    @property
    def steps(self) -> int:
        """Steps of progress, loading included."""
        return len(self.variants) * (1 + self.rounds * len(self.streams)) + (self.reference is not None) * (
            1 + self.rounds
        )


@dataclass(slots=True)
class Measured:
    """What one process answered: of itself, of every round by number of streams, and of its memory."""

    name: str
    about: Answer
    rounds: dict[int, list[Answer]] = field(default_factory=dict)
    memory: Answer = field(default_factory=dict)
    memory_one: Answer = field(default_factory=dict)

    def times(self, part: str, streams: int = 1) -> list[float]:
        """Milliseconds of a part of every frame."""
        return [ms for answer in self.rounds[streams] for ms in answer[part]]

    def medians(self, part: str, streams: int = 1) -> list[float]:
        """Its median in each round."""
        return [median(answer[part]) for answer in self.rounds[streams]]

    def throughput(self, streams: int) -> float:
        """Seconds of audio a second, of all streams together."""
        return streams * float(self.about["frame_ms"]) / median(self.times("step_ms", streams))


@dataclass(slots=True)
class Results:
    """All that was measured; `official` where it was asked for."""

    ours: dict[str, Measured]
    official: Measured | None

    def official_streamed(self) -> list[float]:
        """Milliseconds a frame of the official package, streamed in windows, in each round."""
        assert self.official is not None
        lm, codec = (self.official.medians("step_ms"), self._of_official("codec_windowed_ms"))
        return [a + b for a, b in zip(lm, codec, strict=True)]

    def official_whole(self) -> list[float]:
        """The same with the codec run once, over the whole utterance."""
        assert self.official is not None
        lm, codec = (self.official.medians("step_ms"), self._of_official("codec_whole_ms"))
        return [a + b for a, b in zip(lm, codec, strict=True)]

    def _of_official(self, part: str) -> list[float]:
        assert self.official is not None
        return [float(answer[part]) for answer in self.official.rounds[1]]


def reference_python(given: Path | None) -> Path:
    """The interpreter with the official package. Raises: AssetError where there is none"""
    python = given or REFERENCE
    if not python.exists():
        raise AssetError(
            str(python), "There is no interpreter with the official package.", mend="`make parity` makes one."
        )
    return python


def label(variant: str, dtype: str) -> str:
    """What a variant is called in tables."""
    return {"none": f"PyTorch {dtype}", "int8-pytorch": PYTORCH_INT8}.get(variant, variant)


def measure(plan: Plan, on_step: Callable[[str, int], None]) -> Results:
    """Load everything, then let all take turns. `on_step` hears what is being done and how many steps that ends.

    Raises: EngineError where a process fails; AssetError, ConfigError where something is missing
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clip = folder / "clip.npy"
        np.save(clip, voice_clip(CLIP_S))
        workers: list[tuple[Worker, Measured]] = []
        for name, command in _commands(plan, clip):
            on_step(f"loading {name}", 0)
            worker = stack.enter_context(Worker(name, command))
            workers.append((worker, Measured(name, worker.wait_ready())))
            on_step(f"loading {name}", 1)
        for _ in range(plan.rounds):
            for streams in plan.streams:
                for worker, measured in workers:
                    _round(plan, worker, measured, streams, on_step)
        for worker, measured in workers:
            measured.memory = worker.ask("memory")
        named = {measured.name: measured for _, measured in workers}
    return Results(named, named.pop("official", None))


def _round(plan: Plan, worker: Worker, measured: Measured, streams: int, on_step: Callable[[str, int], None]) -> None:
    official = measured.name == "official"
    if official and streams != plan.streams[0]:
        return  # it says one thing at a time
    streams = 1 if official else streams
    on_step(f"{measured.name}, {streams} at once", 0)
    first = not measured.rounds
    if first:  # what is done once alone, such as finding the fastest kernels, is no part of a frame
        worker.ask("round", streams=streams, frames=2)
    measured.rounds.setdefault(streams, []).append(worker.ask("round", streams=streams, frames=plan.frames))
    if first:
        measured.memory_one = worker.ask("memory")
    on_step(f"{measured.name}, {streams} at once", 1)


def _commands(plan: Plan, clip: Path) -> Iterator[tuple[str, list[str]]]:
    ours = [sys.executable, "-m", "makima.bench.qwen3.subject", str(plan.folder), str(clip), "--device", plan.device]
    for variant in plan.variants:
        how = ["--dtype", plan.dtype] if variant == "none" else ["--quantize", variant]
        yield label(variant, plan.dtype), [*ours, *how, "--slots", str(max(plan.streams))]
    if plan.reference is not None:
        script = Path(__file__).with_name("official.py")
        yield (
            "official",
            # Without -P the modules beside the script would stand in the way of others of their names.
            [str(plan.reference), "-P", str(script), str(plan.folder), str(clip), plan.device, OFFICIAL_DTYPE],
        )


def figures(results: Results) -> list[Figure]:
    """Everything measured, with what it should be."""
    found: list[Figure] = []
    if results.official is not None:
        found += _official_figures(results)
    for name, measured in results.ours.items():
        found += _own_figures(name, measured)
    if results.official is not None:
        for name, measured in results.ours.items():
            found += _ratios(name, measured, results)
    return found


def _official_figures(results: Results) -> list[Figure]:
    measured = results.official
    assert measured is not None
    lm, predictor = median(measured.times("step_ms")), median(measured.times("predictor_ms"))
    whole, streamed = median(results.official_whole()), median(results.official_streamed())
    return [
        Figure("official: talker, median", lm - predictor, "ms a frame"),
        Figure("official: predictor, median", predictor, "ms a frame"),
        Figure("official: codec in one piece", whole - lm, "ms a frame"),
        Figure("official: codec in windows of 25 + 4", streamed - lm, "ms a frame"),
        Figure("official: whole frame, streamed", streamed, "ms a frame"),
        Figure("official: load", measured.about["load_s"], "s"),
        Figure("official: peak memory", measured.memory["peak"], "MiB"),
    ]


def _own_figures(name: str, measured: Measured) -> list[Figure]:
    steps, frame_ms = percentiles(measured.times("step_ms")), float(measured.about["frame_ms"])
    parts = [
        Figure(f"{name}: {part}, median", median(measured.times(f"{part}_ms")), "ms a frame")
        for part in ("talker", "predictor", "codec")
    ]
    memory_target = MEMORY_TARGET_MIB if name == "int4" else None
    least, most = min(measured.rounds), max(measured.rounds)
    found = [
        *parts,
        Figure(f"{name}: whole frame, p50", steps["p50"], "ms a frame"),
        Figure(f"{name}: whole frame, p95", steps["p95"], "ms a frame"),
        Figure(f"{name}: real-time factor", steps["p50"] / frame_ms, "", goal=1.0 if name == "int4" else None),
        Figure(f"{name}: first audio, voice known", median(_first_audio(measured)), "ms"),
        Figure(f"{name}: load", measured.about["load_s"], "s"),
        Figure(f"{name}: voice from a clip of {CLIP_S:g} s", measured.about["voice_s"], "s"),
        Figure(f"{name}: memory, loaded", measured.about["loaded"]["resident"], "MiB"),
        Figure(f"{name}: memory, peak with {least} at once", measured.memory_one["peak"], "MiB", memory_target),
        Figure(f"{name}: memory, peak with {most} at once", measured.memory["peak"], "MiB", memory_target),
        Figure(f"{name}: memory, resident with {most} at once", measured.memory["resident"], "MiB"),
    ]
    for streams in measured.rounds:
        found.append(Figure(f"{name}: throughput, {streams} at once", measured.throughput(streams), "s/s"))
    if {1, 2} <= measured.rounds.keys():
        pair = 2 / ratio(measured.medians("step_ms", 2), measured.medians("step_ms", 1))
        # PyTorch alone steps one stream after another on a CPU: what is said must not hang on who else speaks.
        target = None if name.startswith("PyTorch") else PAIR_TARGET
        found.append(Figure(f"{name}: throughput of two over one", pair, "x", target, at_least=True))
    return found


def _first_audio(measured: Measured) -> list[float]:
    return [float(answer["first_audio_ms"]) for answers in measured.rounds.values() for answer in answers]


def _ratios(name: str, measured: Measured, results: Results) -> Iterator[Figure]:
    target = RATIO_TARGETS.get(name)
    goal = INT4_GOAL if name == "int4" else None
    ours = measured.medians("step_ms")
    streamed, whole = ratio(results.official_streamed(), ours), ratio(results.official_whole(), ours)
    yield Figure(f"{name}: times faster than official, streamed", streamed, "x", target, at_least=True, goal=goal)
    yield Figure(f"{name}: times faster than official, codec in one piece", whole, "x", at_least=True)


def drawn_parts(results: Results) -> dict[str, dict[str, float]]:
    """Milliseconds of the parts of a frame, by what was measured."""
    drawn: dict[str, dict[str, float]] = {}
    if results.official is not None:
        lm, predictor = (median(results.official.times(part)) for part in ("step_ms", "predictor_ms"))
        codec = median(results.official_streamed()) - lm
        drawn["official"] = {"talker": lm - predictor, "predictor": predictor, "codec": codec}
    for name, measured in results.ours.items():
        drawn[name] = {part: median(measured.times(f"{part}_ms")) for part in ("talker", "predictor", "codec")}
    return drawn


def settings(plan: Plan, results: Results) -> dict[str, Any]:
    """What the figures were measured with."""
    about = next(iter(results.ours.values())).about
    return {
        "model": plan.folder.name,
        "variants": list(plan.variants),
        "streams": list(plan.streams),
        "frames": plan.frames,
        "rounds": plan.rounds,
        "device": about["device"],
        "dtype": plan.dtype,
        "threads": about["threads"],
        "against_official": plan.reference is not None,
    }
