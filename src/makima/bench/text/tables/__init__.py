"""Texts and how they are read, a module for each language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from makima.bench.text.tables import (
    chinese,
    english,
    french,
    german,
    italian,
    japanese,
    korean,
    portuguese,
    russian,
    spanish,
)

TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "English": english.TEXTS,
        "German": german.TEXTS,
        "French": french.TEXTS,
        "Spanish": spanish.TEXTS,
        "Italian": italian.TEXTS,
        "Portuguese": portuguese.TEXTS,
        "Russian": russian.TEXTS,
        "Chinese": chinese.TEXTS,
        "Japanese": japanese.TEXTS,
        "Korean": korean.TEXTS,
    }
)
"""What is read of a text, by language and text."""
