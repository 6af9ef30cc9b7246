"""Reading and cutting graphs: what ONNX Runtime makes of the parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from makima.errors import AssetError
from makima.models.kokoro.graph_file import GraphFile


def model() -> bytes:
    """out = (x + one) * two; beside it a node that `sum` does not need."""
    constants: dict[str, NDArray[Any]] = {
        "one": np.array([[1.0, 2.0]], np.float32),
        "two": np.array([2.0, 4.0], np.float32),
        "words": np.array([-3, 300], np.int64),
    }
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    tensors.append(helper.make_tensor("bytes", TensorProto.INT8, [3], [1, -2, 3], raw=False))
    tensors.append(helper.make_tensor("scalar", TensorProto.FLOAT, [], [0.5], raw=False))
    nodes = [
        helper.make_node("Add", ["x", "one"], ["sum"], name="adding"),
        helper.make_node("Mul", ["sum", "two"], ["out"], name="multiplying"),
        helper.make_node("Identity", ["words"], ["spare"], name="sparing"),
    ]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 2]) for name in ("x", "out")]
    graph = helper.make_graph(nodes, "small", ports[:1], ports[1:], tensors)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    content: bytes = made.SerializeToString()
    return content


def test_nodes_and_constants() -> None:
    graph = GraphFile(memoryview(model()))
    assert {name: (node.type, node.inputs, node.outputs) for name, node in graph.nodes.items()} == {
        "adding": ("Add", ("x", "one"), ("sum",)),
        "multiplying": ("Mul", ("sum", "two"), ("out",)),
        "sparing": ("Identity", ("words",), ("spare",)),
    }
    np.testing.assert_array_equal(graph.constant("one"), np.array([[1.0, 2.0]], np.float32))
    assert graph.constant("words").tolist() == [-3, 300]
    assert graph.constant("scalar").shape == ()
    assert graph.constant("scalar") == 0.5
    with pytest.raises(AssetError, match="three"):
        graph.constant("three")


def test_small_integers_that_are_not_packed() -> None:
    assert GraphFile(memoryview(model())).constant("bytes").tolist() == [1, -2, 3]


def test_a_part_makes_what_the_whole_does() -> None:
    graph = GraphFile(memoryview(model()))
    part = graph.part_that_makes(["sum"])
    session = onnxruntime.InferenceSession(part, providers=["CPUExecutionProvider"])
    x = np.array([[1.0, 1.0], [0.0, 5.0]], np.float32)
    (found,) = session.run(None, {"x": x})
    np.testing.assert_array_equal(found, x + np.array([1.0, 2.0]))
    left = onnx.load_from_string(part).graph
    assert [node.name for node in left.node] == ["adding"]
    assert [tensor.name for tensor in left.initializer] == ["one"]
    with pytest.raises(AssetError, match="missing"):
        graph.part_that_makes(["missing"])


@pytest.mark.parametrize("content", [b"no graph", b"\x3a\x7fshort", b"\x3a", b"\xff\xff"])
def test_what_is_no_graph_is_refused(content: bytes) -> None:
    with pytest.raises(AssetError, match="cannot be read"):
        GraphFile(memoryview(content), "a file")


def test_a_file_that_is_cut_off_is_refused() -> None:
    whole = model()
    for size in range(1, len(whole) - 1, 7):
        try:
            GraphFile(memoryview(whole[:size]))
        except AssetError:
            continue
        assert not GraphFile(memoryview(whole[:size])).nodes  # cut between two fields, before the graph
