"""A sentence as it is spoken: own rules first, the grammar for what they leave, and digits one by one after both."""

from __future__ import annotations

import functools
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from types import MappingProxyType

from makima.text.grammar.library import warm, weighed
from makima.text.sentences.cutter import clause_end
from makima.text.written.addresses import left_addresses, web_addresses
from makima.text.written.common import left_digits, long_numbers, whole_numbers
from makima.text.written.folding import folded, written_out
from makima.text.written.joining import joined
from makima.text.written.kinds import before
from makima.text.written.languages import chinese, english, french, german, japanese, korean, romance, russian
from makima.text.written.rule import LIMIT_S, Rule, own_time_s
from makima.text.written.windows import windows, worth_reading
from makima.text.written.words import cardinal

log = logging.getLogger(__name__)

RULES: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "Chinese": chinese.RULES,
        "English": english.RULES,
        "Japanese": japanese.RULES,
        "Korean": korean.RULES,
        "German": german.RULES,
        "French": french.RULES,
        "Russian": russian.RULES,
        "Portuguese": romance.PORTUGUESE,
        "Spanish": romance.SPANISH,
        "Italian": romance.ITALIAN,
    }
)
_DAY_OF_SUN = re.compile(r"일요일|[(（][^()（）]{0,6}일[)）]")
_LOOSE_POINT = re.compile(r" (?=[.,]$)")
_SPELLED = frozenset(("German", "Spanish", "Italian", "Portuguese", "Russian"))
_WITH_FRACTIONS = frozenset(("English",))
_END_MARKS = {"Portuguese": ".!?,;:"}
"""Marks at the end of a stretch that a grammar takes into the number before them."""
NODES_AT_FIRST, NODES_A_CHARACTER = 700_000, 30
"""A second's work of one core is about three million."""

MAX_CHARACTERS = 600
"""Read at once. A sentence is shorter as it is written; what users want said for its words may make more of it."""


class Faults:
    """How often which rule has failed, since the start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)


faults = Faults()


@dataclass(slots=True)
class Budget:
    """How many nodes of lattices one utterance may still cost; more with every character that is read.

    What goes beyond it, such as thousands of numbers, is read by our own rules alone.
    """

    left: int = NODES_AT_FIRST

    def earn(self, characters: int) -> None:
        self.left = min(self.left + NODES_A_CHARACTER * characters, NODES_AT_FIRST)


def spoken(text: str, language: str, budget: Budget | None = None) -> str:
    """`text`, one sentence without markup, in words. Never fails: what cannot be read stays as it is written."""
    budget = budget or Budget()
    if len(text) <= MAX_CHARACTERS:
        return _spoken(text, language, budget)
    parts = []
    while text:
        # So no step is given more, whose time may grow with the square of the length.
        end = clause_end(text, MAX_CHARACTERS) if len(text) > MAX_CHARACTERS else len(text)
        part, text = text[:end], text[end:]
        bare = part.rstrip()
        parts += [_spoken(bare, language, budget), part[len(bare) :]]
    return "".join(parts)


def guarded(name: str, text: str, step: Callable[[str], str], limit_s: float = LIMIT_S) -> str:
    """What `step` makes of `text`; `text` itself where it fails or takes more than `limit_s`."""
    begun_s = own_time_s()
    try:
        changed = step(text)
        problem = "takes too long" if own_time_s() - begun_s > limit_s else ""
    except Exception as exc:  # noqa: BLE001 - whatever a rule raises costs its sentence the rule, and nothing else
        changed, problem = text, f"failed: {exc}"
    if not problem:
        return changed
    faults.add(name)
    log.warning("the text rule %r %s; the sentence is spoken without it", name, problem)
    return text


def _spoken(text: str, language: str, budget: Budget) -> str:
    budget.earn(len(text))
    if not worth_reading(text, language) and not before.worth_reading(text, language):
        return text
    _prepare(language)
    text = guarded("folding", text, folded)
    text = guarded("long numbers", text, lambda given: long_numbers(given, language))
    text = guarded("web addresses", text, lambda given: web_addresses(given, language))
    if language not in _WITH_FRACTIONS:
        text = guarded("fractions", text, written_out)
    if before.worth_reading(text, language):
        text, addresses = before.hidden(text)
        for rule in before.rules_before(language):
            text = guarded(rule.name, text, rule.apply)
        text = before.shown(text, addresses)
    for rule in RULES[language]:
        text = guarded(rule.name, text, rule.apply)
    if language in _SPELLED and " " in text.strip():
        # The grammars of these languages spell addresses, which is right for one by itself.
        text = guarded("addresses", text, lambda given: left_addresses(given, language))
    if worth_reading(text, language):
        text = _by_grammar(text, language, budget)
    text = guarded("addresses", text, lambda given: left_addresses(given, language))
    text = guarded("whole numbers", text, lambda given: whole_numbers(given, language))
    return guarded("digits", text, lambda given: left_digits(given, language))


@functools.cache
def _prepare(language: str) -> None:
    """Load what the first sentence would load else, at the cost of the rule that needs it."""
    before.rules_before(language)
    warm(language)
    cardinal(1, language)


def _by_grammar(text: str, language: str, budget: Budget) -> str:
    said, at = [], 0
    for start, end in windows(text, language):
        end -= len(text[start:end]) - len(text[start:end].rstrip(_END_MARKS.get(language, "")))
        # The grammar's own limit is one of nodes, so that the same text is always read alike.
        said += [text[at:start], guarded("grammar", text[start:end], lambda given: _read(given, language, budget), inf)]
        at = end
    return "".join([*said, text[at:]])


def _read(text: str, language: str, budget: Budget) -> str:
    if budget.left <= 0:
        return text
    said, nodes = weighed(text, language)
    budget.left -= nodes
    if language == "German" and said is not None:
        said = joined(said, text)
    if language == "Korean" and said is not None and not _DAY_OF_SUN.search(text):
        # The grammar takes a one that stands alone for the short form of Sunday.
        said = said.replace("일요일", "일")
    if language == "Korean" and said is not None:
        said = korean.attached(said, text)
    return text if said is None else _LOOSE_POINT.sub("", said)
