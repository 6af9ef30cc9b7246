"""A sentence as it is spoken: own rules first, the grammar for what they leave, and digits one by one after both."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from makima.text.grammar.library import warm, weighed
from makima.text.written.addresses import left_addresses, web_addresses
from makima.text.written.common import left_digits, long_numbers, whole_numbers
from makima.text.written.folding import folded, written_out
from makima.text.written.kinds import before
from makima.text.written.languages import chinese, english, french, german, japanese, korean, romance, russian
from makima.text.written.rule import Rule
from makima.text.written.windows import windows, worth_reading

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
_WITH_FRACTIONS = frozenset(("English",))
_END_MARKS = {"Portuguese": ".!?,;:"}
"""Marks at the end of a stretch that a grammar takes into the number before them."""
NODES_AT_FIRST, NODES_A_CHARACTER = 700_000, 30
"""A second's work of one core is about three million."""

SLOW_S = 0.25
"""A rule that takes longer costs its sentence what it would have changed."""


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
    budget.earn(len(text))
    if not worth_reading(text, language) and not before.worth_reading(text, language):
        return text
    text = _guarded("folding", text, folded)
    text = _guarded("long numbers", text, lambda given: long_numbers(given, language))
    text = _guarded("web addresses", text, lambda given: web_addresses(given, language))
    if language not in _WITH_FRACTIONS:
        text = _guarded("fractions", text, written_out)
    if before.worth_reading(text, language):
        text, addresses = before.hidden(text)
        for rule in before.rules_before(language):
            text = _guarded(rule.name, text, rule.apply)
        text = before.shown(text, addresses)
    for rule in RULES[language]:
        text = _guarded(rule.name, text, rule.apply)
    if worth_reading(text, language):
        text = _by_grammar(text, language, budget)
    text = _guarded("addresses", text, lambda given: left_addresses(given, language))
    text = _guarded("whole numbers", text, lambda given: whole_numbers(given, language))
    return _guarded("digits", text, lambda given: left_digits(given, language))


def _by_grammar(text: str, language: str, budget: Budget) -> str:
    warm(language)
    said, at = [], 0
    for start, end in windows(text, language):
        end -= len(text[start:end]) - len(text[start:end].rstrip(_END_MARKS.get(language, "")))
        said += [text[at:start], _guarded("grammar", text[start:end], lambda given: _read(given, language, budget))]
        at = end
    return "".join([*said, text[at:]])


def _read(text: str, language: str, budget: Budget) -> str:
    if budget.left <= 0:
        return text
    said, nodes = weighed(text, language)
    budget.left -= nodes
    return text if said is None else said


def _guarded(name: str, text: str, step: Callable[[str], str]) -> str:
    """What `step` makes of `text`; `text` itself where it fails or takes too long."""
    began_s = time.thread_time()
    try:
        changed = step(text)
    except Exception as exc:  # noqa: BLE001 - whatever a rule raises costs its sentence the rule, and nothing else
        faults.add(name)
        log.warning("the text rule %r failed, the sentence is spoken without it: %s", name, exc)
        return text
    if (took_s := time.thread_time() - began_s) > SLOW_S:
        faults.add(name)
        log.warning("the text rule %r took %.2f s", name, took_s)
    return changed
