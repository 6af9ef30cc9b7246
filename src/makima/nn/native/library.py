"""Finding and loading the compiled kernels, and the structures they share with Python."""

from __future__ import annotations

import ctypes
import functools
from ctypes import POINTER, c_char_p, c_float, c_int, c_int32, c_int64, c_void_p
from pathlib import Path
from typing import ClassVar

from makima.errors import AssetError

LAYOUT_VERSION = 3
NAME = "_kernels"


class MatrixStruct(ctypes.Structure):
    """`Matrix` of types.h."""

    _fields_: ClassVar = [
        ("kind", c_int32),
        ("rows", c_int32),
        ("columns", c_int32),
        ("reserved", c_int32),
        ("data", c_void_p),
        ("scales", c_void_p),
    ]


class LayerStruct(ctypes.Structure):
    """`Layer` of types.h."""

    _fields_: ClassVar = [
        *((name, MatrixStruct) for name in ("qkv", "output", "gate_up", "down")),
        *((name, c_void_p) for name in ("input_norm", "post_norm", "q_norm", "k_norm")),
    ]


class WeightsStruct(ctypes.Structure):
    """`Weights` of types.h."""

    _fields_: ClassVar = [
        *((name, c_int32) for name in ("layers", "hidden", "heads", "kv_heads", "head_dim", "mlp")),
        ("rms_eps", c_float),
        ("window", c_int32),
        ("layer", POINTER(LayerStruct)),
        ("final_norm", c_void_p),
    ]


class CacheStruct(ctypes.Structure):
    """`Cache` of types.h."""

    _fields_: ClassVar = [
        *((name, c_int32) for name in ("kind", "slots", "positions", "reserved")),
        *((name, c_void_p) for name in ("keys", "values", "cosine", "sine")),
    ]


class SamplingStruct(ctypes.Structure):
    """`Sampling` of sample.h."""

    _fields_: ClassVar = [("temperature", c_float), ("top_k", c_int32), ("top_p", c_float), ("reserved", c_int32)]


class PredictorStruct(ctypes.Structure):
    """`Predictor` of step.h."""

    _fields_: ClassVar = [
        *((name, c_int32) for name in ("steps", "vocabulary", "input_width", "embedding_kind")),
        ("heads", POINTER(MatrixStruct)),
        ("embeddings", POINTER(c_void_p)),
        ("projection", POINTER(MatrixStruct)),
        ("projection_bias", c_void_p),
    ]


class StageStruct(ctypes.Structure):
    """`Stage` of types.h."""

    _fields_: ClassVar = [
        *(
            (name, c_int32)
            for name in ("kind", "inputs", "outputs", "taps", "dilation", "rate", "activation", "residual")
        ),
        *((name, c_void_p) for name in ("weights", "bias", "first", "second", "scales")),
    ]


class FilterStruct(ctypes.Structure):
    """`Filter` of types.h."""

    _fields_: ClassVar = [
        *(
            (name, c_int32)
            for name in (
                "kind",
                "inputs",
                "outputs",
                "taps",
                "dilation",
                "rate",
                "lead",
                "skip",
                "reflect",
                "activation",
            )
        ),
        *((name, c_int32) for name in ("in", "out", "residual", "total", "adding", "norm")),
        ("scale", c_float),
        ("slope", c_float),
        *((name, c_void_p) for name in ("weights", "bias", "frequency", "amplitude", "scales")),
    ]


class BufferStruct(ctypes.Structure):
    """`Buffer` of vocoder.h."""

    _fields_: ClassVar = [(name, c_int32) for name in ("width", "each", "over", "given")]


def _declare(library: ctypes.CDLL) -> None:
    """Argument and result types of every function that Python calls."""
    matrix, kernels, pool = POINTER(MatrixStruct), c_void_p, c_void_p
    signatures: dict[str, tuple[object, list[object]]] = {
        "layout_version": (c_int, []),
        "instruction_set": (c_char_p, [c_int]),
        "kernels": (c_void_p, [c_char_p]),
        "pool_new": (c_void_p, [c_int, c_int64]),
        "pool_threads": (c_int, [pool]),
        "pool_free": (None, [pool]),
        "data_bytes": (c_int64, [matrix]),
        "pack": (None, [kernels, pool, matrix, c_void_p, c_int, c_int]),
        "product": (c_int, [kernels, pool, matrix, c_void_p, c_int, c_void_p]),
        "sample": (c_int, [c_void_p, c_int, POINTER(SamplingStruct), c_float]),
        "decoder_new": (c_void_p, [kernels, POINTER(WeightsStruct), POINTER(CacheStruct), pool, c_int, c_int, c_int]),
        "decoder_free": (None, [c_void_p]),
        "step": (None, [c_void_p, c_int, c_void_p, c_void_p, c_void_p, c_void_p, matrix, c_void_p]),
        "predict": (
            c_int,
            [c_void_p, POINTER(PredictorStruct), c_int, *[c_void_p] * 3, POINTER(SamplingStruct), c_void_p, c_void_p],
        ),
        "stack_state": (c_int64, [POINTER(StageStruct), c_int]),
        "stack_new": (c_void_p, [kernels, POINTER(StageStruct), c_int, pool, c_int, c_int]),
        "stack_free": (None, [c_void_p]),
        "stack_rate": (c_int, [c_void_p]),
        "stack_run": (None, [c_void_p, c_int, c_int, *[c_void_p] * 3, c_int64, c_void_p]),
        "stack_help": (c_int, [c_void_p]),
        "tiles": (c_int, []),
        "vocoder_new": (c_void_p, [kernels, POINTER(FilterStruct), c_int, POINTER(BufferStruct), c_int, pool]),
        "vocoder_free": (None, [c_void_p]),
        "vocoder_run": (c_int, [c_void_p, c_int, POINTER(c_void_p), c_void_p, c_void_p, c_int64]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"makima_{name}")
        function.restype, function.argtypes = result, arguments


def find(folder: Path) -> Path | None:
    """The compiled library in `folder`, whatever suffix the build gave it."""
    return next((path for path in sorted(folder.glob(f"{NAME}.*")) if path.suffix in {".so", ".dylib", ".pyd"}), None)


def open_library(folder: Path) -> ctypes.CDLL | str:
    """The library in `folder`, or one sentence on why there is none."""
    path = find(folder)
    if path is None:
        return "The CPU kernels were not compiled when makima was installed: install a C compiler, then makima again."
    try:
        library = ctypes.CDLL(str(path))
        if (version := library.makima_layout_version()) != LAYOUT_VERSION:
            return f"The CPU kernels are of layout {version}, this makima wants {LAYOUT_VERSION}: install makima again."
        _declare(library)
    except (OSError, AttributeError) as error:
        return f"The CPU kernels do not load ({error}): install makima again."
    return library


@functools.cache
def _opened() -> ctypes.CDLL | str:
    return open_library(Path(__file__).parent)


def available() -> bool:
    """Whether the kernels are here and load."""
    return not isinstance(_opened(), str)


def why_not() -> str | None:
    """Why the kernels are not available, as a sentence for `doctor`; None where they are."""
    opened = _opened()
    return opened if isinstance(opened, str) else None


@functools.cache
def library() -> ctypes.CDLL:
    """The loaded kernels.

    Raises: AssetError where there are none.
    """
    opened = _opened()
    if isinstance(opened, str):
        raise AssetError("makima.nn.native", opened)
    return opened


def instruction_sets() -> tuple[str, ...]:
    """The instruction sets both the library and this machine have, best last.

    Raises: AssetError where there is no library.
    """
    names: list[str] = []
    while (name := library().makima_instruction_set(len(names))) is not None:
        names.append(name.decode())
    return tuple(names)


def instruction_set() -> str:
    """The one that is used unless another is asked for: the best."""
    return instruction_sets()[-1]


@functools.cache
def tiles() -> bool:
    """Whether filters of bfloat16 run here: on AMX, where the system gives this process leave to use it.

    Raises: AssetError where there is no library.
    """
    return bool(library().makima_tiles())


def words_pay() -> bool:
    """Whether products of 16-bit words take less time here than those of floats: where one instruction does both.

    Raises: AssetError where there is no library.
    """
    return instruction_set() in ("avxvnni", "avx512")


@functools.cache
def kernels(name: str | None = None) -> int:
    """Address of the kernels for an instruction set, the best where none is named.

    Raises: AssetError where there is no library, or the machine does not have this instruction set.
    """
    name = name or instruction_set()
    address: int | None = library().makima_kernels(name.encode())
    if address is None:
        raise AssetError(f"instruction set {name}", f"This machine has {', '.join(instruction_sets())}.")
    return address
