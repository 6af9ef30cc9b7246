"""Small ONNX graphs with the interface of released models, which the real loading code loads and runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_BANDS, _WIDTH, _DURATIONS = 128, 3, 5
_VOCABULARY = ("▁lo", "▁hi", "<blk>")
_LOUD = 0.5
"""In units of a band's spread over time."""


def _constant(name: str, value: NDArray[np.generic]) -> onnx.TensorProto:
    return numpy_helper.from_array(value, name)


def _save(path: Path, graph: onnx.GraphProto) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def write_parakeet(folder: Path) -> Path:
    """A transducer in Parakeet's layout that hears `lo` in low sounds and `hi` in high ones, one each 320 ms."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "nemo-conformer-tdt", "features_size": _BANDS}))
    (folder / "vocab.txt").write_text("".join(f"{token} {n}\n" for n, token in enumerate(_VOCABULARY)), "utf-8")
    _save(folder / "encoder-model.int8.onnx", _encoder())
    _save(folder / "decoder_joint-model.int8.onnx", _decoder())
    return folder


def _encoder() -> onnx.GraphProto:
    bands = np.zeros((_WIDTH, _BANDS), np.float32)
    bands[:2] = 1 / _BANDS  # how loud it is, and
    bands[0, :24] += 1 / 24  # by how much low bands stand out against high ones
    bands[0, 80:104] -= 1 / 24
    bands[1, :24] -= 1 / 24
    bands[1, 80:104] += 1 / 24
    nodes = [
        helper.make_node("MatMul", ["bands", "audio_signal"], ["energies"]),
        helper.make_node("Slice", ["energies", "zero", "end", "time", "eight"], ["outputs"]),
        helper.make_node("Sub", ["length", "one"], ["before"]),
        helper.make_node("Div", ["before", "eight"], ["steps"]),
        helper.make_node("Add", ["steps", "one"], ["encoded_lengths"]),
    ]
    numbers = {"zero": 0, "end": 2**31, "time": 2, "eight": 8, "one": 1}
    constants = [_constant(name, np.array([value], np.int64)) for name, value in numbers.items()]
    return helper.make_graph(
        nodes,
        "encoder",
        [
            helper.make_tensor_value_info("audio_signal", TensorProto.FLOAT, ["batch", _BANDS, "time"]),
            helper.make_tensor_value_info("length", TensorProto.INT64, ["batch"]),
        ],
        [
            helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["batch", _WIDTH, "steps"]),
            helper.make_tensor_value_info("encoded_lengths", TensorProto.INT64, ["batch"]),
        ],
        [_constant("bands", bands), *constants],
    )


def _decoder() -> onnx.GraphProto:
    weights = np.zeros((_WIDTH, len(_VOCABULARY) + _DURATIONS), np.float32)
    weights[0, 0] = weights[1, 1] = 1
    bias = np.zeros(len(_VOCABULARY) + _DURATIONS, np.float32)
    bias[2], bias[-1] = _LOUD, 1  # blank unless it is loud; each step is four frames long
    nodes = [
        helper.make_node("Transpose", ["encoder_outputs"], ["step"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["step", "weights"], ["logits"]),
        helper.make_node("Add", ["logits", "bias"], ["biased"]),
        helper.make_node("Unsqueeze", ["biased", "two"], ["outputs"]),
        helper.make_node("Identity", ["input_states_1"], ["output_states_1"]),
        helper.make_node("Identity", ["input_states_2"], ["output_states_2"]),
        helper.make_node("Identity", ["target_length"], ["prednet_lengths"]),
        helper.make_node("Identity", ["targets"], ["unused"]),
    ]

    def state(name: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, "batch", 4])

    return helper.make_graph(
        nodes,
        "decoder_joint",
        [
            helper.make_tensor_value_info("encoder_outputs", TensorProto.FLOAT, ["batch", _WIDTH, "steps"]),
            helper.make_tensor_value_info("targets", TensorProto.INT32, ["batch", "tokens"]),
            helper.make_tensor_value_info("target_length", TensorProto.INT32, ["batch"]),
            state("input_states_1"),
            state("input_states_2"),
        ],
        [
            helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["batch", "steps", 1, "classes"]),
            helper.make_tensor_value_info("prednet_lengths", TensorProto.INT32, ["batch"]),
            state("output_states_1"),
            state("output_states_2"),
            helper.make_tensor_value_info("unused", TensorProto.INT32, ["batch", "tokens"]),
        ],
        [_constant("weights", weights), _constant("bias", bias), _constant("two", np.array([2], np.int64))],
    )


def write_smart_turn(folder: Path, input_name: str = "input_features") -> Path:
    """A graph with Smart Turn's interface; to it a turn is over when its last half second is quieter than the rest."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.zeros((800, 1), np.float32)
    weights[:750], weights[750:] = 1 / 750, -1 / 50
    nodes = [
        helper.make_node("ReduceMean", [input_name], ["loudness"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["loudness", "weights"], ["falls"]),
        helper.make_node("Mul", ["falls", "steep"], ["scaled"]),
        helper.make_node("Sigmoid", ["scaled"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "smart_turn",
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, ["batch", 80, 800])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])],
        [_constant("weights", weights), _constant("steep", np.array(8, np.float32))],
    )
    _save(folder / "smart-turn-v3.2-cpu.onnx", graph)
    return folder
