"""Reading and cutting an ONNX file by its wire format: its nodes, its constants, and the part that makes some values.

The `onnx` package, which does this too, is larger than all else that Kokoro needs to speak. Only the fields below are
looked at; all others are copied as they are.

Source: onnx.proto3 of ONNX 1.16; the encoding of protocol buffers
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makima.errors import AssetError

_GRAPH: Final = 7  # of ModelProto
_NODE, _INITIALIZER, _OUTPUT, _VALUE_INFO = 1, 5, 12, 13  # of GraphProto
_NODE_INPUT, _NODE_OUTPUT, _NODE_NAME, _NODE_TYPE = 1, 2, 3, 4  # of NodeProto
_DIMS, _DATA_TYPE, _FLOATS, _INT32S, _INT64S, _NAME, _RAW = 1, 2, 4, 5, 7, 8, 9  # of TensorProto
_DTYPES: Final = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64}
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message. `value` is a number, or the bytes; `whole` is the field with its key."""

    number: int
    value: int | memoryview
    whole: memoryview

    @property
    def text(self) -> str:
        return bytes(self.value).decode() if isinstance(self.value, memoryview) else ""


def fields(message: memoryview) -> Iterator[Field]:
    """The fields of a message. Raises: ValueError where it is none"""
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            number, at = _varint(message, at)
            yield Field(key >> 3, number, message[start:at])
            continue
        if kind == _COUNTED:
            size, at = _varint(message, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"a field of kind {kind}")
        if at + size > len(message):
            raise ValueError("a field goes beyond its message")
        yield Field(key >> 3, message[at : at + size], message[start : at + size])
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message):
            raise ValueError("a number is cut off")
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _counted(number: int, content: bytes) -> bytes:
    return _number(number << 3 | _COUNTED) + _number(len(content)) + content


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


@dataclass(frozen=True, slots=True)
class Node:
    """An operation: its name and type, and the names of the values that it takes and gives."""

    name: str
    type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    whole: memoryview

    @classmethod
    def read(cls, field: Field) -> Node:
        texts: dict[int, list[str]] = {_NODE_INPUT: [], _NODE_OUTPUT: [], _NODE_NAME: [""], _NODE_TYPE: [""]}
        assert isinstance(field.value, memoryview)
        for part in fields(field.value):
            if part.number in texts:
                texts[part.number].append(part.text)
        name, kind = texts[_NODE_NAME][-1], texts[_NODE_TYPE][-1]
        return cls(name, kind, tuple(texts[_NODE_INPUT]), tuple(texts[_NODE_OUTPUT]), field.whole)


class GraphFile:
    """The graph in a file that is in memory.

    Raises: AssetError where it cannot be read
    """

    def __init__(self, content: memoryview, name: str = "the graph") -> None:
        self._name = name
        self._around: list[memoryview] = []
        self._rest: list[Field] = []
        self.nodes: dict[str, Node] = {}
        self._constants: dict[str, memoryview] = {}
        self._makers: dict[str, Node] = {}
        try:
            for field in fields(content):
                if field.number == _GRAPH and isinstance(field.value, memoryview):
                    self._read_graph(field.value)
                else:
                    self._around.append(field.whole)
        except ValueError as exc:
            raise AssetError(name, f"The graph cannot be read: {exc}.") from exc

    def _read_graph(self, graph: memoryview) -> None:
        for field in fields(graph):
            if field.number == _NODE:
                node = Node.read(field)
                self.nodes[node.name] = node
                self._makers.update(dict.fromkeys(node.outputs, node))
            elif field.number == _INITIALIZER and isinstance(field.value, memoryview):
                name = next((part.text for part in fields(field.value) if part.number == _NAME), "")
                self._constants[name] = field.value
            elif field.number != _VALUE_INFO:
                self._rest.append(field)

    def makes(self, value: str) -> bool:
        """Whether a node gives this value."""
        return value in self._makers

    def constant(self, name: str) -> NDArray[Any]:
        """A constant by its name. Raises: AssetError where there is none, or it is of another type"""
        if name not in self._constants:
            raise AssetError(self._name, f"The graph has no constant {name}.")
        dims: list[int] = []
        kind, raw, numbers = 0, b"", list[int]()
        for part in fields(self._constants[name]):
            if part.number == _DIMS:
                dims += _numbers(part.value)
            elif part.number == _DATA_TYPE and isinstance(part.value, int):
                kind = part.value
            elif part.number in (_RAW, _FLOATS) and isinstance(part.value, memoryview):
                raw += bytes(part.value)
            elif part.number in (_INT32S, _INT64S):
                numbers += _numbers(part.value)
        if kind not in _DTYPES:
            raise AssetError(self._name, f"The constant {name} is of a type that is not read ({kind}).")
        values = np.array(numbers, _DTYPES[kind]) if numbers else np.frombuffer(raw, _DTYPES[kind])
        if values.size != int(np.prod(dims)):
            raise AssetError(self._name, f"The constant {name} has another size than it says.")
        return values.reshape(dims)

    def part_that_makes(self, values: Sequence[str]) -> bytes:
        """The file of a graph with these outputs in place of its own, without what they do not need.

        Raises: AssetError where there are no such values
        """
        if missing := [value for value in values if not self.makes(value)]:
            raise AssetError(self._name, f"The graph has no value {missing[0]}.")
        needed: set[str] = set()
        todo = list(values)
        while todo:
            value = todo.pop()
            if value not in needed:
                needed.add(value)
                node = self._makers.get(value)
                todo += node.inputs if node is not None else ()
        kept = {name for name, node in self.nodes.items() if needed.intersection(node.outputs)}
        parts = [bytes(node.whole) for name, node in self.nodes.items() if name in kept]
        parts += [_counted(_INITIALIZER, bytes(raw)) for name, raw in self._constants.items() if name in needed]
        parts += [bytes(field.whole) for field in self._rest if field.number != _OUTPUT]
        parts += [_counted(_OUTPUT, _counted(1, value.encode())) for value in values]  # ValueInfoProto.name
        return b"".join([*map(bytes, self._around), _counted(_GRAPH, b"".join(parts))])


def _numbers(value: int | memoryview) -> list[int]:
    """Whole numbers of a repeated field: one, or all of them in bytes. Those below zero come as 64 bits."""
    found, at = [], 0
    while not isinstance(value, int) and at < len(value):
        number, at = _varint(value, at)
        found.append(number)
    if isinstance(value, int):
        found.append(value)
    return [number - (1 << 64) if number >> 63 else number for number in found]
