"""Kokoro's voices: a style for each length of text, and mixes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makima.errors import AssetError

ROWS: Final = 510
WIDTH: Final = 256
MAX_PARTS: Final = 8
"""Voices in a mix."""

_PART = re.compile(r"(?P<voice>[a-z]{2}_[a-z]+|makima)(?::(?P<weight>[0-9]{1,9}(?:\.[0-9]+)?|\.[0-9]+))?")


def read_style(path: Path) -> NDArray[np.float32]:
    """A voice from its file.

    Shapes: [510, 256], one row for each length in tokens
    Raises: AssetError where the file is of another size or holds numbers that are none
    """
    try:
        values = np.fromfile(path, "<f4")
    except OSError as exc:
        raise AssetError(str(path), f"The voice cannot be read: {exc}.") from exc
    if values.size != ROWS * WIDTH or not np.isfinite(values).all():
        raise AssetError(str(path), f"It is no voice: {ROWS * WIDTH} numbers were expected.")
    return values.reshape(ROWS, WIDTH).astype(np.float32, copy=False)


def parse_mix(voice_id: str) -> Mapping[str, float] | None:
    """The voices of an id such as `af_heart:0.6+jf_tebukuro:0.4`, with weights that add up to one.

    A voice without a weight counts as 1. None where the id does not read like that.
    """
    parts = voice_id.split("+")
    if len(parts) > MAX_PARTS:
        return None
    weights: dict[str, float] = {}
    for part in parts:
        match = _PART.fullmatch(part)
        if match is None:
            return None
        voice = match["voice"]
        weights[voice] = weights.get(voice, 0.0) + float(match["weight"] or 1.0)
    total = sum(weights.values())
    return {voice: weight / total for voice, weight in weights.items() if weight > 0} if total > 0 else None


def mixed(parts: Mapping[str, float], styles: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """The weighted mean of styles. Shapes: each [510, 256] -> [510, 256]"""
    total = np.zeros((ROWS, WIDTH), np.float64)
    for voice, weight in parts.items():
        total += weight * styles[voice]
    return total.astype(np.float32)
