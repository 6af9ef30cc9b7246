"""How users want words said: `written<TAB>spoken`, one a line, whole words.

A line that begins with `~` holds for every spelling of capitals; the others are taken letter by letter. Empty lines,
and those that begin with `#`, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from makima.errors import InvalidMessage, InvalidText
from makima.text.speakable import check_characters

FOLDED = "~"
"""In front of a written form: capitals do not matter."""

MAX_ENTRIES = 10_000
MAX_CHARACTERS = 200
"""Of a written or a spoken form."""

_LATIN_EDGE = re.compile(r"[^\W\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Pronunciations:
    """Words and what is said for them. Falsy where there are none."""

    exact: Mapping[str, str]
    folded: Mapping[str, str]
    pattern: re.Pattern[str] | None

    def __bool__(self) -> bool:
        return self.pattern is not None

    def apply(self, text: str) -> str:
        """`text` with its words replaced; what was put in is not looked at again."""
        if self.pattern is None:
            return text
        return self.pattern.sub(self._spoken, text)

    def _spoken(self, match: re.Match[str]) -> str:
        word = match.group()
        spoken = self.exact.get(word)
        return spoken if spoken is not None else self.folded.get(word.lower(), word)


NONE = Pronunciations({}, {}, None)


def made(entries: Iterable[tuple[str, str]]) -> Pronunciations:
    """Pronunciations of pairs of written and spoken; later ones win."""
    exact: dict[str, str] = {}
    folded: dict[str, str] = {}
    for written, spoken in entries:
        if written.startswith(FOLDED) and len(written) > 1:
            folded[written[1:].lower()] = spoken
        else:
            exact[written] = spoken
    if not exact and not folded:
        return NONE
    # Longer ones first, so that "New York City" is not cut short by "New York".
    cased = [_whole(re.escape(word), word) for word in sorted(exact, key=len, reverse=True)]
    any_case = [_whole(f"(?i:{re.escape(word)})", word) for word in sorted(folded, key=len, reverse=True)]
    return Pronunciations(exact, folded, re.compile("|".join(cased + any_case)))


def from_mapping(given: Mapping[str, str]) -> Pronunciations:
    """Those of a message.

    Raises: InvalidMessage naming the entry that is wrong
    """
    if len(given) > MAX_ENTRIES:
        raise InvalidMessage(f"pronunciations: {len(given):,} are too many.", mend=f"Send at most {MAX_ENTRIES:,}.")
    for written, spoken in given.items():
        if problem := _problem(written, spoken):
            raise InvalidMessage(f"pronunciations: {written!r}: {problem}", mend="Take a word and what is said for it.")
    return made(given.items())


def parsed(lines: str, source: str) -> Pronunciations:
    """Those of a file; `source` is its name for messages.

    Raises: InvalidMessage naming the line that is wrong
    """
    entries: list[tuple[str, str]] = []
    for number, line in enumerate(lines.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        written, tab, spoken = line.partition("\t")
        problem = _problem(written.strip(), spoken.strip()) if tab else "There is no tab in it."
        if tab and "\t" in spoken.strip():
            problem = "There is more than one tab in it."
        if problem:
            raise InvalidMessage(
                f"{source}, line {number}: {problem}", mend="Write the word, one tab, and what is said for it."
            )
        entries.append((written.strip(), spoken.strip()))
    return made(entries)


def joined(*all_of: Pronunciations) -> Pronunciations:
    """All of them as one; those named later win."""
    given = [each for each in all_of if each]
    if len(given) <= 1:
        return given[0] if given else NONE
    pairs = [
        pair for each in given for pair in (*each.exact.items(), *((FOLDED + w, s) for w, s in each.folded.items()))
    ]
    return made(pairs)


def _whole(pattern: str, word: str) -> str:
    """The pattern of a whole word: languages without spaces have no edges to look for."""
    before = r"(?<!\w)" if _LATIN_EDGE.match(word[:1]) else ""
    after = r"(?!\w)" if _LATIN_EDGE.match(word[-1:]) else ""
    return f"{before}{pattern}{after}"


def _problem(written: str, spoken: str) -> str | None:
    bare = written.removeprefix(FOLDED) if len(written) > 1 else written
    if not bare.strip():
        return "Nothing is written before the tab."
    if not spoken.strip():
        return f"Nothing is said for {written!r}."
    if max(len(written), len(spoken)) > MAX_CHARACTERS:
        return f"It is longer than {MAX_CHARACTERS} characters."
    try:
        check_characters(written + spoken)
    except InvalidText as exc:
        return str(exc)
    return None
