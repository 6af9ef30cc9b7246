"""Japanese: units and money next to letters, telephone numbers, ranges, grouped digits."""

from __future__ import annotations

import re

from makima.text.written.languages.measures import CURRENCIES, alternatives, unit_rule
from makima.text.written.languages.units import JAPANESE
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits, plain

_NUMBER = r"(?<![\d.,])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNSIGNED = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SIGNS = alternatives([sign for sign in JAPANESE if sign in CURRENCIES])
_COUNTED = "人|日間|日|時間|分|秒|個|本|枚|冊|回|年|か月|ヶ月|週間|歳|才|階|杯|匹|台|円|キロ|メートル|センチ|度|倍|名|歩|点|月|時"


def amount(written: str) -> str:
    return decimal(plain(written, "Japanese"), "Japanese").replace("ゼロ", "零")


def _telephone(match: re.Match[str]) -> str:
    return "、".join(digits(group, "Japanese") for group in re.findall(r"\d+", match[0]))


def _money(match: re.Match[str]) -> str:
    sign, number, scale = match[1] or match[5], match[2] or match[4], match[3] or ""
    return f"{amount(number)}{scale}{JAPANESE[sign]}"


def _range(match: re.Match[str]) -> str:
    unit = match[3]
    return f"{amount(match[1])}から{amount(match[2])}{JAPANESE.get(unit, unit)}"


def _time(match: re.Match[str]) -> str:
    minute = int(match[2])
    return f"{cardinal(int(match[1]), 'Japanese').replace('ゼロ', '零')}時{cardinal(minute, 'Japanese') + '分' if minute else ''}"


def _dotted(match: re.Match[str]) -> str:
    return "点".join(
        digits(p, "Japanese") if p.startswith("0") else cardinal(int(p), "Japanese") for p in match[0].split(".")
    )


RULES: tuple[Rule, ...] = (
    rule("telephone", r"(?<![\d.,-])0\d{1,4}[-(]\d{1,4}[-)]\d{3,4}(?![\d-])|(?<![\d.,])0[789]0\d{8}(?!\d)", _telephone),
    rule("money", rf"({_SIGNS}) ?({_UNSIGNED})([万億兆]+)?|({_UNSIGNED}) ?([$€£])", _money),
    rule(
        "range",
        rf"(?<![\d.,:/-])(\d+(?:\.\d+)?) ?[-–—~～〜] ?(\d+(?:\.\d+)?) ?({alternatives(list(JAPANESE))}|{_COUNTED})",
        _range,
    ),
    rule("time", r"(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])", _time),
    rule("dotted", r"(?<![\d.,])\d{1,3}(?:\.\d{1,3}){2,3}(?![\d,]|\.\d)", _dotted),
    unit_rule(JAPANESE, _NUMBER, lambda number, unit: amount(number) + JAPANESE[unit], after=r"(?![A-Za-z/²³\d])"),
    rule("minus", r"(?<![\w.,:/)-])-(\d+(?:\.\d+)?)(?![\d./荷と])", lambda m: f"マイナス{amount(m[1])}"),
    rule("decimal behind a name", r"(?<=[A-Za-z] )\d+\.\d+(?![\d.])", lambda m: amount(m[0])),
    rule("grouped", r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])", lambda m: amount(m[0])),
)
