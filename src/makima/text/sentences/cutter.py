"""Cuts written text, whole or still coming in, into what is read as one: sentences, lines of lists, rows of tables.

The same pieces come out however the text was split on its way in: each cut is made by what stands before it and, where
that does not decide, by the word after it, which is then waited for. `settle` alone looks at the clock.
"""

from __future__ import annotations

import re

from makima.text.sentences.abbreviations import VOWELS, Kind, is_no_word, kind_of, starts_sentence

MAX_CHARACTERS = 300
"""Beyond this a sentence is cut at a clause, else at a space: engines drift on longer ones."""

AHEAD_CHARACTERS = 36
"""How far behind a mark the next word is looked for."""

HELD_CHARACTERS = 120
"""Nothing is cut between brackets or quotation marks, for as long as they may still be closed within this."""

_CLOSERS = "\"'”’»)]}」』）》】〕〉*_~`"
_CLOSED = f"[{re.escape(_CLOSERS)}]*"
_CANDIDATE = re.compile(
    rf"(?P<gap>\n[ \t\r]{{0,12}}\n)|(?P<line>\n)|(?P<mark>[.!?…؟]+){_CLOSED}(?=\s)|(?P<wide>[。！？])|(?P<stop>．)"
)
_MARK = re.compile(r"[\n.!?…؟。！？．]")  # what the search for candidates begins at, as it takes longer
_CLAUSE_END = re.compile(rf"[,;:—–]{_CLOSED}(?=\s)|[，；：、]{_CLOSED}")
_STRUCTURAL = re.compile(
    r"[ \t]{0,8}(?:#{1,6}[ \t]|[-*+•][ \t]|(?:\d{1,3}|[IVX]{1,4})[.)][ \t]|[a-z]\)[ \t]|>|\||```|~~~|[-=*_]{3,}[ \t]*$)"
)
_MAY_BE_STRUCTURAL = re.compile(r"[ \t]{0,8}(?:#{0,6}|[-*+•=_~`]{0,3}|(?:\d{0,3}|[IVX]{0,4})[.)]?|[a-z]?\)?)")
_FENCE = re.compile(r"[ \t]{0,3}(?:```|~~~)")
_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»", "「": "」", "『": "』", "（": "）", "【": "】", "《": "》"}
_BRACKET = re.compile("[" + re.escape("".join(_PAIRS) + "".join(_PAIRS.values())) + "]")
_OPEN_TAG = re.compile(r"<(?:!--|/?[A-Za-z])[^<>]{0,200}$")
_HELD_ELEMENT = re.compile(r"<(sub|say-as|phoneme)\b[^<>]{0,200}>(?:(?!</\1)[^\0]){0,200}$")
_SHORT_DATE = re.compile(r"\d{1,2}\.\d{1,2}")
_LAST_WORD = re.compile(r"[^\s" + re.escape("([{“«‘\"'*_~`「『（") + r"]*$")
_SECOND_PART = re.compile(r"[^\W\d_]{1,4}\.[,;:!?)]*")
_PART_OF_TWO = re.compile(r"(?<![^\W\d_])[^\W\d_]\. ?[^\W\d_]{1,3}$|(?<!\w)(?:[Aa]d|[Pp]er) es$")  # `p. ej.`, `и т. д.`
_COUNTED = re.compile(r"\d ?(?:[Mm]in|[Ss]ec|[Mm]ax|[Ss]ek|[Ss]td)$")  # `5 Min. später`
_ARTICLE = re.compile(r"(?<!\w)(?:[Dd]e[rmns]|[Dd]ie|[Dd]as|[Zz]u[mr]|[Aa]m|[Ii]m|[Vv]om|[Bb]eim|jede[rnms]?) $")
_KOREAN = re.compile(r"(?<!\d)(?:19|20)\d\d(?:\. ?\d{1,2})?$")
_NEXT_WORD = re.compile(r"[\s\"'“«(*_]*([^\s]+)(\s|$)")


class Cutter:
    """Written text in, pieces of it out, trimmed and never empty."""

    def __init__(self, max_characters: int = MAX_CHARACTERS) -> None:
        self._max = max_characters
        self._text = ""
        self._fenced = False

    def feed(self, piece: str) -> list[str]:
        """What is complete with `piece`."""
        self._text += piece
        return self._cut(complete=False)

    def settle(self) -> list[str]:
        """What is complete if no more text comes for now: up to a mark at the end, unless that is an abbreviation's."""
        found = self._cut(complete=False)
        text = self._text.rstrip()
        end = re.search(rf"([.!?…؟．])(?P<closers>{_CLOSED})$", text)
        if text and end is not None and not self._held(end.start()):
            word = _word_before(text, end.start())
            if end[1] != "." or kind_of(word) is not Kind.NEVER:
                self._text = ""
                return [*found, text.strip()]
        return found

    def end(self) -> list[str]:
        """The rest, once the text is complete."""
        return self._cut(complete=True)

    @property
    def open_text(self) -> str:
        """What has come in and was not given out."""
        return self._text

    def _cut(self, *, complete: bool) -> list[str]:
        pieces = []
        while (end := self._next_end(complete=complete)) is not None:
            piece, self._text = self._text[:end], self._text[end:]
            if _FENCE.match(piece):
                self._fenced = not self._fenced
            if piece := piece.strip():
                pieces.append(piece)
        return pieces

    def _next_end(self, *, complete: bool) -> int | None:
        # White space in front is dropped first, so that it cannot count towards the length at which text is cut.
        self._text = self._text.lstrip()
        text = self._text
        if not text:
            return None
        first = _MARK.search(text)
        for match in _CANDIDATE.finditer(text, first.start(), self._max + 1) if first else ():
            if match.end() > self._max:
                break
            decided = self._ends(match, complete=complete)
            if decided is None:
                return self._too_long()
            if decided:
                return match.end()
        if (end := self._too_long()) is not None:
            return end
        return len(text) if complete else None

    def _too_long(self) -> int | None:
        # So much more than the limit that what follows a mark before it has been seen, whatever it is.
        return clause_end(self._text, self._max) if len(self._text) > self._max + AHEAD_CHARACTERS else None

    def _ends(self, match: re.Match[str], *, complete: bool) -> bool | None:
        """Whether the text is cut here; None while what follows must be seen."""
        text = self._text
        if match["gap"]:
            return True
        if match["line"]:
            return True if self._fenced else self._line_ends(match, complete=complete)
        if self._fenced or _FENCE.match(text) or self._held(match.start()):
            return False
        if match["wide"]:
            return True
        if match["stop"]:
            following = text[match.end() : match.end() + 1]
            if not following and not complete:
                return None
            return not (following.isdecimal() and text[: match.start()][-1:].isdecimal())
        if text[match.start()] != "." or len(match["mark"]) > 1:
            return True
        return self._point_ends(match, complete=complete)

    def _line_ends(self, match: re.Match[str], *, complete: bool) -> bool | None:
        line = self._text[self._text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if _STRUCTURAL.match(line + " ") or _FENCE.match(line):
            return True
        ahead = self._text[match.end() : match.end() + 16]
        if not complete and len(ahead) < 16 and not ahead.strip(" \t\r"):
            return None
        if _STRUCTURAL.match(ahead if "\n" not in ahead else ahead[: ahead.index("\n")] + " "):
            return True
        undecided = not complete and len(ahead) < 16 and "\n" not in ahead and _MAY_BE_STRUCTURAL.fullmatch(ahead)
        return None if undecided else False

    def _point_ends(self, match: re.Match[str], *, complete: bool) -> bool | None:
        text = self._text
        word = _word_before(text, match.start())
        kind = kind_of(word)
        if _SHORT_DATE.fullmatch(word):
            word = word.replace(".", "")[:2]
        if kind is Kind.NEVER:
            return False
        if kind is Kind.NUMERAL and _line_start(text, match.start() - len(word)):
            return False
        if _PART_OF_TWO.search(text, max(0, match.start() - 12), match.start()):
            kind = Kind.PERHAPS
        if kind is Kind.NUMBER and _COUNTED.search(text, max(0, match.start() - 12), match.start()):
            kind = Kind.PERHAPS
        if kind is None and not word.isdecimal():
            return True
        if word.isdecimal() and _KOREAN.search(text[: match.start()]):
            kind = Kind.KOREAN_DATE
        elif word.isdecimal() and len(word) == 3 and _ARTICLE.search(text, 0, match.start() - 3):
            kind = Kind.NUMERAL
        elif word.isdecimal() and (len(word) > 3 or not _line_start(text, match.start() - len(word))) and len(word) > 2:
            return True
        ahead = text[match.end() : match.end() + AHEAD_CHARACTERS]
        following = _NEXT_WORD.match(ahead)
        if not complete and len(ahead) < AHEAD_CHARACTERS and (following is None or not following[2]):
            return None
        if following is None:
            return True
        after = following[1]
        if len(word) == 1 and _SECOND_PART.fullmatch(after):
            return False
        if kind is Kind.LETTER:
            return after[0].isupper() or word in VOWELS
        if kind is Kind.NUMERAL and word.isdecimal():
            return not after[0].isalpha()
        if kind is Kind.NUMERAL:
            return not after[0].islower()
        if kind is Kind.KOREAN_DATE:
            return re.match(r"\d{1,2}\.", after) is None
        if kind is Kind.NUMBER:
            if (after[0].islower() and is_no_word(word)) or re.fullmatch(r"[A-Z]\.", after):
                return False
            return not (after[0].isdecimal() or after[0] in "IVX№")
        return starts_sentence(after.rstrip(",.:;!?"))

    def _held(self, position: int) -> bool:
        """Whether `position` stands between brackets, or inside a tag, that may still be closed."""
        before = self._text[max(0, position - HELD_CHARACTERS) : position]
        waiting: list[str] = []
        for match in _BRACKET.finditer(before):
            sign = match.group()
            if sign in _PAIRS:
                # ":( " is a face, and opens nothing.
                if not before[match.end() : match.end() + 1].isspace():
                    waiting.append(_PAIRS[sign])
            elif sign in waiting:
                del waiting[waiting.index(sign) :]
        if waiting:
            return True
        if before.count("`") % 2 and "`" in before:
            return True
        wider = self._text[max(0, position - 2 * HELD_CHARACTERS) : position]
        return "<" in wider and bool(_OPEN_TAG.search(wider) or _HELD_ELEMENT.search(wider))


def clause_end(text: str, limit: int) -> int:
    """Where a text that is too long is cut: at its last clause before `limit`, or at its last space."""
    clauses = [match.end() for match in _CLAUSE_END.finditer(text, limit // 3, limit)]
    if clauses:
        return clauses[-1]
    space = text.rfind(" ", limit // 3, limit)
    return space + 1 if space > 0 else limit


def _word_before(text: str, position: int) -> str:
    found = _LAST_WORD.search(text, max(0, position - 40), position)
    return found.group() if found else ""


def _line_start(text: str, position: int) -> bool:
    return not text[text.rfind("\n", 0, position) + 1 : position].strip()
