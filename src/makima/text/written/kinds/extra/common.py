"""Rules of single languages that several of them have."""

from __future__ import annotations

import re

from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal


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
