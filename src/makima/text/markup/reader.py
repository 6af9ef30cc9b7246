"""One piece of written text without its markup, as a list of what is read, pauses, and ends of sentences."""

from __future__ import annotations

import re

from makima.text.markup.items import Break, Item, Pause, Written
from makima.text.markup.latex import without_latex
from makima.text.markup.markdown import without_markdown
from makima.text.markup.tags import items
from makima.text.speakable import is_speakable, without_emoji
from makima.text.written.folding import folded

_FENCE = re.compile(r"[ \t]{0,3}(?:```|~~~)")
_NUMBERED = re.compile(r"[ \t]{0,16}(\d{1,3})([.)])[ \t]+(\S+)")
_MONTH = re.compile(
    r"(?:Jan|Jän|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|jan|fév|mars|avr|mai|juin|juil|août|sep|oct|nov|déc|ene|feb|mar|"
    r"abr|may|ago|dic|gen|mag|giu|lug|set|ott|янв|фев|мар|апр|мая|июн|июл|авг|сен|окт|ноя|дек)"
)
_REASONING = re.compile(r"<details\s[^<>]{0,100}type=[\"']reasoning[\"'][^<>]{0,200}>")
_BLANKS = re.compile(r"\s+")


class MarkupReader:
    """Takes the markup out of the pieces of one utterance, in order: a fenced block reaches over many of them."""

    def __init__(self) -> None:
        self._fenced = False
        self._number = 0
        self._reasoning = False

    def read(self, piece: str) -> list[Item]:
        """What `piece` says; empty where it is markup alone."""
        if self._reasoning or "<details" in piece:
            return self._without_reasoning(piece)
        if _FENCE.match(piece):
            self._fenced = not self._fenced
            _, _, rest = piece.partition("\n")
            return self.read(rest) if rest else []
        if self._fenced:
            return _kept([Written(_text(without_markdown(piece, code=True)))])
        return _kept([_plain(item) for item in items(self._listed(piece))])

    def _without_reasoning(self, piece: str) -> list[Item]:
        """`piece` without what a model thought, which chat pages fold into `<details type="reasoning">`."""
        found: list[Item] = []
        while self._reasoning or (begun := _REASONING.search(piece)):
            if not self._reasoning:
                assert begun is not None
                found += self.read(piece[: begun.start()].replace("<details", "<div"))
                piece = piece[begun.end() :]
                self._reasoning = True
            _, ended, piece = piece.partition("</details>")
            self._reasoning = not ended
            if not ended:
                return found
        return [*found, *self.read(piece.replace("<details", "<div"))]

    def _listed(self, piece: str) -> str:
        """`1. Milk` is an item of a list, `3. Oktober` a date: lists begin with one, and count on."""
        match = _NUMBERED.match(piece)
        if match is None or (int(match[1]) not in (1, self._number + 1) and match[2] == ".") or _MONTH.match(match[3]):
            return piece
        self._number = int(match[1])
        return f"{match[1]}, {piece[match.start(3) :]}"


def _plain(item: Item) -> Item:
    return (
        Written(_text(without_markdown(without_latex(item.text))), item.say_as) if isinstance(item, Written) else item
    )


def _text(text: str) -> str:
    text = folded(text)
    if not text.isascii():
        text = without_emoji(text)
    return _BLANKS.sub(" ", text).strip()


def _kept(found: list[Item]) -> list[Item]:
    """Without the texts that have no sound, save between pauses, where they have none either."""
    return [item for item in found if isinstance(item, Pause | Break) or is_speakable(item.text)]
