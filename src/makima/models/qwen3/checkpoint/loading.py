"""A folder of the release to models with weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from makima.errors import AssetError
from makima.events import Loading, OnLoading
from makima.models.qwen3.checkpoint.layout import unused_tensors
from makima.models.qwen3.checkpoint.reader import Loader, Place, WeightFiles
from makima.models.qwen3.codec.config import CODEC_FOLDER, read_codec_config
from makima.models.qwen3.config import read_model_config
from makima.models.qwen3.json_fields import fetch_again
from makima.models.qwen3.parts import CodecModel, Parts, build

STORED_AS = "talker.model.norm.weight"
"""The tensor whose type is taken for that of all."""
AS_STORED = ("talker.model.layers.", "predictor.model.layers.", "predictor.heads", "predictor.embeddings")


@dataclass
class LoadingReport:
    """Turns bytes read into news of loading, at most one for each hundredth."""

    tell: OnLoading | None
    total_bytes: int
    read_bytes: int = 0
    told: int = -1

    def add(self, count_bytes: int) -> None:
        self.read_bytes += count_bytes
        percent = min(99, 100 * self.read_bytes // max(1, self.total_bytes))
        if self.tell is not None and percent > self.told:
            self.told = percent
            self.tell(Loading("Qwen3-TTS weights", percent / 100))

    def done(self) -> None:
        if self.tell is not None:
            self.tell(Loading("Qwen3-TTS weights", 1.0))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint on disk: its models without weights, on the meta device, and what loads them."""

    parts: Parts
    speech_loader: Loader
    codec_loader: Loader
    report: LoadingReport

    @classmethod
    def open(
        cls,
        folder: Path,
        device: torch.device,
        dtype: torch.dtype,
        on_loading: OnLoading | None = None,
        *,
        layers_as_stored: bool = False,
    ) -> Checkpoint:
        """Read the configurations, and what there is of weights.

        The language models are to take `dtype`; the codec and the speaker encoder stay in float32, for they cost little
        and decide how it sounds. With `layers_as_stored` the decoder layers keep the file's type, to be packed.

        Raises: AssetError naming the folder, file, key or tensor, and the mend
        """
        if not folder.is_dir():
            raise AssetError(str(folder), "There is no such folder.", mend=fetch_again())
        config, codec_config = read_model_config(folder), read_codec_config(folder)
        speech_files, codec_files = WeightFiles(folder), WeightFiles(folder / CODEC_FOLDER)
        report = LoadingReport(on_loading, speech_files.size_bytes + codec_files.size_bytes)
        layers = speech_files.read(STORED_AS).dtype if layers_as_stored and STORED_AS in speech_files.shapes else dtype
        return cls(
            Parts(config, codec_config, *build(config, codec_config)),
            Loader(speech_files, _place_speech(device, dtype, layers), report.add),
            Loader(codec_files, _place_codec(device), report.add),
            report,
        )

    def fill(self, but: tuple[str, ...] = ()) -> Parts:
        """Load the weights of all parameters, but of those whose names begin with one of `but`.

        Peak memory is the weights plus one fused tensor and at most 64 MiB of mapped file. Raises: as `open`
        """
        self.speech_loader.fill(self.parts.speech, {}, but)
        self.codec_loader.fill(self.parts.codec, unused_tensors(self.parts.codec_config), but)
        return self.parts


def load_parts(folder: Path, device: torch.device, dtype: torch.dtype, on_loading: OnLoading | None = None) -> Parts:
    """All of a checkpoint, in PyTorch. Raises: AssetError, as `Checkpoint.open`"""
    checkpoint = Checkpoint.open(folder, device, dtype, on_loading)
    parts = checkpoint.fill()
    checkpoint.report.done()
    return parts


def load_codec(folder: Path, device: torch.device) -> CodecModel:
    """Read the codec alone. Raises: AssetError, as `load_parts`"""
    config = read_codec_config(folder)
    with torch.device("meta"):
        codec = CodecModel(config)
    Loader(WeightFiles(folder / CODEC_FOLDER), _place_codec(device)).fill(codec, unused_tensors(config))
    return codec


def _place_codec(device: torch.device) -> Place:
    return lambda name: (device, torch.float32)


def _place_speech(device: torch.device, dtype: torch.dtype, layers: torch.dtype) -> Place:
    def place(name: str) -> tuple[torch.device, torch.dtype | None]:
        if name.startswith(AS_STORED):
            return device, layers
        if name == "talker.text_embedding":
            return torch.device("cpu"), None
        return device, torch.float32 if name.startswith("speaker_encoder.") else dtype

    return place
