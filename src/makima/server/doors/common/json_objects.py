"""JSON objects of clients: what cannot be written as JSON again, or not by every reader, is refused when it is read."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, model_validator

from makima.errors import InvalidMessage

MAX_DEPTH: Final = 100
"""Of lists and objects in each other. Beyond some hundreds, writing them again would end the session."""


def json_object(text: str | bytes, what: str) -> dict[str, Any]:
    """The object in this JSON; `what` it is of stands in errors.

    Raises: InvalidMessage
    """
    try:
        fields = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as exc:
        raise InvalidMessage(f"The {what} is not JSON.") from exc
    if not isinstance(fields, dict):
        raise InvalidMessage(f"The {what} is not a JSON object.")
    _check_depth(fields, what)
    return fields


def _finite(digits: str) -> float:
    """Raises: ValueError for NaN and infinities, which JSON does not have"""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is not a number of JSON")
    return number


def _check_depth(fields: object, what: str) -> None:
    level = [fields]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for value in level:
            if isinstance(value, dict):
                inner.extend(each for each in value.values() if isinstance(each, dict | list))
            elif isinstance(value, list):
                inner.extend(each for each in value if isinstance(each, dict | list))
        if not inner:
            return
        level = inner
    raise InvalidMessage(f"The {what} nests more than {MAX_DEPTH} lists and objects.")


class LenientFields(BaseModel):
    """Fields that are not known are ignored: each client's version sends others. Null is what was not chosen."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, fields: Any) -> Any:
        if not isinstance(fields, dict):
            return fields
        return {name: value for name, value in fields.items() if value is not None}
