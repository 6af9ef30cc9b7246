"""What is compared: checkpoints, texts, clips and ways of speaking."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from makima.events import Samples
from makima.models.qwen3.checkpoint.release import Size, is_tiny
from makima.models.qwen3.config import Kind

TEXTS = (
    "Hello world, said the quick brown fox.",
    "iPhone eXeX McDonald don't I'LL !/ 3rd 42.5%",
    "今日はいい天気ですね。散歩に行きましょう！",
    "你好，世界！１２３",
    "Ça coûte 5 €… naïve, café\u0301\r\n\tZażółć  gęślą",
    "Привет, как дела? हिन्दी ไทย 🎈",
)
TRANSCRIPT = "The brown fox is a quick one."
INSTRUCTION = "Speak slowly and warmly."
RATE_HZ = 24000


@dataclass(frozen=True)
class Target:
    """A checkpoint to write and compare on."""

    size: Size
    kind: Kind
    seed: int

    def __str__(self) -> str:
        return f"{self.size} {self.kind} {self.seed}"


@dataclass(frozen=True)
class Case:
    """One way of speaking a text."""

    name: str
    text: int
    language: str
    prefilled: bool
    clip: int | None = None
    icl: bool = False
    speaker: str | None = None
    instruct: str | None = None


BASE = (
    Case("icl streaming", 0, "English", False, clip=0, icl=True),
    Case("icl streaming, long reference", 3, "Chinese", False, clip=1, icl=True),
    Case("icl prefilled", 1, "German", True, clip=0, icl=True),
    Case("x-vector streaming", 2, "Japanese", False, clip=1),
    Case("x-vector prefilled", 4, "Auto", True, clip=0),
)
CUSTOM = (
    Case("speaker prefilled", 0, "English", True, speaker="Ryan"),
    Case("speaker streaming", 5, "Auto", False, speaker="ryan"),
    Case("dialect", 3, "Auto", True, speaker="Dylan"),
    Case("instruction", 3, "Chinese", False, speaker="Dylan", instruct=INSTRUCTION),
)
DESIGN = (
    Case("instruction prefilled", 0, "English", True, instruct=INSTRUCTION),
    Case("instruction streaming", 2, "Japanese", False, instruct=INSTRUCTION),
    Case("no instruction", 4, "French", True, instruct=""),
)


def targets(sizes: tuple[str, ...], seeds: tuple[int, ...]) -> list[Target]:
    """Small checkpoints of every kind for each seed, and the released size."""
    small: list[tuple[Size, Kind]] = [
        ("tiny", "base"),
        ("tiny-wide", "base"),
        ("tiny", "custom_voice"),
        ("tiny-wide", "custom_voice"),
        ("tiny-wide", "voice_design"),
    ]
    chosen = [Target(size, kind, seed) for seed in seeds for size, kind in small] if "tiny" in sizes else []
    return chosen + ([Target("0.6b", "base", seeds[0])] if "0.6b" in sizes else [])


def plan(target: Target) -> dict[str, Any]:
    """What the official side is to do, as JSON."""
    cases = {"base": BASE, "custom_voice": CUSTOM, "voice_design": DESIGN}[target.kind]
    if not is_tiny(target.size):
        cases = (BASE[0], BASE[4])  # seconds a frame, so two of them
    return {
        "texts": TEXTS,
        "transcript": TRANSCRIPT,
        "frames": 24 if is_tiny(target.size) else 8,
        "cases": [asdict(case) for case in cases],
    }


def clips(seed: int) -> list[Samples]:
    """Two clips that sound somewhat like a voice: a buzz of gliding pitch under four swells a second."""
    return [_clip(seconds, seed + index) for index, seconds in enumerate((1.43, 3.31))]


def _clip(seconds: float, seed: int) -> Samples:
    random = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch_hz = random.uniform(110, 220) * (1 + 0.2 * np.sin(2 * np.pi * random.uniform(0.4, 0.9) * time_s))
    turns = np.cumsum(pitch_hz) / RATE_HZ
    buzz = 2 * (turns % 1) - 1
    swell = np.sin(2 * np.pi * 2 * time_s) ** 2
    wave = buzz * swell + 0.03 * random.standard_normal(len(time_s))
    clip: Samples = (0.3 * wave / np.abs(wave).max()).astype(np.float32)
    return clip
