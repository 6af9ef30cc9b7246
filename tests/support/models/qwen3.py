"""Small checkpoints with the official package's outputs for them, and ways to compare."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from safetensors.torch import load_file
from torch import Tensor

from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.prompt import VoicePrompt

GOLDEN: Final = Path(__file__).parents[2] / "golden" / "qwen3"
KINDS: Final = ("base", "wide", "custom")


def assemble(kind: str, folder: Path) -> Path:
    """A checkpoint of one of `KINDS` in `folder`, put together from what the kinds share and what is its own."""
    shutil.copytree(GOLDEN / "common", folder, dirs_exist_ok=True)
    for name in ("config.json", "model.safetensors"):
        shutil.copy(GOLDEN / kind / name, folder / name)
    return folder


@dataclass(frozen=True)
class Case:
    """A text and how it was said."""

    kind: str
    name: str
    text: str
    language: str
    prefilled: bool
    clip: int | None
    transcript: str | None
    speaker: str | None
    instruct: str | None

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"

    def voice(self, model: Qwen3TTS) -> VoicePrompt | None:
        """The voice that the case was cloned from."""
        return (
            None if self.clip is None else model.clone_prompt(goldens(self.kind)[f"audio/{self.clip}"], self.transcript)
        )

    def prompt(self, model: Qwen3TTS) -> dict[str, Any]:
        """What `talker_prompt` and `generate` take."""
        return {
            "text": self.text,
            "language": self.language,
            "voice": self.voice(model),
            "speaker": self.speaker,
            "instruct": self.instruct,
            "prefilled": self.prefilled,
        }

    def golden(self, what: str, part: str) -> Tensor:
        return goldens(self.kind)[f"{what}/{self.name}/{part}"]


@cache
def goldens(kind: str) -> dict[str, Tensor]:
    """Inputs and the official outputs for one of `KINDS`."""
    common, own = (load_file(GOLDEN / part / "goldens.safetensors") for part in ("common", kind))
    return common | own


@cache
def described(kind: str) -> dict[str, Any]:
    """What the goldens were made of."""
    data: dict[str, Any] = json.loads((GOLDEN / kind / "goldens.json").read_text(encoding="utf-8"))
    return data


def cases(*kinds: str) -> list[Case]:
    """All cases of the kinds."""
    return [_case(kind, name, fields) for kind in kinds for name, fields in described(kind)["cases"].items()]


def _case(kind: str, name: str, fields: dict[str, Any]) -> Case:
    about = described(kind)
    return Case(
        kind=kind,
        name=name,
        text=about["texts"][fields["text"]],
        language=fields["language"],
        prefilled=fields["prefilled"],
        clip=fields.get("audio"),
        transcript=about["ref_text"] if fields.get("icl") else None,
        speaker=fields.get("speaker"),
        instruct=fields.get("instruct"),
    )


def difference(found: Tensor, wanted: Tensor) -> float:
    """Largest difference, relative to the largest magnitude wanted."""
    assert found.shape == wanted.shape
    return float((found.double() - wanted.double()).abs().max() / wanted.double().abs().max())
