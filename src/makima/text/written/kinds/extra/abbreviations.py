"""Shortened words whose points part them, so that no voice reads them as words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.kinds.names.days import DAYS
from makima.text.written.kinds.names.shortened import SHORTENED
from makima.text.written.rule import Rule, rule

_FIRST = {
    language: re.compile(rf"(?<![\w.])(?:{'|'.join(short for short, _ in pairs)})")
    for language, pairs in SHORTENED.items()
}
_WITHOUT_A_POINT = {"French": ("Mme", "Mlle", "Dr "), "Spanish": ("C/",), "Russian": ("Д-р", "д-р")}


def are_in(text: str, language: str) -> bool:
    """Whether `text` holds one of them."""
    pattern = _FIRST.get(language)
    if pattern is None:
        return False
    point = text.find(".")
    if point < 0:
        return any(word in text for word in _WITHOUT_A_POINT.get(language, ()))
    if point == len(text) - 1 and language not in _WITHOUT_A_POINT:
        text = text[-_LONGEST:]  # most sentences have no other, and are to cost next to nothing
    return pattern.search(text) is not None


_LONGEST = 24
"""Characters of an abbreviation, and more."""


def rules(language: str) -> Iterator[Rule]:
    """The rules of `language`: one for all its abbreviations, and one for its weekdays."""
    if language in DAYS:
        yield _weekday(language)
        yield _weekday_by_itself(language)
    pairs = SHORTENED.get(language)
    if not pairs:
        return
    full = [words for _, words in pairs]
    shortened = (
        f"(?P<a{index}>{short}{'' if words.endswith(' ') else _WORD_END})" for index, (short, words) in enumerate(pairs)
    )

    def speak(match: re.Match[str]) -> str:
        words = full[int((match.lastgroup or "a0")[1:])]
        # The point of an abbreviation that ends a sentence is the sentence's too.
        ends = match.end() == len(match.string) and match.string.count(" ") > 3
        return f"{words}." if ends else words

    yield rule("abbreviation", rf"(?<![\w.])(?:{'|'.join(shortened)})", speak)


def _in_case(day: str, match: re.Match[str]) -> str:
    """A Russian day behind a preposition of time: `в субботу`."""
    if (
        re.search(r"(?<!\w)[Пп]о (?:[а-я]+ и |[а-я]+, )?$", match.string[: match.start()])
        or "по " in match.string[max(0, match.start() - 10) : match.start()]
    ):
        return re.sub("(?:а|ье)?$", lambda m: "ьям" if m[0] == "ье" else "ам", day, count=1)
    return re.sub("а$", "у", day) if re.search(r"(?<!\w)[ВвНн][оа]? $", match.string[: match.start()]) else day


def _weekday_by_itself(language: str) -> Rule:
    """`le concert est sam. à 20 h`: with a point in the middle of a sentence."""
    short, full, _ = DAYS[language]
    names = {
        day if language == "German" else day.lower(): said
        for day, said in zip(short.split(), full.split(), strict=True)
    }
    if language == "Spanish":
        del names["mar"]  # the sea
    return rule(
        "weekday", rf"(?<![\w-])({'|'.join(names)})\. (?=[a-zà-ÿа-яё])", lambda m: f"{_in_case(names[m[1]], m)} "
    )


_WORD_END = r"(?!\w)"


def _weekday(language: str) -> Rule:
    """`Mo., 5. Mai`: a day of the week cut short before a date."""
    short, full, _ = DAYS[language]
    names = dict(zip(short.split(), full.split(), strict=True))
    if language != "German":  # where "so" is a word
        names |= {name.lower(): said for name, said in names.items()}
    months = (
        r"[A-Z][a-z]{2,8}\.? \d" if language == "English" else r"\d{1,2}(?:\.|º|er)? ?(?:de )?(?:[^\W\d_]{3}|\d{1,2}\.)"
    )

    def speak(match: re.Match[str]) -> str:
        if language == "German" and re.search(
            r"\b(?:[Aa]m|[Vv]om|[Zz]um|[Aa]b|[Bb]is|[Ss]eit|[Bb]is zum) $", match.string[: match.start()]
        ):
            return f"{names[match[1]]}, dem "
        return f"{_in_case(names[match[1]], match)}, "

    return rule(
        "weekday",
        rf"(?<![\w-])({'|'.join(names)})(?:\.,?|,) (?={months})",
        speak,
    )
