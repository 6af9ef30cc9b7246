"""The graph that says which token comes next. Its past goes in and comes out, and never leaves the device."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from makima.models.chatterbox.graph import CPU, Graph, Port

_PAST: Final = re.compile(r"past\D*(\d+)\.(key|value)")
_PRESENT: Final = re.compile(r"present\D*(\d+)\.(key|value)")
_KNOWN: Final = frozenset(("inputs_embeds", "attention_mask", "position_ids"))
_LOGITS: Final = "logits"

RELEASED_HEADS, RELEASED_WIDTH = 16, 64
"""Of keys and values, where a graph leaves them open."""


@dataclass(slots=True)
class Past:
    """What one utterance has had so far: keys and values by the name of their input, on the device."""

    values: dict[str, Any]
    length: int = 0


class LanguageModel:
    """The graph, with the names and sizes of its past read from it.

    Raises: AssetError where the graph is another one
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        pasts = _places(graph.inputs, _PAST)
        presents = _places(graph.outputs, _PRESENT)
        graph.expect({"inputs_embeds", "attention_mask"} | (_KNOWN & set(graph.inputs)) | set(pasts.values()))
        if not pasts or set(pasts) != set(presents) or _LOGITS not in graph.outputs:
            raise graph.misfit("It gives no logits, or another past than it takes.")
        self._presents = {presents[place]: name for place, name in pasts.items()}
        self._empty = {name: _empty(graph.inputs[name]) for name in pasts.values()}

    @property
    def layers(self) -> int:
        """How many layers the graph has."""
        return len(self._presents) // 2

    def begin(self) -> Past:
        """A past in which nothing has been yet."""
        on_device = {name: onnxruntime.OrtValue.ortvalue_from_numpy(value) for name, value in self._empty.items()}
        return Past(on_device)

    def forward(self, embeds: NDArray[Any], past: Past) -> NDArray[np.float32]:
        """Take in `embeds`, advancing `past` in place; the scores of what comes next.

        Shapes: embeds [1, T, H] -> [V] float32
        Raises: SynthesisFailed, OutOfMemory
        """
        graph, count = self._graph, embeds.shape[1]
        length = past.length + count
        fed = {
            "inputs_embeds": embeds.astype(graph.inputs["inputs_embeds"].dtype, copy=False),
            "attention_mask": np.ones((1, length), np.int64),
            "position_ids": np.arange(past.length, length, dtype=np.int64)[None],
        }
        binding = graph.session.io_binding()
        for name in graph.inputs:
            if name in past.values:
                binding.bind_ortvalue_input(name, past.values[name])
            else:
                binding.bind_cpu_input(name, np.ascontiguousarray(fed[name]))
        device = "cpu" if graph.device == CPU else "cuda"
        binding.bind_output(_LOGITS, "cpu")
        for name in self._presents:
            binding.bind_output(name, device)
        try:
            graph.session.run_with_iobinding(binding)
        except Exception as exc:
            raise graph.failure(exc) from exc
        logits, *presents = binding.get_outputs()
        past.values = dict(zip(self._presents.values(), presents, strict=True))
        past.length = length
        return np.asarray(logits.numpy()[0, -1], np.float32)


def _places(names: Iterable[str], pattern: re.Pattern[str]) -> dict[tuple[str, ...], str]:
    """The names that fit, by their layer and by whether they are keys or values."""
    return {match.groups(): name for name in names if (match := pattern.fullmatch(name))}


def _empty(port: Port) -> NDArray[Any]:
    _, heads, _, width = port.shape if len(port.shape) == 4 else (None,) * 4
    return np.zeros((1, heads or RELEASED_HEADS, 0, width or RELEASED_WIDTH), port.dtype)
