"""Write a checkpoint with random weights in the released layout: for tests, and for speed where there are no others.

A random checkpoint of a released size costs what the real one does to load and to run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from makima.models.qwen3.checkpoint.layout import Shape, targets, unused_tensors
from makima.models.qwen3.checkpoint.loading import load_codec
from makima.models.qwen3.checkpoint.random_tokenizer import write_tokenizer
from makima.models.qwen3.checkpoint.release import TEXT_IDS, Size, codec_json, is_tiny, model_json
from makima.models.qwen3.codec.config import CODEC_FOLDER, read_codec_config
from makima.models.qwen3.codec.decoder import DecoderStream
from makima.models.qwen3.config import Kind, read_model_config
from makima.models.qwen3.parts import build

LOUDNESS: Final = 0.1
"""Root mean square that the codec's audio is levelled to, clear of the limits of -1 and 1."""
RELEASED_TEXT_VOCAB: Final = 151936
LAST_CONV: Final = "decoder.decoder.6.conv"


def write_random_checkpoint(
    folder: Path, size: Size = "tiny", kind: Kind = "base", seed: int = 0, dtype: torch.dtype | None = None
) -> Path:
    """Write all files of a checkpoint to `folder`, which is made where it is missing, and give it back.

    The language models' weights are float32 in the tiny sizes and bfloat16 in the released ones, unless `dtype` says
    otherwise; the codec's are float32. The same arguments give the same files.
    """
    (folder / CODEC_FOLDER).mkdir(parents=True, exist_ok=True)
    ids, vocab = write_tokenizer(folder)
    if not is_tiny(size):
        ids, vocab = ids | TEXT_IDS, RELEASED_TEXT_VOCAB
    _write_json(folder / "config.json", model_json(size, kind, ids, vocab))
    _write_json(folder / CODEC_FOLDER / "config.json", codec_json(size))
    _write_settings(folder)
    dtype = dtype or (torch.float32 if is_tiny(size) else torch.bfloat16)
    config, codec_config = read_model_config(folder), read_codec_config(folder)
    speech, codec = build(config, codec_config)
    _save(folder / "model.safetensors", shapes_of(speech, {}), seed, dtype)
    codec_shapes = shapes_of(codec, unused_tensors(codec_config))
    path = folder / CODEC_FOLDER / "model.safetensors"
    tensors = _save(path, codec_shapes, seed + 1, torch.float32)
    gain = LOUDNESS / _loudness(folder, seed)
    for leaf in ("weight", "bias"):
        tensors[f"{LAST_CONV}.{leaf}"].mul_(gain)
    save_file(tensors, str(path), {"format": "pt"})
    return folder


def shapes_of(model: nn.Module, unused: Mapping[str, Shape]) -> dict[str, Shape]:
    """Name and shape of every tensor that a file of the release must hold for `model`."""
    return dict(unused) | {name: shape for target in targets(model) for name, shape in target.sources}


def _save(path: Path, shapes: Mapping[str, Shape], seed: int, dtype: torch.dtype) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    tensors = {name: _random(name, shape, generator).to(dtype) for name, shape in sorted(shapes.items())}
    save_file(tensors, str(path), {"format": "pt"})
    return tensors


def _random(name: str, shape: Shape, generator: torch.Generator) -> Tensor:
    """Weights of a magnitude at which signals neither die nor explode, so that a wrong wire shows."""
    leaf = name.rpartition(".")[2]
    if leaf == "initialized":
        return torch.ones(shape)
    if leaf == "cluster_usage":
        return torch.rand(shape, generator=generator) + 0.5
    noise = torch.randn(shape, generator=generator)
    if leaf in ("alpha", "beta"):
        return noise * 0.2
    if leaf in ("gamma", "scale"):
        return noise * 0.05 + 0.3
    if leaf == "bias":
        return noise * 0.05
    if leaf in ("embed_sum", "embedding_sum"):
        return noise
    if "embedding" in name:
        return noise * 0.7
    if "norm" in name:
        return noise * 0.1 + 1.0
    fan_in = math.prod(shape[1:])
    return noise * (1.4 / math.sqrt(fan_in))


def _loudness(folder: Path, seed: int) -> float:
    """Root mean square of decoded random codes, before the limiter."""
    config = read_codec_config(folder)
    decoder = load_codec(folder, torch.device("cpu")).decoder
    last = decoder.get_submodule(LAST_CONV.partition(".")[2])
    outputs: list[Tensor] = []
    handle = last.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(config.decoder.codes, (20, config.decoder.quantizers), generator=generator)
    DecoderStream(decoder).push(codes)
    handle.remove()
    return float(outputs[0].square().mean().sqrt())


def _write_settings(folder: Path) -> None:
    """The small files of a release that the model itself does not read."""
    generation = {"do_sample": True, "repetition_penalty": 1.05, "temperature": 0.9, "top_k": 50, "top_p": 1.0}
    generation |= {"subtalker_dosample": True, "subtalker_temperature": 0.9, "subtalker_top_k": 50}
    generation |= {"subtalker_top_p": 1.0, "max_new_tokens": 8192}
    _write_json(folder / "generation_config.json", generation)
    processor = {"padding_side": "left", "padding_value": 0.0, "processor_class": "Qwen3TTSProcessor"}
    _write_json(folder / "preprocessor_config.json", processor | {"return_attention_mask": True})
    codec = folder / CODEC_FOLDER
    _write_json(codec / "configuration.json", {"framework": "pytorch", "task": "feature-extraction"})
    extractor = {"feature_extractor_type": "EncodecFeatureExtractor", "feature_size": 1, "padding_side": "right"}
    extractor |= {"padding_value": 0.0, "return_attention_mask": True, "sampling_rate": 24000}
    _write_json(codec / "preprocessor_config.json", extractor)


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
