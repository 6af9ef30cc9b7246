"""The one way from text to speech: markup out, language, written to spoken, sentences. Every engine gets what it gives.

The same sentences come out for every split of a text on its way in. Plain text costs some microseconds; what needs a
grammar takes milliseconds, and belongs on no event loop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from makima.errors import ConfigError
from makima.text.alignment import SaidWords, aligned
from makima.text.identify import chooser as identify
from makima.text.identify.chooser import LanguageChooser
from makima.text.language import AUTO
from makima.text.markup.items import Break, Item, Pause, Written
from makima.text.markup.reader import MarkupReader
from makima.text.pronunciations import NONE, Pronunciations
from makima.text.sentences.cutter import MAX_CHARACTERS, Cutter, clause_end
from makima.text.speakable import is_speakable
from makima.text.written.say_as import said_as
from makima.text.written.speak import Budget, spoken


class Stage(StrEnum):
    """What can be switched off."""

    MARKUP = "markup"
    NUMBERS = "numbers"


ALL_STAGES = frozenset(Stage)
_NUMBER_KINDS = ("addresses", "currency", "percent", "units", "times", "ordinals", "numbers")


def stages_of(names: Collection[str]) -> frozenset[Stage]:
    """The stages that a setting names: `all`, `none`, or some. The kinds of number are one stage, by whatever name.

    Raises: ConfigError for a name there is none of
    """
    if tuple(names) == ("all",):
        return ALL_STAGES
    stages = set()
    for name in names:
        if name == "none":
            continue
        if name == Stage.MARKUP:
            stages.add(Stage.MARKUP)
        elif name in _NUMBER_KINDS:
            stages.add(Stage.NUMBERS)
        else:
            known = ", ".join(["all", "none", Stage.MARKUP, Stage.NUMBERS])
            raise ConfigError("MAKIMA_NORMALIZE", f"{name!r} is no kind of text.", mend=f"Take some of: {known}.")
    return frozenset(stages)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it is spoken, and the language it is in.

    `words` are those it says, as the user wrote them, where that was asked for; their places count from the utterance's
    first character.
    """

    text: str
    language: str
    words: tuple[SaidWords, ...] = field(default=(), compare=False)


Spoken: TypeAlias = Sentence | Pause

_PLAIN = re.compile(r"[^\W\d_]*(?:(?:[,.!?;:]?[ \n]+|[,'’])[^\W\d_]+)*[ ,.!?;:'’\n]*")
_NOT_PLAIN = re.compile(r"[^\w\s,'’-]|[\d_\n]|\b[IVX]{2,6}(?:e|ème)?\b")
_OPEN_CHARACTERS = MAX_CHARACTERS // 3
_SPACES = re.compile(r"\s+")
_LOOSE_MARKS = re.compile(r"^[\s.,;:!?。，、！？；：…·)\]}»”」』）】]+(?=\S)")


class Feeder:
    """One utterance on its way. `language` is a name or `Auto`; `previous` is the session's language so far.

    `wording` puts a sentence in the letters that are wanted. With `words` each sentence names the words it says.

    `feed` gives what is complete, `settle` what is complete because nothing has come for a while, `end` the rest.
    """

    def __init__(
        self,
        language: str,
        *,
        previous: str | None = None,
        pronunciations: Pronunciations = NONE,
        stages: Collection[Stage] = ALL_STAGES,
        wording: Callable[[Sentence], Sentence] | None = None,
        words: bool = False,
    ) -> None:
        self._wording = wording
        self._words_wanted = words
        self._unread = ""  # what was fed, from the first character that is in no piece yet
        self._unread_start = 0
        self._language = None if language == AUTO else language
        self._chooser = LanguageChooser(previous)
        self._pronunciations = pronunciations
        self._stages = frozenset(stages)
        self._budget = Budget()
        self._cutter = Cutter()
        self._markup = MarkupReader()

    @property
    def language(self) -> str:
        """The language of the last sentence; what was asked for, or came before, where there was none yet."""
        return self._language or self._chooser.language

    def feed(self, piece: str) -> list[Spoken]:
        """The sentences and pauses that are complete with `piece`."""
        if self._words_wanted:
            self._unread += piece
        return self._spoken(self._cutter.feed(piece))

    def settle(self) -> list[Spoken]:
        """Those that are complete if no more text comes for now."""
        return self._spoken(self._cutter.settle())

    def end(self) -> list[Spoken]:
        """The rest, once the text is complete."""
        return self._spoken(self._cutter.end())

    @property
    def waiting(self) -> bool:
        """Whether there is text that was not given out yet."""
        return bool(self._cutter.open_text.strip())

    def is_quick(self, piece: str) -> bool:
        """Whether `feed(piece)` costs next to nothing, so that it need not go to another thread."""
        if self._language is None and not identify.ready():
            return False
        held = self._cutter.open_text
        return len(piece) + len(held) < 2 * MAX_CHARACTERS and all(_PLAIN.fullmatch(part) for part in (held, piece))

    @property
    def open_text(self) -> str:
        """How the next sentence begins, as far as what may follow cannot change it: for engines that do not wait."""
        if self._pronunciations or not self._language:
            return ""
        text = self._cutter.open_text.lstrip()
        stop = _NOT_PLAIN.search(text)
        settled = text[: min(stop.start() if stop else len(text), _OPEN_CHARACTERS)]
        # The last word may go on, and the one before it may belong to a number that follows.
        words = settled.rsplit(" ", 2)
        return words[0] + " " if len(words) == 3 else ""

    def _spoken(self, pieces: list[str]) -> list[Spoken]:
        return [found for piece in pieces for found in self._placed(piece, list(self._read(piece)))]

    def _placed(self, piece: str, found: list[Spoken]) -> list[Spoken]:
        """What was read of a piece, in the letters and with the words that are wanted."""
        if self._wording is not None:
            found = [self._wording(each) if isinstance(each, Sentence) else each for each in found]
        if not self._words_wanted:
            return found
        # Only white space is left out between pieces, so the first match is the piece itself.
        start = self._unread.index(piece)
        words = iter(
            aligned(piece, [each.text for each in found if isinstance(each, Sentence)], self._unread_start + start)
        )
        self._unread = self._unread[start + len(piece) :]
        self._unread_start += start + len(piece)
        return [replace(each, words=tuple(next(words))) if isinstance(each, Sentence) else each for each in found]

    def _read(self, piece: str) -> Iterator[Spoken]:
        items: list[Item] = self._markup.read(piece) if Stage.MARKUP in self._stages else [Written(piece)]
        texts = [item.text for item in items if isinstance(item, Written)]
        language = self._language or (self._chooser.choose(" ".join(texts)) if texts else self.language)
        said: list[str] = []
        for item in [*items, Break()]:
            if isinstance(item, Written):
                said.append(self._words(item, language))
                continue
            yield from _sentences(" ".join(said), language)
            said = []
            if isinstance(item, Pause):
                yield item

    def _words(self, item: Written, language: str) -> str:
        text = self._pronunciations.apply(item.text)
        if item.say_as is not None:
            return said_as(text, item.say_as, language)
        return spoken(text, language, self._budget) if Stage.NUMBERS in self._stages else text


def _sentences(text: str, language: str) -> Iterator[Sentence]:
    """What was one piece as written may be too long in words."""
    text = _LOOSE_MARKS.sub("", _SPACES.sub(" ", text)).strip()
    while len(text) > MAX_CHARACTERS:
        end = clause_end(text, MAX_CHARACTERS)
        yield Sentence(text[:end].strip(), language)
        text = text[end:].strip()
    if is_speakable(text):
        yield Sentence(text, language)


def spoken_whole(text: str, language: str, pronunciations: Pronunciations = NONE) -> list[Spoken]:
    """All of a text at once."""
    feeder = Feeder(language, pronunciations=pronunciations)
    return [*feeder.feed(text), *feeder.end()]
