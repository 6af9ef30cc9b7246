"""Typed access to a JSON file, with errors that name the file and the key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from makima import installation
from makima.errors import AssetError

T = TypeVar("T")
_ABSENT: Final = object()


def fetch_again() -> str:
    """What to do about a checkpoint that is incomplete or damaged."""
    again = installation.command("models pull")
    return f"Fetch the model again with `{again}`, or give the folder of a Qwen3-TTS checkpoint."


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of a JSON file. Every reader raises AssetError where the key is missing or of another type."""

    path: Path
    prefix: str
    data: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Fields:
        """Read the file. Raises: AssetError where it is missing, not JSON, or not an object."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as exc:
            raise AssetError(str(path), "There is no such file.", mend=fetch_again()) from exc
        except (OSError, ValueError, RecursionError) as exc:
            raise AssetError(str(path), f"The file cannot be read: {exc}.", mend=fetch_again()) from exc
        if not isinstance(data, dict):
            raise AssetError(str(path), "The file does not hold a JSON object.", mend=fetch_again())
        return cls(path, "", data)

    def sub(self, key: str) -> Fields:
        return Fields(self.path, f"{self.prefix}{key}.", self._get(key, dict, _ABSENT))

    def integer(self, key: str, absent: int | object = _ABSENT) -> int:
        value: int = self._get(key, int, absent)
        return value

    def number(self, key: str) -> float:
        value = self._get(key, (int, float), _ABSENT)
        try:
            return float(value)
        except OverflowError as exc:
            raise self._error(key, "is too large") from exc

    def text(self, key: str, absent: str | object = _ABSENT) -> str:
        value: str = self._get(key, str, absent)
        return value

    def integers(self, key: str, absent: tuple[int, ...] | object = _ABSENT) -> tuple[int, ...]:
        values = tuple(self._get(key, (list, tuple), absent))
        if not all(isinstance(value, int) for value in values):
            raise self._error(key, f"is {values!r}, and should be a list of whole numbers")
        return values

    def mapping(self, key: str, of: type[T]) -> dict[str, T]:
        """The entries of an object whose values are of type `of`; others, such as `false` for none, are left out."""
        found: dict[str, Any] = self._get(key, dict, {})
        return {name.lower(): value for name, value in found.items() if isinstance(value, of)}

    def choice(self, key: str, options: tuple[Any, ...]) -> Any:
        value = self._get(key, str, _ABSENT)
        if value not in options:
            raise self._error(key, f"is {value!r}, and should be one of {', '.join(options)}")
        return value

    def expect(self, key: str, wanted: object, absent: object = _ABSENT) -> None:
        """Refuse a checkpoint that differs in what this implementation takes for granted."""
        value = self.data.get(key, absent)
        if value is _ABSENT or value != wanted:
            shown = "is missing" if value is _ABSENT else f"is {value!r}"
            raise self._error(key, f"{shown}, and only {wanted!r} is supported")

    def _get(self, key: str, of: type | tuple[type, ...], absent: object) -> Any:
        value = self.data.get(key)
        if value is None:
            if absent is _ABSENT:
                raise self._error(key, "is missing")
            return absent
        if not isinstance(value, of) or isinstance(value, bool):
            raise self._error(key, f"is {value!r}, which is of the wrong type")
        return value

    def _error(self, key: str, what: str) -> AssetError:
        return AssetError(str(self.path), f"{self.prefix}{key} {what}.", mend=fetch_again())
