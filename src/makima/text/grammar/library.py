"""`kitten-text-processing` as one function: a stretch of text in, the same stretch in words out."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from typing import Any

from makima.text.grammar import decoder
from makima.text.grammar.decoder import NoReading, Transducer, work
from makima.text.grammar.spent import spend
from makima.text.language import CODES

MAX_CHARACTERS = 160
"""Longer stretches are not read at once: what a grammar weighs up grows with them."""

NODES_A_CHARACTER = 500
"""What a character is taken to cost where the decoder was not compiled."""

LIMIT_S = 0.25
"""How long one stretch may take where the decoder was not compiled."""

_loading = threading.Lock()


def warm(language: str) -> None:
    """Load the grammar of `language`, 30 to 700 ms, unless it is loaded already."""
    with _loading:
        _normalizer(CODES[language])


def read(text: str, language: str) -> str:
    """`text` as it is spoken in `language`.

    Raises: NoReading where the grammar has none, or the text is too long for it
    """
    spoken = weighed(text, language)[0]
    if spoken is None:
        raise NoReading(f"no reading for {text[:80]!r}")
    return spoken


@functools.lru_cache(maxsize=4096)
def weighed(text: str, language: str) -> tuple[str | None, int]:
    """`text` as it is spoken in `language`, None where there is no reading; and the nodes that it took to find out.

    The same whether it is remembered or not, so that what a text may cost does not depend on those before it.
    """
    if len(text) > MAX_CHARACTERS:
        return None, 0
    warm(language)
    before = work.nodes
    begun_s = time.thread_time()
    if not decoder.available():
        _deadline.end_s = time.monotonic() + LIMIT_S
    try:
        spoken = _normalizer(CODES[language]).normalize(text, punct_post_process=True).strip()
    except (ValueError, RecursionError):
        spoken = None
    _deadline.end_s = None
    spend(time.thread_time() - begun_s)
    return spoken, work.nodes - before if decoder.available() else NODES_A_CHARACTER * len(text)


@functools.cache
def _normalizer(code: str) -> Any:
    # Imported here, as grammars are read from files of megabytes, and plain text needs none of them.
    from kitten_text_processing import Normalizer
    from kitten_text_processing._fst import NoPathError

    normalizer = Normalizer(lang=code)
    for name in ("tagger", "verbalizer"):
        graph = getattr(normalizer, name)
        if decoder.available():
            setattr(normalizer, name, Transducer(graph, NoPathError))
        else:
            graph.arcs = _limited(graph.arcs)
    return normalizer


_deadline = threading.local()


def _limited(arcs: Callable[[int], object]) -> Callable[[int], object]:
    """`arcs`, which the package's decoder calls at every step, with a look at the clock."""

    def checked(state: int) -> object:
        end_s = getattr(_deadline, "end_s", None)
        if end_s is not None and time.monotonic() > end_s:
            raise NoReading("it takes too long")
        return arcs(state)

    return checked
