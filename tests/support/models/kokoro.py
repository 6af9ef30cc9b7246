"""A small graph with Kokoro's interface, and an engine over it. It sounds each token for 40 ms, as a tone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from makima.engines.kokoro import KokoroEngine
from makima.models.assets.asset import Asset, sha256_of
from makima.models.assets.bundles import DEFAULT_STYLE, KokoroFiles
from makima.models.assets.store import AssetStore

TOKEN_SAMPLES = 960
VOICES = (DEFAULT_STYLE, "af_heart", "bm_daniel", "ff_siwis")


def write_model(path: Path) -> None:
    """Tones at a pitch of the token and the style's first value; silence for the padding at both ends."""
    constants: dict[str, NDArray[Any]] = {
        "step": np.array(TOKEN_SAMPLES, np.float32),
        "zero": np.array(0, np.int64),
        "one": np.array(1, np.int64),
        "column": np.array([2], np.int64),
        "flat": np.array([-1], np.int64),
        "turn": np.array(2 * np.pi / 24_000, np.float32),
        "spread": np.array(20, np.float32),
        "low": np.array(150, np.float32),
        "gain": np.array(0.3, np.float32),
        "one_frame": np.array(1, np.float32),
        "axes": np.array([0], np.int64),
    }
    add = helper.make_node
    nodes = [
        add("Squeeze", ["speed", "axes"], ["pace"]),
        add("Div", ["step", "pace"], ["length"]),
        add("Cast", ["length"], ["count"], to=TensorProto.INT64),
        add("Range", ["zero", "count", "one"], ["places"]),
        add("Cast", ["places"], ["times"], to=TensorProto.FLOAT),
        add("Mul", ["times", "turn"], ["turns"]),
        add("Cast", ["tokens"], ["pitches"], to=TensorProto.FLOAT),
        add("Mul", ["pitches", "spread"], ["spread_pitches"]),
        add("Gather", ["style", "zero"], ["timbre"], axis=1),
        add("Add", ["spread_pitches", "low"], ["low_pitches"]),
        add("Add", ["low_pitches", "timbre"], ["hz"]),
        add("Unsqueeze", ["hz", "column"], ["hz_column"]),
        add("Mul", ["hz_column", "turns"], ["phases"]),
        add("Sin", ["phases"], ["tones"]),
        add("Cast", ["tokens"], ["heard"], to=TensorProto.BOOL),
        add("Cast", ["heard"], ["loud"], to=TensorProto.FLOAT),
        add("Mul", ["loud", "gain"], ["gains"]),
        add("Unsqueeze", ["gains", "column"], ["gain_column"]),
        add("Mul", ["tones", "gain_column"], ["sounds"]),
        add("Reshape", ["sounds", "flat"], ["audio"]),
        add("Abs", ["pitches"], ["heights"]),
        add("Clip", ["heights", "one_frame", "one_frame"], ["/encoder/Clip_output_0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "kokoro",
        [
            helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "length"]),
            helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
            helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
        ],
        [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["samples"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def style(number: int) -> NDArray[np.float32]:
    """A voice that tells itself by its pitch. Shapes: [510, 256]"""
    values = np.zeros((510, 256), np.float32)
    values[:, 0] = 30.0 * number
    return values


def make_files(folder: Path) -> KokoroFiles:
    """Files of which an engine is made, in the layout of a store at `folder`; written once."""
    voices = folder / "kokoro" / "voices"
    model = folder / "kokoro" / "model.onnx"
    if not model.exists():
        voices.mkdir(parents=True)
        write_model(model)
        for number, voice_id in enumerate(VOICES):
            style(number).tofile(voices / f"{voice_id}.bin")
    found = {voice_id: _asset(folder, voices / f"{voice_id}.bin") for voice_id in VOICES}
    absent = Asset("absent", "0" * 64, 1, "MIT", ())
    return KokoroFiles(_asset(folder, model), {**found, "zf_xiaoni": absent}, absent)


def engine_at(folder: Path, mixes: Path | None = None) -> KokoroEngine:
    """An engine over what is in a folder."""
    return KokoroEngine(AssetStore(folder), threads=1, files=make_files(folder), mixes=mixes)


def _asset(folder: Path, path: Path) -> Asset:
    return Asset(str(path.relative_to(folder)), sha256_of(path), path.stat().st_size, "MIT", ())
