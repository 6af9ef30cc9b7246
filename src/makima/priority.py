"""Which utterance goes before which, where several wait."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

Priority: TypeAlias = Literal["low", "normal", "high"]

RANK: Mapping[Priority, int] = MappingProxyType({"high": 0, "normal": 1, "low": 2})
"""Lower goes first."""
