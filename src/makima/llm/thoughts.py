"""Takes out of an answer what a reasoning model wrote to itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from makima.llm.marks import Kind, Mark, beginning_of_mark, find_mark
from makima.llm.protocol import CallPiece

MAX_HEADER_CHARACTERS = 80
"""`assistant`, a channel and a recipient. What is longer is text."""

MAX_KEPT_CHARACTERS = 50_000
"""Of what may turn out to be the answer after all."""

_INNER_CHANNEL = re.compile(r"analysis|commentary|think|thought|reason", re.IGNORECASE)
_FINAL_CHANNEL = re.compile(r"\bfinal\b", re.IGNORECASE)

# Thoughts without marks: IBM Granite, ServiceNow Apriel, ReAct, and gpt-oss where its control tokens were taken out.
_SPELLINGS: tuple[tuple[str, str], ...] = (
    ("here is my thought process:", r"here(?:'s|’s| is) my response:"),
    ("here's my thought process:", r"here(?:'s|’s| is) my response:"),
    ("here are my reasoning steps:", r"\[begin final response\]"),
    ("thought:", r"(?:final )?(?:answer|response):"),
    ("thinking:", r"(?:final )?(?:answer|response):"),
    ("reasoning:", r"(?:final )?(?:answer|response):"),
    ("analysis", r"assistant\s?final"),
)
_STRIPPED_CHANNEL = re.compile(r"analysis[A-Z\"“]")
_BEFORE = re.compile(r"[\s*#]*")
_AROUND = re.compile(r"[\s*]*")


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said. `withdrawn`: what was given back before turns out to be a thought."""

    text: str = ""
    withdrawn: bool = False
    calls: tuple[CallPiece, ...] = ()


class _Mode(StrEnum):
    BEGINNING = "beginning"
    SAYING = "saying"
    THINKING = "thinking"
    HEADER = "header"
    SPELLED_END = "spelled end"
    """The answer is to come, after white space and asterisks that belong to the words before it."""


@dataclass(slots=True)
class _Kept:
    """A thought that is the answer after all where the mark of its end never comes."""

    end: re.Pattern[str] | None = None
    text: str = ""
    searched: int = 0
    too_long: bool = False


class ThoughtFilter:
    """Takes an answer in any pieces and gives back what is outside its thoughts.

    Most endpoints send thoughts in a field of their own; some leave them in the answer, between marks. Where a chat
    template has put the opening mark into the prompt, the answer begins in a thought: with `presumed` that is expected,
    and the text is held until the mark of its end; otherwise what was given back is withdrawn once that mark comes.
    """

    def __init__(self, *, presumed: bool = False) -> None:
        self.began_in_thought = False
        """Whether a thought ended that had no beginning."""
        self.presumed_wrongly = False
        self._held = ""
        self._last = ""
        self._gave = False
        self._final = False
        self._header = ""
        self._kept = _Kept() if presumed else None
        self._presumed = presumed
        self._mode = _Mode.THINKING if presumed else _Mode.BEGINNING

    def feed(self, piece: str) -> Said:
        """What is to be said of the text so far. What may be the beginning of a mark is held until that is known."""
        text, self._held = self._held + piece, ""
        if self._mode is _Mode.BEGINNING:
            text = self._begin(text)
        if self._kept is not None and self._kept.end is not None:
            text = self._spelled(self._kept, self._kept.end, text)
        if self._mode is _Mode.SPELLED_END and (text := text[_end_of(_AROUND, text) :]):
            self._mode = _Mode.SAYING
        return self._run(text)

    def flush(self) -> Said:
        """What was held at the end of the answer."""
        text, self._held = self._held, ""
        if self._mode is _Mode.BEGINNING:
            self._mode = _Mode.SAYING
        kept = self._kept
        if kept is not None and self._mode is _Mode.THINKING:
            self.presumed_wrongly = self._presumed
            return self._released(kept, text)
        return Said(text if self._mode is _Mode.SAYING else "")

    def answer_comes_apart(self) -> Said:
        """Thoughts come in a field of their own: what was presumed to be one is the answer."""
        kept = self._kept
        if kept is None or not self._presumed or self._mode is not _Mode.THINKING:
            return Said()
        self.presumed_wrongly = True
        self._mode = _Mode.SAYING
        return self._released(kept, "")

    def _released(self, kept: _Kept, rest: str) -> Said:
        self._kept = None
        text = "" if kept.too_long else kept.text + rest
        self._gave = self._gave or bool(text)
        return Said(text)

    def _begin(self, text: str) -> str:
        """Look at how the answer begins; what is given back is to be gone on with."""
        bare = text[_end_of(_BEFORE, text) :]
        lowered = bare[:40].lower().replace("’", "'")
        if not bare:
            self._held = text
            return ""
        for opening, end in _SPELLINGS:
            if lowered.startswith(opening):
                if opening == "analysis" and len(bare) == len(opening):
                    break
                if opening == "analysis" and not _STRIPPED_CHANNEL.match(bare):
                    continue
                self._mode = _Mode.THINKING
                self._kept = _Kept(re.compile(end, re.IGNORECASE | re.DOTALL))
                return text
            if opening.startswith(lowered):
                break
        else:
            self._mode = _Mode.SAYING
            return text
        self._held = text
        return ""

    def _spelled(self, kept: _Kept, end: re.Pattern[str], text: str) -> str:
        """Look for the words that end a thought without marks; what is given back is to be gone on with."""
        kept.text += text
        found = end.search(kept.text, kept.searched)
        if found is None:
            if len(kept.text) > MAX_KEPT_CHARACTERS:
                kept.text, kept.too_long = kept.text[-MAX_HEADER_CHARACTERS:], True
            kept.searched = max(0, len(kept.text) - MAX_HEADER_CHARACTERS)
            return ""
        rest = kept.text[found.end() :]
        self._kept = None
        self._mode = _Mode.SPELLED_END
        return rest

    def _run(self, text: str) -> Said:
        whole, at = self._last + text, len(self._last)
        said: list[str] = []
        withdrawn = False
        while True:
            mark = find_mark(whole, at)
            end = mark.start if mark is not None else beginning_of_mark(whole, at)
            said.append(self._take(whole[at:end]))
            if mark is None:
                self._held, self._last = self._held + whole[end:], whole[max(0, end - 1) : end]
                break
            at = mark.end
            if self._apply(mark):
                withdrawn = withdrawn or self._gave
                said.clear()
                self._gave = False
        answer = "".join(said)
        self._gave = self._gave or bool(answer)
        return Said(answer, withdrawn)

    def _take(self, text: str) -> str:
        match self._mode:
            case _Mode.SAYING:
                return text
            case _Mode.THINKING if self._kept is not None:
                self._kept.too_long = self._kept.too_long or len(self._kept.text) + len(text) > MAX_KEPT_CHARACTERS
                self._kept.text = "" if self._kept.too_long else self._kept.text + text
            case _Mode.HEADER:
                return self._take_header(text)
        return ""

    def _take_header(self, text: str) -> str:
        self._header += text
        line, ended, after = self._header.partition("\n")
        if ended and len(line) <= MAX_HEADER_CHARACTERS:
            self._end_header()
            return self._take(after)
        if len(self._header) <= MAX_HEADER_CHARACTERS:
            return ""
        text, self._header, self._mode = self._header, "", _Mode.SAYING
        return text

    def _apply(self, mark: Mark) -> bool:
        """Go on after `mark`. Whether it says that what came before was a thought."""
        match mark.kind:
            case Kind.THOUGHT:
                self.presumed_wrongly = self.presumed_wrongly or self._kept is not None
                self._mode, self._kept = _Mode.THINKING, None
            case Kind.THOUGHT_END:
                began, self._kept = self._mode is _Mode.THINKING and self._kept is None, None
                unopened = not began
                self._mode = _Mode.SAYING
                self.began_in_thought = self.began_in_thought or unopened
                return unopened
            case Kind.ANSWER if self._mode is not _Mode.SAYING:
                self.began_in_thought = self.began_in_thought or self._kept is not None
                self._mode, self._kept = _Mode.SAYING, None
            case Kind.HEADER:
                self._mode, self._header = _Mode.HEADER, ""
            case Kind.MESSAGE if self._mode is _Mode.HEADER:
                return self._end_header()
            case Kind.MESSAGE_END if self._kept is None:
                self._mode = _Mode.SAYING
        return False

    def _end_header(self) -> bool:
        """The channel is known now. Whether it says that what came before was a thought."""
        header, self._header = self._header, ""
        inner, final = _INNER_CHANNEL.search(header) is not None, _FINAL_CHANNEL.search(header) is not None
        first_final, self._final = final and not self._final, self._final or final
        if first_final:
            self.began_in_thought = self.began_in_thought or self._gave or self._kept is not None
        if inner or final:
            self._kept = None
        # A role alone says nothing of what follows.
        self._mode = _Mode.THINKING if inner or self._kept is not None else _Mode.SAYING
        return first_final


def _end_of(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0
