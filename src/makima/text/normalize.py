"""Written text to spoken text: what a model garbles when it has to guess, each kind behind a switch of its own.

For engines that read letters as they come. Engines with rules of their own, such as the embedded voice, do without.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from makima.errors import ConfigError
from makima.text.language import AUTO, guess
from makima.text.number_words import cardinal, digits, ordinal
from makima.text.spoken_symbols import CURRENCIES, UNITS, name


class Kind(StrEnum):
    """What can be switched on and off."""

    MARKUP = "markup"  # **bold**, `code`, # headings, [links](...)
    ADDRESSES = "addresses"  # web and mail addresses
    CURRENCY = "currency"  # $5, 12.50 €
    PERCENT = "percent"  # 50%
    UNITS = "units"  # 5 km/h
    TIMES = "times"  # 14:05
    ORDINALS = "ordinals"  # 3rd, 1er, 2º
    NUMBERS = "numbers"  # whatever digits are left


ALL_KINDS = frozenset(Kind)


def kinds_of(names: Collection[str]) -> frozenset[Kind]:
    """The kinds that a setting names: `all`, `none`, or some of them.

    Raises: ConfigError for a name there is none of
    """
    if tuple(names) == ("all",):
        return ALL_KINDS
    try:
        return frozenset(Kind(name) for name in names if name != "none")
    except ValueError as exc:
        known = ", ".join(["all", "none", *Kind])
        raise ConfigError("MAKIMA_NORMALIZE", f"{exc}.", mend=f"Take some of: {known}.") from exc


_NUMBER = r"(?<![\w.,])[-−]?\d+(?:[ ,.\u00a0\u202f’']\d{3})*(?:[.,]\d+)?(?![\w])"
_CJK_NUMBER = r"[-−]?\d+(?:,\d{3})*(?:\.\d+)?"
_COMMA_DECIMALS = frozenset(("German", "French", "Russian", "Portuguese", "Spanish", "Italian"))
_TIGHT = frozenset(("Chinese", "Japanese"))
_ORDINALS = {
    "English": re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"),
    "French": re.compile(r"\b(\d+)(?:er|ère|e|ème)\b"),
    "Spanish": re.compile(r"\b(\d+)\.?[ºª]"),
    "Portuguese": re.compile(r"\b(\d+)\.?[ºª]"),
    "Italian": re.compile(r"\b(\d+)[°ºª](?!C)"),
}
_TIME_JOIN = {"German": " Uhr ", "French": " heures ", "Chinese": "点", "Japanese": "時", "Korean": "시 "}
_TIME_END = {"Chinese": "分", "Japanese": "分", "Korean": "분"}


def normalize(text: str, language: str, kinds: Collection[Kind] = ALL_KINDS) -> str:
    """`text` as it is spoken in `language`, with the kinds that are switched on written out."""
    spoken = guess(text) if language == AUTO else language
    for kind, rule in _RULES.items():
        if kind in kinds:
            text = rule(text, spoken)
    return text


def _markup(text: str, _: str) -> str:
    text = re.sub(r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    text = re.sub(r"(?m)^\s{0,3}(?:#{1,6}|>|[-*+])\s+", "", text)
    text = re.sub(r"(\*\*|__|~~|`+)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    return re.sub(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])", r"\1", text)


def _addresses(text: str, language: str) -> str:
    def speak(match: re.Match[str]) -> str:
        address = re.sub(r"^(?:https?://)?(?:www\.)?", "", match.group()).rstrip("/")
        spoken = address.replace(".", f" {name('.', language)} ").replace("@", f" {name('@', language)} ")
        return re.sub(r"\s+", " ", re.sub(r"[/?=&#_-]+", " ", spoken)).strip()

    return re.sub(r"https?://[^\s<>()]*[\w/]|\bwww\.[^\s<>()]*[\w/]|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+", speak, text)


def _currency(text: str, language: str) -> str:
    number = _number(language)

    def speak(match: re.Match[str]) -> str:
        symbol = match["before"] or match["after"]
        amount = _plain(match["first"] or match["second"], language)
        return _join(cardinal(amount, language), name(symbol, language, amount), language)

    pattern = rf"(?P<before>[{CURRENCIES}])\s?(?P<first>{number})|(?P<second>{number})\s?(?P<after>[{CURRENCIES}])"
    # The sign stands where a word would, so that the number next to it is found as one.
    return re.sub(pattern.replace(r"(?<![\w.,])", r"(?<![\w])"), speak, text)


def _percent(text: str, language: str) -> str:
    def speak(match: re.Match[str]) -> str:
        words = cardinal(_plain(match[1], language), language)
        if language == "Chinese":
            return name("%", language) + words
        return _join(words, name("%", language), language)

    return re.sub(rf"({_number(language)})\s?%", speak, text)


def _units(text: str, language: str) -> str:
    def speak(match: re.Match[str]) -> str:
        amount = _plain(match[1], language)
        return _join(cardinal(amount, language), name(match[2], language, amount), language)

    unit = "|".join(re.escape(unit) for unit in UNITS)
    number = _number(language).replace(r"(?![\w])", "")
    return re.sub(rf"({number})\s?({unit})(?![\w/])", speak, text)


def _times(text: str, language: str) -> str:
    def speak(match: re.Match[str]) -> str:
        hour, minute = int(match[1]), int(match[2])
        join, end = _TIME_JOIN.get(language, " "), _TIME_END.get(language, "")
        words = cardinal(str(hour), language) + join
        if minute:
            # "nine oh five": a nought that is heard as one in English, and not at all elsewhere
            nought = "oh " if language == "English" and minute < 10 else ""
            words += nought + cardinal(str(minute), language) + end
        elif language == "English":
            words += "o'clock" if hour <= 12 else "hundred"
        return words.strip()

    # The word for it is taken in with the time, as some languages say it in the middle.
    return re.sub(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])(?:\s?(?:Uhr|h)\b)?", speak, text)


def _ordinals(text: str, language: str) -> str:
    pattern = _ORDINALS.get(language)
    return pattern.sub(lambda match: ordinal(int(match[1]), language), text) if pattern else text


def _numbers(text: str, language: str) -> str:
    def speak(match: re.Match[str]) -> str:
        return cardinal(_plain(match.group(), language), language)

    text = re.sub(_number(language), speak, text)
    # What is left stands inside a word, such as a model number: digit by digit, as one would spell it.
    apart = "" if language in _TIGHT else " "
    return re.sub(r"\d+", lambda match: f"{apart}{digits(match.group(), language)}{apart}", text).replace("  ", " ")


def _number(language: str) -> str:
    return _CJK_NUMBER if language in (*_TIGHT, "Korean") else _NUMBER


def _plain(number: str, language: str) -> str:
    """A number as it is written in a language, as digits with a point: `1.234,5` in German is `1234.5`."""
    number = re.sub(r"[ \u00a0\u202f’']", "", number.replace("−", "-"))
    point, group = (",", ".") if language in _COMMA_DECIMALS else (".", ",")
    if re.fullmatch(rf"-?\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(point)}\d+)?", number):
        number = number.replace(group, "")
    whole, *fraction = re.split(r"[.,]", number)
    return whole + ("." + "".join(fraction) if fraction else "")


def _join(number: str, word: str, language: str) -> str:
    return number + ("" if language in _TIGHT else " ") + word


_RULES: Mapping[Kind, Callable[[str, str], str]] = MappingProxyType(
    {
        Kind.MARKUP: _markup,
        Kind.ADDRESSES: _addresses,
        Kind.CURRENCY: _currency,
        Kind.PERCENT: _percent,
        Kind.UNITS: _units,
        Kind.TIMES: _times,
        Kind.ORDINALS: _ordinals,
        Kind.NUMBERS: _numbers,
    }
)
