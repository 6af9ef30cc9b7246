"""The rules of single languages beside English and Russian, by language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from makima.text.written.kinds.extra.eastern import CHINESE, JAPANESE, KOREAN
from makima.text.written.kinds.extra.german import GERMAN
from makima.text.written.kinds.extra.romance import french, italian, portuguese, spanish
from makima.text.written.rule import Rule

RULES: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "German": GERMAN,
        "French": french.RULES,
        "Spanish": spanish.RULES,
        "Italian": italian.RULES,
        "Portuguese": portuguese.RULES,
        "Chinese": CHINESE,
        "Japanese": JAPANESE,
        "Korean": KOREAN,
    }
)
