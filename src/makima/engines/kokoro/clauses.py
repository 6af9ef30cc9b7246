"""Cuts a sentence into the pieces that are spoken one after the other: pure rules.

The first pieces are short, so that the first is heard soon; each later one may be longer, as it is made while those
before it are heard. A piece ends at a clause where there is one in reach, else before a word that begins a phrase, else
between two words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

FIRST_S, SWIFT_FIRST_S = 1.5, 2.0
"""What a piece that is waited for may last; the second where the model is swift. Fewer cuts sound better."""
GROWTH: Final = 1.5
"""How much longer the next piece may be: at a real-time factor of 0.6 (two at once) it is made in time."""
LONGEST_S: Final = 6.0
REACH: Final = 1.35
"""How much longer a piece may be where it then ends at a clause."""
WORTH: Final = 0.42
"""How much of what it may last a piece lasts that ends before a phrase: a shorter one is hardly worth its cut."""
SHORTEST_S: Final = 0.7
"""A piece of fewer sounds is spoken too slowly and with the melody of a whole sentence."""

# Measured over five to eight sentences of each language, pauses included.
_CHARACTERS_PER_S: Final[Mapping[str, float]] = MappingProxyType({"Chinese": 4.9, "Japanese": 6.0, "French": 19.0})
_USUAL_PER_S: Final = 15.0

_CLAUSE = re.compile(r"[,;:—–!?…][\"'”’»)\]]*(?:\s»)?(?=\s)|\s[—–-](?=\s)|[，；：、。！？][”’」』）]*")
_SPACE = re.compile(r"\s+")
_AND_IN_NUMBER = re.compile(
    r"(?<=nta )y |et (?=une?\b)|"
    r"e (?=(?:uma?|dois|duas|três|quatro|cinco|seis|sete|oito|nove|cem|cento|vinte|\w+enta|\w+entos)\b)"
)
"""The "and" of Spanish, French and Portuguese numbers."""
_SHORT = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,3}['’]?$")
_OPENERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        language: frozenset(words.split())
        for language, words in {
            "English": "and or but because that which who when where while if as than so to for from with without "
            "about after before into onto over under through between during until since in on at by of",
            "Spanish": "y o pero porque que cuando donde mientras si como para por de desde con sin sobre entre en a",
            "French": "et ou mais parce que qui quand où si comme pour par de depuis avec sans sur entre dans en à",
            "Italian": "e ed o ma perché che quando dove mentre se come per da dal dallo dalla dai dagli dalle di del "
            "dello della dei degli delle con senza su sul sullo sulla sui sulle tra fra in nel nello nella nei negli "
            "nelle a al allo alla ai agli alle",
            "Portuguese": "e ou mas porque que quando onde enquanto se como para por pelo pela de do da dos das desde "
            "com sem sobre entre até em no na nos nas num numa a ao à aos às",
        }.items()
    }
)
"""Words that begin a phrase: before them a short pause is natural."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence. `ends` says how: at the sentence's end, at a clause, or in the middle of one.

    `start` is its place in the sentence.
    """

    text: str
    ends: str
    start: int = field(default=0, compare=False)


SENTENCE, CLAUSE, PHRASE = "sentence", "clause", "phrase"


def seconds(text: str, language: str, speed: float = 1.0) -> float:
    """About how long a text is spoken for."""
    return len(text) / _CHARACTERS_PER_S.get(language, _USUAL_PER_S) / speed


Boundaries: TypeAlias = Callable[[str, str], list[int]]
"""Where a phrase may begin in a text of a language without spaces."""


class ClauseCutter:
    """Cuts the sentences of one utterance. How long a piece may be depends on those before it.

    `boundaries` finds words where there are no spaces between them; without it such texts are cut at marks alone.
    `first_s` is how long the first piece may be.
    """

    def __init__(
        self,
        speed: float = 1.0,
        boundaries: Boundaries = lambda _text, _language: [],
        first_s: float = FIRST_S,
    ) -> None:
        self._speed = speed
        self._boundaries = boundaries
        self._limit_s = first_s

    def cut(self, sentence: str, language: str) -> list[Piece]:
        """The pieces of the next sentence, in order. Together they are the sentence, spaces between them aside."""
        pieces = []
        rest = sentence.strip()
        at = sentence.index(rest)
        while rest:
            end, how = self._next_end(rest, language)
            pieces.append(Piece(rest[:end].rstrip(), how, at))
            left = rest[end:].lstrip()
            at += len(rest) - len(left)
            rest = left
            self._limit_s = min(self._limit_s * GROWTH, LONGEST_S)
        return pieces

    def _next_end(self, text: str, language: str) -> tuple[int, str]:
        per_s = len(text) / seconds(text, language, self._speed)
        most, least = round(self._limit_s * per_s), round(SHORTEST_S * per_s)
        if len(text) <= most + least:
            return len(text), SENTENCE
        # What is left must be long enough to be spoken by itself.
        last = len(text) - least
        clauses, phrases, words = _clauses(text), _phrases(text, language), self._words(text, language)
        full = [end for end in phrases if end >= WORTH * most]
        for ends, how, furthest in (
            (clauses, CLAUSE, most),
            (clauses, CLAUSE, round(REACH * most)),
            (full, PHRASE, most),
            (full, PHRASE, round(REACH * most)),
            (_after_long(text, words), PHRASE, most),
            (words, PHRASE, most),
        ):
            inside = [end for end in ends if least <= end <= min(furthest, last)]
            if inside:
                return inside[0 if furthest > most else -1], how
        return next(
            ((end, PHRASE) for end in sorted({*clauses, *words}) if least <= end <= last), (len(text), SENTENCE)
        )

    def _words(self, text: str, language: str) -> list[int]:
        if language in _CHARACTERS_PER_S:
            return self._boundaries(text, language)
        return [match.start() for match in _SPACE.finditer(text)]


def _after_long(text: str, ends: list[int]) -> list[int]:
    """Those of `ends` that stand behind a word of four letters or more: shorter ones mostly lead to the next word."""
    return [end for end in ends if not _SHORT.search(text[:end])]


def _clauses(text: str) -> list[int]:
    return [match.end() for match in _CLAUSE.finditer(text)]


def _phrases(text: str, language: str) -> list[int]:
    openers = _OPENERS.get(language, frozenset())
    ends = []
    for match in _SPACE.finditer(text):
        word = re.match(r"[^\W\d_]+", text[match.end() :])
        if word is not None and word.group().lower() in openers and not _AND_IN_NUMBER.match(text, match.end()):
            ends.append(match.start())
    return ends
