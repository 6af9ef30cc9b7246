"""Reads all cases, one after the other, and counts."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from makima.bench.report import Figure
from makima.bench.stats import percentiles
from makima.bench.text.cases import Case, same
from makima.text.front_end import Sentence, spoken_whole
from makima.text.grammar import library

PLAIN = "Nothing in here is read in any other way than as it is written, or is it?"
PLAIN_ROUNDS = 2_000
TARGETS = {"German": 95.0, "Russian": 60.0}
TARGET = 97.0
P95_MS, MOST_MS, PLAIN_US = 10.0, 100.0, 50.0


@dataclass(frozen=True, slots=True)
class Read:
    """What came of the cases: counts by language, the time each took, and what was read in another way."""

    right: dict[str, int]
    of: dict[str, int]
    took_ms: dict[str, list[float]]
    others: list[tuple[Case, str]]


def read(cases: Iterable[Case], on_case: Callable[[], None] = lambda: None) -> Read:
    """Read `cases`, each by itself, with grammars that are loaded."""
    right, of = Counter[str](), Counter[str]()
    took: dict[str, list[float]] = defaultdict(list)
    others = []
    for case in cases:
        library.warm(case.language)
        # Of this thread alone: what else the machine does is none of the rules' time.
        began_s = time.thread_time()
        said = " ".join(each.text for each in spoken_whole(case.text, case.language) if isinstance(each, Sentence))
        took[case.language].append(1000 * (time.thread_time() - began_s))
        of[case.language] += 1
        if any(same(said, reading) for reading in case.readings):
            right[case.language] += 1
        else:
            others.append((case, said))
        on_case()
    return Read(dict(right), dict(of), dict(took), others)


def plain_us() -> float:
    """What a sentence without figures, signs and markup costs."""
    began_s = time.thread_time()
    for _ in range(PLAIN_ROUNDS):
        spoken_whole(PLAIN, "English")
    return 1e6 * (time.thread_time() - began_s) / PLAIN_ROUNDS


def figures(name: str, found: Read) -> list[Figure]:
    """Shares and times by language."""
    shown = []
    for language, total in found.of.items():
        share = 100 * found.right.get(language, 0) / total
        target = TARGETS.get(language, TARGET)
        shown.append(Figure(f"{name}, {language}, of {total:,}", share, "%", target, at_least=True))
        took = found.took_ms[language]
        shown.append(Figure(f"{name}, {language}, 95th percentile", percentiles(took)["p95"], "ms", P95_MS))
        shown.append(Figure(f"{name}, {language}, at most", max(took), "ms", MOST_MS))
    return shown
