"""Readings of Japanese in Chinese letters, for engines that cannot read them.

From `sudachipy` and its small dictionary, 45 MB, where they are installed (the extra `japanese`). Without them text
stays as it is, and such an engine names those letters instead of reading them.
"""

from __future__ import annotations

import functools
import re
import threading
from importlib.util import find_spec
from typing import Any

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff々]")
_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_lock = threading.Lock()
_PARTICLES = {"は": "わ", "へ": "え"}


@functools.cache
def available() -> bool:
    """Whether the dictionary is installed. Asked with each utterance, while to look takes milliseconds."""
    return find_spec("sudachipy") is not None and find_spec("sudachidict_small") is not None


def readings(text: str) -> str:
    """`text` with its words in Chinese letters written in kana, and particles as they sound."""
    if not _HAN.search(text) or not available():
        return text
    words = []
    with _lock:  # a tokenizer is for one thread at a time
        found = list(_tokenizer().tokenize(text))
    for word in found:
        surface = word.surface()
        if surface in _PARTICLES and word.part_of_speech()[0] == "助詞":
            words.append(_PARTICLES[surface])
        elif _HAN.search(surface):
            words.append(word.reading_form().translate(_TO_HIRAGANA) or surface)
        else:
            words.append(surface)
    return "".join(words)


@functools.cache
def _tokenizer() -> Any:
    from sudachipy import Dictionary, SplitMode

    return Dictionary(dict="small").create(mode=SplitMode.C)
