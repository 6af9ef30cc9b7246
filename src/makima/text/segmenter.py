"""Cuts a text, whole or still being written, into sentences.

The same sentences come out however the text was split on its way in: a cut is made only once the text that follows can
no longer change it.
"""

from __future__ import annotations

import re

MAX_SEGMENT_CHARACTERS = 300
"""Beyond this a sentence is cut at a clause, else at a space: engines drift on longer ones."""

_CLOSERS = "\"'”’»)]}」』）》】〕〉"
_CLOSED = f"[{re.escape(_CLOSERS)}]*"
_SENTENCE = rf"[.!?…؟]+{_CLOSED}(?=\s)|[。！？]+{_CLOSED}|\n[ \t\r]*\n"
_CLAUSE = rf"[,;:—–]{_CLOSED}(?=\s)|[，；：、]{_CLOSED}"
_GIVEN = "\u2029"  # what stands behind each sentence where the front end has cut the text already
_SENTENCE_END = re.compile(_SENTENCE)
_SENTENCE_OR_CLAUSE_END = re.compile(rf"{_SENTENCE}|(?P<clause>{_CLAUSE})")
_CLAUSE_END = re.compile(_CLAUSE)
_GIVEN_END = re.compile(_GIVEN)
_GIVEN_OR_CLAUSE_END = re.compile(rf"{_GIVEN}|(?P<clause>{_CLAUSE})")
_ABBREVIATIONS = frozenset(
    (
        *("mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc", "e.g", "i.e"),
        *("z.b", "d.h", "u.a", "bzw", "ca", "nr", "str", "inkl", "usw"),
        *("sra", "srta", "av", "p.ej", "sig", "dott"),
    )
)
_LAST_WORD = re.compile(r"(\S+?)\.$")


class Segmenter:
    """Sentences out of pieces of text.

    With `first_clause_characters` the first may end at a clause of that length; with `min_characters` sentences are
    kept together until they are that long, the first ones until they are `first_min_characters` long. `given`: the
    text has been cut already, and a paragraph separator stands behind each sentence.
    """

    def __init__(
        self,
        max_characters: int = MAX_SEGMENT_CHARACTERS,
        first_clause_characters: int | None = None,
        min_characters: int = 0,
        first_min_characters: int | None = None,
        given: bool = False,
    ) -> None:
        self._ends = _GIVEN_END if given else _SENTENCE_END
        self._ends_or_clauses = _GIVEN_OR_CLAUSE_END if given else _SENTENCE_OR_CLAUSE_END
        self._given = given
        self._max = max_characters
        self._later_min = min_characters
        self._min = min_characters if first_min_characters is None else first_min_characters
        self._first_clause = first_clause_characters
        self._text = ""

    def feed(self, piece: str) -> list[str]:
        """The sentences that are settled now, in order, trimmed and never empty."""
        self._text += piece
        return self._cut(complete=False)

    def flush(self) -> list[str]:
        """The rest, once the text is complete."""
        return self._cut(complete=True)

    def open_text(self) -> str:
        """As much of the next sentence as is settled: however the text goes on, it will begin with this."""
        text = self._text.lstrip()
        end = len(text.rstrip(_GIVEN))
        for match in self._ends.finditer(text, 0, self._max):
            if match.end() >= self._min:
                end = match.start() if self._given else match.end()
                break
        text = text.replace(_GIVEN, " ")
        third = self._max // 3
        if end <= third:
            return text[:end]
        # A sentence that grows too long is cut at its last clause, or at its last space: what stands after may move on.
        clauses = [match.end() for match in _CLAUSE_END.finditer(text, third, min(end, self._max))]
        space = text.rfind(" ", third, min(end, self._max))
        return text[: clauses[-1] if clauses else max(space + 1, third)]

    def _cut(self, *, complete: bool) -> list[str]:
        sentences = []
        while (end := self._next_end(complete)) is not None:
            sentence, self._text = self._text[:end].strip().replace(_GIVEN, " "), self._text[end:]
            if sentence:
                sentences.append(sentence)
                self._first_clause = None
                self._min = self._later_min
        return sentences

    def _next_end(self, complete: bool) -> int | None:
        """Where the first sentence ends; None while that is not settled."""
        # White space in front is dropped first, so that it cannot count towards the length at which sentences are cut.
        self._text = self._text.lstrip()
        if not self._text:
            return None
        ends = self._ends if self._first_clause is None else self._ends_or_clauses
        for match in ends.finditer(self._text, 0, self._max):
            if match.end() == self._max:
                break  # a closing quote may still follow, out of sight
            if match.lastgroup == "clause":
                if match.end() >= (self._first_clause or 0) and (match.end() < len(self._text) or complete):
                    return match.end()
                continue
            if match.end() < self._min:
                continue
            if self._given:
                return match.end()
            ahead = self._text[match.end() :].lstrip(" \t")
            if not ahead and not complete:
                return None
            if _ends_sentence(match, ahead, self._text):
                return match.end()
        if len(self._text) > self._max:
            return _clause_end(self._text, self._max)
        return len(self._text) if complete else None


def _ends_sentence(match: re.Match[str], ahead: str, text: str) -> bool:
    mark = match.group()[0]
    if mark in "\n。！？" or not ahead:
        return True
    if ahead[0].islower():
        return False
    word = _LAST_WORD.search(text[: match.start() + 1].rsplit(None, 1)[-1]) if mark == "." else None
    if word is None:
        return True
    bare = word.group(1).strip(_CLOSERS + "([{“‘«").lower()
    # "Dr. Who", "J. Bach", and "the 3. September" go on; so does a dotted abbreviation before a name.
    return not (bare in _ABBREVIATIONS or (len(bare) == 1 and bare.isalpha()) or bare.isdigit())


def _clause_end(text: str, limit: int) -> int:
    clauses = [m.end() for m in _CLAUSE_END.finditer(text, limit // 3, limit)]
    if clauses:
        return clauses[-1]
    space = text.rfind(" ", limit // 3, limit)
    return space + 1 if space > 0 else limit
