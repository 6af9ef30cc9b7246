"""Rules of single languages that several of them have."""

from __future__ import annotations

import re

from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, digits, ordinal


def number_list(language: str) -> Rule:
    """`1,2,3`: with decimal commas more than two numbers with commas are a list."""

    def speak(match: re.Match[str]) -> str:
        return ", ".join(cardinal(int(number), language) for number in re.findall(r"\d+", match.group()))

    # The German grammar's own reading of a list that is all there is.
    before = r"(?<=[\w:] )" if language == "German" else ""
    return rule(
        "list of numbers",
        before
        + r"(?<![\w.,])\d{1,3}(?:,\d{1,2}){2,}(?![\w,]|\.\d)|"
        + before
        + r"(?<![\w.,])\d{1,3}(?:, \d{1,3}){2,}(?![\w,]|[.,]\d)",
        speak,
    )


def faster(words: str, times: str) -> Rule:
    return rule("times as much", rf"(?<![\w.,])(\d{{1,4}}) ?[x×](?= (?:{words})\b)", rf"\1 {times}")


def millions(followed: str, word: str) -> Rule:
    """`12 M de personas`: a letter for millions of what follows."""
    return rule("millions", rf"(?<=\d) ?M (?={followed})", f" {word} ")


def kilometer_of_a_road(word: str) -> Rule:
    """`al km 125`: a place on a road, with the unit in front."""
    return rule("kilometer of a road", r"(?<!\w)(?<!\d )[Kk]m\.? (?=\d)", f"{word} ")


def of_a_hundred_kilometers(words: str) -> Rule:
    """`6,5 l/100 km`: what a car burns."""
    return rule("of a hundred kilometers", r"(?<=\d) ?[lL] ?/ ?100 ?km\b", f" {words}")


def post_code(language: str, pattern: str) -> Rule:
    """The groups of a post code, digit by digit."""
    return rule(
        "post code", pattern, lambda m: ", ".join(digits(group, language) for group in re.findall(r"\d+", m[0]))
    )


def version_at_the_end(language: str, point: str) -> Rule:
    """`neuer als 1.2.`: no date, where the sentence speaks of versions."""

    def speak(match: re.Match[str]) -> str:
        if "ersi" not in match.string:
            return match.group()
        return f"{cardinal(int(match[1]), language)} {point} {cardinal(int(match[2]), language)}"

    return rule("version at the end", r"(?<![\w.,])(\d{1,3})\.(\d{1,3})(?=\.?$)", speak)


def half(masculine: str, feminine: str, nouns: str) -> Rule:
    """`1/2 taza`: half of what is feminine by its ending, or stands in `nouns`."""
    return rule(
        "half",
        r"(?<![\w.,/])(?<!\d )1/2 (?!de\b|di\b|d['’])(?=([a-zà-ÿ]{4,}|ora\b))",
        lambda m: f"{feminine if m[1].endswith('a') or re.fullmatch(nouns, m[1]) else masculine} ",
    )


def numbered_law(language: str, named: str, of: str) -> Rule:
    """`Ley 39/2015`: the number of a law, and its year."""

    def speak(match: re.Match[str]) -> str:
        number = cardinal(int(match[2].replace(".", "")), language)
        return f"{match[1]}{number} {of} {cardinal(int(match[3]), language)}"

    return rule("law", rf"((?<!\w)(?:{named}) )(\d{{1,3}}(?:\.\d{{3}})?|\d{{1,5}})/(\d{{4}}|\d\d)(?![\w/])", speak)


def times_for_each(counted: str, spans: str, per: str) -> Rule:
    """`3 fois/jour`: how often in a span of time."""
    return rule("times for each", rf"(?<=(?:{counted})) ?/ ?(?={spans})", f" {per} ")


def numbered_event(language: str, feminine: str, masculine: str) -> Rule:
    """`la II Guerra Mundial`: a Roman numeral in front of what it counts."""

    def speak(match: re.Match[str]) -> str:
        is_feminine = re.fullmatch(feminine, match[2]) is not None
        value = roman_value(match[1])
        return f"{ordinal(value, language, gender='f' if is_feminine else 'm')} {match[2]}"

    return rule(
        "numbered event", rf"(?<![\w.])((?=[IVX])X{{0,3}}(?:IX|IV|V?I{{0,3}})) ({feminine}|{masculine})(?!\w)", speak
    )


def roman_value(numeral: str) -> int:
    """The value of a Roman numeral below forty."""
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in numeral]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
