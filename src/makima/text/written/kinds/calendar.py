"""Dates in figures: days with a time, months of a year, years with the next one, months cut short."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.rule import Replacement, Rule, rule
from makima.text.written.words import TIGHT, cardinal, ordinal

MONTHS = {
    "English": "January February March April May June July August September October November December",
    "German": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "French": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "Portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "Russian": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
_RUSSIAN_BY_THEMSELVES = [
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
]
_CUT_SHORT = {
    "French": "janv févr avr juil sept oct nov déc",
    "Italian": "gen feb febbr mar apr mag giu lug ago set sett ott nov dic",
    "Portuguese": "jan fev mar abr mai jun jul ago set out nov dez",
    "Russian": "янв фев февр мар апр июн июл авг сен сент окт нояб ноя дек",
    "Spanish": "ene feb mar abr may jun jul ago sep sept oct nov dic",
}
_OF = {"Spanish": " de ", "Portuguese": " de "}


def rules(language: str) -> tuple[Rule, ...]:
    """The rules of `language`, in the order in which they are applied."""
    return tuple(_all(language))


def _all(language: str) -> Iterator[Rule]:
    comma = "" if language in TIGHT else ", "
    if language == "Korean":
        comma = " "
    yield rule(
        "day and time",
        r"(?<![\w.-])(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?(?![\w:])",
        rf"\1{comma}\2",
    )
    if language == "English":
        yield from _month_and_day()
    if language in ("Chinese", "Japanese", "Korean"):
        yield from _eastern_day(language)
        gap = " " if language == "Korean" else ""
        year, month = ("년", "월") if gap else ("年", "月")
        yield rule(
            "month of a year",
            r"(?<![\w./-])((?:19|20)\d\d)[/.-](0[1-9]|1[0-2])(?![\w./-])",
            lambda m: f"{m[1]}{year}{gap}{int(m[2])}{month}",
        )
        yield rule(
            "day in figures", r"(?<![\d./-])((?:19|20)\d\d)[/.](\d{1,2})[/.](\d{1,2})(?![\d/]|\.\d)", _day(language)
        )
        if gap:
            yield rule(
                "day with points", r"(?<![\d.])((?:19|20)\d\d)\. ?(\d{1,2})\. ?(\d{1,2})\.?(?!\d)", _day(language)
            )
        return
    months = MONTHS[language].split()
    of = _OF.get(language, " ")
    yield from _months(language, months, of)
    yield rule("year and next", r"(?<![\w./-])((?:19|20)\d\d)/((?:19|20)?\d\d)(?![\w/]|[.,]\d)", _two_years(language))
    if language in ("Italian", "Portuguese"):
        yield rule(
            "short year",
            r"(?<![\w./-])((?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])/)(\d\d)(?![\w/-]|[.,]\d)",
            lambda m: f"{m[1]}{'19' if int(m[2]) > 49 else '20'}{m[2]}",
        )
    if language in ("French", "Italian"):
        yield rule("date in figures", r"(?<![\w./-])(\d{4})-(\d\d)-(\d\d)(?![\w-])", r"\3/\2/\1")
    if language in _CUT_SHORT:
        yield _cut_short(language, months, of)


_ENGLISH_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_ENGLISH_MONTH = r"(?:0?[1-9]|1[0-2])"


def _month_and_day() -> Iterator[Rule]:
    """`on 3/15`, `3/15-3/20`: a date where a word says so, or where it is no likely fraction."""
    months = MONTHS["English"].split()

    def said(month: str, day: str) -> str:
        return f"{months[int(month) - 1]} {ordinal(int(day), 'English')}"

    yield rule(
        "days from to",
        rf"(?<![\w./$-])({_ENGLISH_MONTH})/({_ENGLISH_DAY}) ?(?:[-–—]|to|through) ?({_ENGLISH_MONTH})/({_ENGLISH_DAY})(?![\w/-]|\.\d| ?(?:cup|tea|table|inch|mile|of\b|%))",
        lambda m: f"{said(m[1], m[2])} to {said(m[3], m[4])}" if int(m[2]) > 8 or int(m[4]) > 8 else m[0],
    )
    yield rule(
        "month and day",
        rf"\b((?:[Oo]n|[Bb]y|[Uu]ntil|[Tt]ill|[Bb]efore|[Aa]fter|[Ss]ince|[Dd]ue|[Dd]ated|[Ss]tarting|[Ee]nding|[Dd]eadline(?: is)?:?|[Dd]ate(?: is)?:?|"
        rf"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?) )({_ENGLISH_MONTH})/({_ENGLISH_DAY})(?![\w/-]|\.\d| ?(?:of\b|cup|th\b))",
        lambda m: f"{m[1]}{said(m[2], m[3])}",
    )
    yield rule(
        "first of a month",
        r"(?<=\bnot )([2-9]|1[0-2])/1(?![\w/-]|\.\d)",
        lambda m: said(m[1], "1"),
    )


def _eastern_day(language: str) -> Iterator[Rule]:
    """`3/15まで`: a date where what follows says so."""
    month, day, gap = ("월", "일", " ") if language == "Korean" else ("月", "日", "")
    follows = {
        "Chinese": "之前|之后|以前|以后|前|后|截止|起|开始|上午|下午|晚上|（|至|到",
        "Japanese": "まで|から|に|は|の(?!人|割合|確率|量|大きさ|生徒|学生|社員|国民|面積|長さ|値段|価格|票|議席|人口|回答|時間|距離|サイズ|参加|住民)|（|\\(|以降|以前|締",
        "Korean": " ?까지| ?부터|에 | ?이전| ?이후|\\(",
    }[language]
    yield rule(
        "month and day",
        rf"(?<![A-Za-z\d./約-])(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?={follows})(?! ?(?:の|之)(?:確率|割合|一))",
        lambda m: f"{int(m[1])}{month}{gap}{int(m[2])}{day}",
    )


def _two_years(language: str) -> Replacement:
    if language in ("English", "German"):  # whose grammars read years by their hundreds
        return r"\1 \2"
    return lambda match: f"{cardinal(int(match[1]), language)} {cardinal(int(match[2]), language)}"


def _day(language: str) -> Replacement:
    year, month, day, gap = ("년", "월", "일", " ") if language == "Korean" else ("年", "月", "日", "")

    def speak(match: re.Match[str]) -> str:
        if not (1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31):
            return match.group()
        return f"{match[1]}{year}{gap}{int(match[2])}{month}{gap}{int(match[3])}{day}"

    return speak


def _months(language: str, months: list[str], of: str) -> Iterator[Rule]:
    names = _RUSSIAN_BY_THEMSELVES if language == "Russian" else months
    after = " года" if language == "Russian" else ""

    def month_first(match: re.Match[str]) -> str:
        return f"{names[int(match[1]) - 1]}{of}{match[2]}{after}"

    def year_first(match: re.Match[str]) -> str:
        if int(match[1][2:]) + 1 == int(match[2]):
            return match.group()
        return f"{names[int(match[2]) - 1]}{of}{match[1]}{after}"

    yield rule("month of a year", r"(?<![\w./-])(0[1-9]|1[0-2])/((?:19|20)\d\d)(?![\w/-]|[.,]\d)", month_first)
    yield rule("month of a year", r"(?<![\w./-])((?:19|20)\d\d)-(0[1-9]|1[0-2])(?![\w/-]|[.,]\d)", year_first)


def _cut_short(language: str, months: list[str], of: str) -> Rule:
    names = {
        short: next(m for m in months if m.startswith(short[:3]))
        for short in _CUT_SHORT[language].split()
        if short != "juil"
    }
    if language == "French":
        names["juil"] = "juillet"

    def speak(match: re.Match[str]) -> str:
        day = match[1] if match[1][-1].isspace() or not of.strip() else f"{match[1]}"
        year = f"{of}{match[4]}" if match[4] else ""
        return f"{day.rstrip()}{of if of.strip() else ' '}{names[match[3].lower()]}{year}"

    return rule(
        "month cut short",
        rf"(?<![\w.,])(\d{{1,2}}(?:er|º|°)?)( de | )((?i:{'|'.join(sorted(names, key=len, reverse=True))}))\b\.?(?:(?: de)? (\d{{4}})\b)?(?!\w)",
        speak,
    )
