"""Cases of what comes with a model: headers of weights, configurations, vocabularies, styles."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from makima.errors import MakimaError
from makima.models.kokoro.styles import parse_mix, read_style
from makima.models.qwen3.checkpoint.reader import WeightFiles
from makima.models.qwen3.checkpoint.release import codec_json, model_json
from makima.models.qwen3.codec.config import read_codec_config
from makima.models.qwen3.config import read_model_config
from makima.nn.native.packed_file import read_packed, write_packed
from makima.text.tokenizer import TextTokenizer
from tests.fuzz.files import folder
from tests.fuzz.generators import any_string, encoded, fields, mutated, value


def _safetensors(header: object, data: bytes) -> bytes:
    written = json.dumps(header).encode()
    return struct.pack("<Q", len(written)) + written + data


def weights(random: Random) -> None:
    """Headers of safetensors and of packed weights, and files of voices, that say what is not so."""
    entry = {
        "dtype": ("F32", "F16", "I64", "X"),
        "shape": ([2, 2], [2**40, 2**40], [-1], []),
        "data_offsets": ([0, 16], [16, 0]),
    }
    header = {name: fields(random, entry) for name in ("a", "b") if random.random() < 0.8}
    data = _safetensors(header, random.randbytes(32))
    if random.random() < 0.5:
        data = mutated(random, data)
    path = folder() / "model.safetensors"
    path.write_bytes(data)
    with suppress(MakimaError):
        files = WeightFiles(folder())
        for name in files.shapes:
            files.read(name)
    packed = folder() / "packed.bin"
    write_packed(packed, [("a", np.ones((2, 3), np.float32))], {"of": "this"})
    packed.write_bytes(mutated(random, packed.read_bytes()))
    read_packed(packed, {"of": "this"})
    style = folder() / "style.npy"
    style.write_bytes(
        mutated(random, np.ones((510, 1, 256), np.float32).tobytes()[: random.choice((10, 1_024, 522_240))])
    )
    with suppress(MakimaError):
        read_style(style)
    with suppress(MakimaError):
        parse_mix(any_string(random))


@cache
def _configurations() -> Mapping[str, tuple[object, Callable[[Path], object]]]:
    ids = dict.fromkeys(("assistant", "im_start", "im_end", "tts_pad", "tts_bos", "tts_eos"), 1)
    return {
        "config.json": (model_json("tiny", "base", ids, 100), read_model_config),
        "codec.json": (codec_json("tiny"), read_codec_config),
    }


def configurations(random: Random) -> None:
    """`config.json` of a checkpoint, a tokenizer's files, with other values anywhere in them."""
    for usual, read in _configurations().values():
        changed = _changed(random, usual)
        (folder() / "config.json").write_text(encoded(random, changed), encoding="utf-8", errors="replace")
        with suppress(MakimaError):
            read(folder())
    (folder() / "vocab.json").write_text(encoded(random, value(random)), encoding="utf-8", errors="replace")
    (folder() / "merges.txt").write_text(any_string(random), encoding="utf-8", errors="replace")
    with suppress(MakimaError):
        TextTokenizer(folder())


def _changed(random: Random, usual: object) -> object:
    """`usual` with a few values somewhere in it replaced."""
    if isinstance(usual, dict):
        return {name: _changed(random, each) for name, each in usual.items() if random.random() > 0.005}
    return value(random, 2) if random.random() < 0.01 else usual
