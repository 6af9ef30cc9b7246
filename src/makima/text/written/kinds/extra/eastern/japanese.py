"""Japanese alone: scores, addresses of houses, decimals, numbers to call."""

from __future__ import annotations

import re

from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, digits


def _japanese_decimal(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'Japanese').replace('ゼロ', '零')}点{digits(match[2], 'Japanese').replace('ゼロ', '零')}"


def _japanese_address(match: re.Match[str]) -> str:
    return "の".join(cardinal(int(part), "Japanese") for part in match.group().split("-"))


RULES: tuple[Rule, ...] = (
    rule("and more", r"(?<=[\d十百千万億])\+(?=[^\d\w=]|$|[ぁ-んァ-ン一-鿿])", "以上"),
    rule(
        "mixed number",
        r"(?<![\d.,])(\d{1,3}) (\d{1,2})/(\d{1,2})(?![\d/])",
        lambda m: (
            f"{cardinal(int(m[1]), 'Japanese')}と{cardinal(int(m[3]), 'Japanese')}分の{cardinal(int(m[2]), 'Japanese')}"
        ),
    ),
    rule(
        "size in parts",
        r"(?<![\d.])(\d)m(\d{1,2})cm(?![A-Za-z\d])",
        lambda m: f"{cardinal(int(m[1]), 'Japanese')}メートル{cardinal(int(m[2]), 'Japanese')}センチ",
    ),
    rule(
        "house",
        r"(?<=[区町村市目内田])(\d{1,4})-(\d{1,4})(?![-\d]|人|個|年|月|日|時|分)",
        lambda m: f"{cardinal(int(m[1]), 'Japanese')}の{cardinal(int(m[2]), 'Japanese')}",
    ),
    rule(
        "share without a nought",
        r"(?<![\w.])\.(\d{2,3})(?!\d)|(?<=[ぁ-んァ-ヶ一-鿿])\.(\d{2,3})(?!\d)",
        lambda m: f"零点{digits(m[1] or m[2], 'Japanese')}",
    ),
    rule(
        "number of a model",
        r"(?<=[A-Za-z] )(\d{1,2})(?=[ぁ-ゖァ-ヺ一-鿿、。])(?![年月日時分秒個人円万億])",
        lambda m: cardinal(int(m[1]), "Japanese"),
    ),
    rule(
        "large amount",
        r"(?<![\d.,A-Za-z$€£¥-])(\d{1,4})(?=[万億兆])",
        lambda m: cardinal(int(m[1]), "Japanese"),
    ),
    rule(
        "decimal",
        r"(?<![\d.,A-Za-z-])(\d{1,9})\.(\d{1,9})(?=秒|分|歳|時間|日|人|倍|度|点|ポイント)",
        lambda m: _japanese_decimal(m),
    ),
    rule(
        "time with seconds",
        r"(?<![\d:])(\d{1,2}):([0-5]\d):([0-5]\d)(?![\d:])",
        lambda m: f"{int(m[1])}時{int(m[2])}分{int(m[3])}秒",
    ),
    rule(
        "minus",
        r"(?<=[はがもでを、。：（])-(\d{1,3})(?=度|℃|点|円|%|人)",
        lambda m: f"マイナス{cardinal(int(m[1]), 'Japanese')}",
    ),
    rule(
        "telephone in groups",
        r"(?<![\d.,])0(?:[5789]0[ ]\d{4}|\d{1,3}[ ]\d{2,4})[ ]\d{4}(?![\d]|[.,]\d)",
        lambda m: "、".join(digits(group, "Japanese") for group in m[0].split()),
    ),
    rule("degrees Fahrenheit", r"(?<![\d.,華氏])(-?\d{1,4}(?:\.\d)?) ?°F(?![A-Za-z])", r"華氏\1度"),
    rule("loss", r"(?<![\w)\]%-])-(?=[¥$€£] ?\d)", "マイナス"),
    rule("minus between values", r"(?<=\d) − (?=\d)", "引く"),
    rule("speed", r"(?<=時速)(\d{1,4}) ?km/h(?![A-Za-z])", r"\1キロ"),
    rule(
        "score",
        r"(?<![\d.,/-])(\d{1,2})-(\d{1,2})(?=[でのに、。！？\s]|$)",
        lambda m: f"{cardinal(int(m[1]), 'Japanese')}対{cardinal(int(m[2]), 'Japanese')}",
    ),
    rule("address", r"(?<![\d-])\d{1,2}-\d{1,2}-\d{1,3}(?![\d-])", _japanese_address),
    rule("number to call", r"(?<!\d)(110|119|118|117|104)番", lambda m: f"{digits(m[1], 'Japanese')}番"),
    rule("for each", r"(?<=[円人個])/(?=[個人月日年時分回本枚])", "毎"),
    rule("dollars of a country", r"\b(?:US|HK|NT)\$(?=\d)", "$"),
)
