"""Telephone numbers that neither the grammars nor the rules of a language know: digit by digit, in their groups."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.kinds.names.vocabulary import VOCABULARY
from makima.text.written.rule import Rule, rule
from makima.text.written.words import digits

# Those that a grammar or a rule of the language reads already.
_KNOWN_COUNTRIES = {
    "English": r"1\b(?! \d{3} \d{3} \d{4})|1[-.(]",
    "Spanish": r"34 \d{3} \d{3} \d{3}",
    "Portuguese": r"55\b",
    "Russian": "7",
    "French": "33",
    "German": r"49 (?!\()|49\d",
    "Chinese": "86",
    "Korean": r"(?!82 )",
}
_NATIONAL = {
    "English": r"(?<![\w.,/)-])(?<!\) )[2-9]\d{2}-\d{4}(?![\w/-]|[.,]\d)",
    "French": r"(?<![\w.,/-])0[1-9](?:-\d\d){4}(?![\w-])",
    "Spanish": r"(?<![\w.,/+-])(?<!\+\d )(?<!\+\d\d )(?:9\d \d{3} \d\d \d\d|9\d{2} \d\d \d\d \d\d|[6789]\d{8}|9\d{2} \d{3} \d{3})(?!\w|[.,]\d)",
    "Italian": r"(?<![\w.,/+-])(?<!\+\d\d )(?:0\d{1,3}[ /-]\d{5,8}|(?<=[a-z:] )3\d{9}|3\d\d[ -]\d{3}[ -]\d{4})(?!\w|[.,]\d)",
    "Portuguese": r"(?<![\w.,/+-])(?<!\+\d\d )(?:[1-9]\d9\d{8}|0800[ -]\d{3}[ -]\d{4}|9[1-36]\d \d{3} \d{3})(?!\w|[.,]\d)",
    "Korean": r"(?<![\d.,-])(?:\(0\d{1,2}\) ?\d{3,4}-\d{4}|02-\d{3,4}-\d{4}|0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4]|70)-\d{3,4}-\d{4}|01[016-9]\d{7,8}|1[568]\d\d-\d{4})(?![\d-]| ?년)",
    "Japanese": r"(?<![\d.,-])(?:\(0\d{1,4}\) ?\d{1,4}-\d{4}|\d{3}-\d{4})(?![\d-])",
    "Chinese": r"(?<![\d.,-])(?:\(0\d{2,3}\) ?\d{7,8}|(?:12306|10086|10010|95\d{3}|12345))(?![\d.,元年人个])",
}


def rules(language: str) -> Iterator[Rule]:
    """The rules of `language`, in the order in which they are applied."""
    plus = (
        VOCABULARY[language].plus
        if language not in ("Korean", "Chinese")
        else {"Korean": "플러스", "Chinese": "加"}[language]
    )
    comma = {"Chinese": "，", "Japanese": "、", "Korean": " "}.get(language, ", ")
    gap = "" if language in ("Chinese", "Japanese") else " "

    def apart(number: str) -> str:
        said = comma.join(digits(group, language) for group in re.findall(r"\d+", number))
        return said.replace("一", "幺") if language == "Chinese" else said

    known = _KNOWN_COUNTRIES.get(language)
    yield rule(
        "telephone of a country",
        rf"(?<![\w+])\+{f'(?!{known})' if known else ''}[1-9]\d{{0,2}}(?:{'[ ]' if language in ('Spanish', 'Korean') else '[ .-]'}\(?\d{{1,8}}\)?){{2,6}}(?![\w-]|[.,]\d)",
        lambda m: f"{plus}{gap}{apart(m[0])}" if len(re.sub(r"\D", "", m[0])) > 7 else m[0],
    )
    if language == "Russian":
        yield rule(
            "eleven digits", r"(?<![\w.,])(\+7|8)(9\d{2}|[348]\d{2})(\d{3})(\d\d)(\d\d)(?!\w|[.,]\d)", r"\1 \2 \3-\4-\5"
        )
    elif language in _NATIONAL:
        yield rule("telephone", _NATIONAL[language], lambda m: apart(m[0]))
