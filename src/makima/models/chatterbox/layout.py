"""Which files the release of Chatterbox Turbo has, and which of them are read.

Every graph is there in several precisions, told apart by the end of its name; its weights lie beside it, in a file of
the same name that ends in `_data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from makima import installation
from makima.errors import AssetError, ConfigError

TOKENIZER: Final = "tokenizer.json"
GRAPHS: Final = ("speech_encoder", "embed_tokens", "language_model", "conditional_decoder")

AUTO: Final = "auto"
SUFFIXES: Final[Mapping[str, str]] = MappingProxyType({"int4": "_q4", "int8": "_quantized", "none": ""})
"""How the files of a precision end, by what `MAKIMA_QUANTIZE` calls it; `auto` takes the first that is there."""


def graph_path(folder: Path, name: str, suffix: str) -> Path:
    """Where a graph is; the release keeps them in a folder of their own."""
    return folder / "onnx" / f"{name}{suffix}.onnx"


def data_path(graph: Path) -> Path:
    """Where a graph's weights are, if they are not in the graph itself."""
    return graph.with_name(f"{graph.name}_data")


def is_whole(folder: Path) -> bool:
    """Whether a fetch into `folder` has come to its end, in any precision."""
    return (folder / TOKENIZER).exists() and any(
        all(path.exists() and data_path(path).exists() for path in _graphs(folder, suffix))
        for suffix in SUFFIXES.values()
    )


def patterns(quantize: str) -> tuple[str, ...]:
    """What to fetch for a precision.

    Raises: ConfigError for an unknown one
    """
    suffix = next(iter(SUFFIXES.values())) if quantize == AUTO else suffix_of(quantize)
    return ("*.json", "*.txt", *(f"onnx/{name}{suffix}.onnx*" for name in GRAPHS))


def suffix_of(quantize: str) -> str:
    """How the files of this precision end.

    Raises: ConfigError for an unknown one
    """
    try:
        return SUFFIXES[quantize]
    except KeyError:
        known = ", ".join([AUTO, *SUFFIXES])
        raise ConfigError("MAKIMA_QUANTIZE", f"There is no {quantize!r}.", mend=f"Take one of: {known}.") from None


def find_graphs(folder: Path, quantize: str) -> dict[str, Path]:
    """The four graphs in a precision, by name; for `auto` in the first of which all are there.

    Raises: ConfigError for an unknown precision; AssetError naming the file that is missing
    """
    suffixes = list(SUFFIXES.values()) if quantize == AUTO else [suffix_of(quantize)]
    # Where no precision is whole, the one of which most is there is the one that was meant.
    best = max(suffixes, key=lambda suffix: sum(path.is_file() for path in _graphs(folder, suffix)))
    paths = dict(zip(GRAPHS, _graphs(folder, best), strict=True))
    for path in paths.values():
        if not path.is_file():
            raise AssetError(str(path), "There is no such file.", mend=mend_for(quantize))
    return paths


def mend() -> str:
    """The command that fetches the model."""
    return installation.run("models pull chatterbox-turbo")


def mend_for(quantize: str) -> str:
    """The command that fetches what is missing of a precision."""
    pull = installation.command("models pull chatterbox-turbo")
    return mend() if quantize == AUTO else f"Run: MAKIMA_QUANTIZE={quantize} {pull}"


def _graphs(folder: Path, suffix: str) -> list[Path]:
    return [graph_path(folder, name, suffix) for name in GRAPHS]
