"""Formulas: what stands between two values, before one, above and below the line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from makima.text.written.kinds.names.vocabulary import VOCABULARY, Words
from makima.text.written.rule import Rule, rule
from makima.text.written.words import TIGHT, cardinal

_LEFT = r"(?<=[\w)\]%²³])"
_RIGHT = r"(?=[\w(\[√±+−$€£-])"
_HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ"
_UNITS = r"(?<!\bm)(?<!km)(?<!cm)(?<!mm)(?<!dm)(?<!ft)(?<!in)(?<!/s)(?<!yd)(?<!mi)(?<!м)"
_PLUS_OF_LETTERS = r"(?<=[)²³%]) ?\+ ?(?=[\w(])|(?<=[^\W\d]) \+ (?=[\w(√])|(?<![\w+])(?<=[a-z])\+(?=\d)"
_PLUS = rf"(?<=\d) ?\+ ?(?=[\d(])|{_PLUS_OF_LETTERS}"
_PLUS_BEFORE_A_SUM = rf"(?<=\d) ?\+ ?(?=[\d.]{{1,9}} ?=)|{_PLUS_OF_LETTERS}"
_FORMULAS = frozenset(("Spanish",))
"""Languages whose grammar reads formulas of numbers, with the endings that they need."""


def rules(language: str) -> tuple[Rule, ...]:
    """The rules of `language`, in the order in which they are applied."""
    words = VOCABULARY[language]
    return tuple(_all(language, words))


def _all(language: str, words: Words) -> Iterator[Rule]:
    gap = "" if language in TIGHT else " "

    def between(name: str, sign: str, word: str) -> Rule:
        return rule(name, rf"{_LEFT} ?{sign} ?{_RIGHT}", f"{gap}{word}{gap}")

    yield rule("heart", r"(?<=[^\W\d]) <3+(?=\s|$|[.,!?])", " love" if language == "English" else "")
    yield rule("arrow", r"(?<=[\w)\]”\"]) ?(?:[-=–]+>|[→⇒⟶⟹]) ?(?=\w)", "，" if language in TIGHT else ", ")
    yield rule("loose arrow", r"(?<!\S)(?:[-=–]+>|<[-–]+|[←-⇿⟵-⟿]+)(?!\S)|[→⇒⟶⟹]", " ")
    yield _dimensions(words, gap)
    yield rule("wheels", r"(?<![\w.,])(\d)[x×]\1(?!\w)", rf"\1{gap}{words.by}{gap}\1")
    if language in _TIMES_A_DAY:
        said, follows = _TIMES_A_DAY[language]
        yield rule("times a day", rf"(?<![\w.,])(\d{{1,3}}) ?[×x](?= (?:{follows})(?!\w))", rf"\1 {said}")
    yield rule(
        "so many times",
        r"(?<![\w.,])(\d) x (?=\d{1,5}(?!\w|[.,]\d))",
        rf"\1{gap}{words.by if language == 'English' else words.times}{gap}",
    )
    if language != "English":
        yield rule("square and cubic units", r"(?<=\d )([ckdm]?m|[сk]?м|км)([23])(?![\w²³])", _squared)
        yield rule("square and cubic units", r"(?<=\d)([ckd]?m|км|см|м)([23])(?![\w²³])", _squared)
    yield _scientific(language, words, gap)
    raised = list(_raised(language, words, gap))
    yield from raised[:-2]
    yield rule("lowered", "[₀-₉]+", lambda m: f"{gap}{unicodedata.normalize('NFKC', m[0])}{gap}")
    if language == "Russian":
        yield rule(
            "root", r"√ ?(\d{1,9})(?!\d|[.,]\d)", lambda m: f"корень из {cardinal(int(m[1]), 'Russian', case='g')}"
        )
    if language == "Japanese":
        yield rule("root", r"√ ?(\d{1,9})(?=[=+×]|$)", lambda m: f"ルート{cardinal(int(m[1]), 'Japanese')}")
    elif language == "Korean":
        yield rule("root", r"(?<!/)√ ?(\d{1,9})(?=[ =+×]|$)", lambda m: f"루트 {cardinal(int(m[1]), 'Korean')}")
    else:
        yield rule("root", r"√ ?(?=[\w(])", f"{words.root}{gap}")
    if language not in _FORMULAS:
        yield rule("divided", r"(?<![\w.,/])(\d{1,6}) ?/ ?(\d{1,6})(?= ?=)", rf"\1{gap}{words.divided}{gap}\2")
    yield rule(
        "divided by points",
        r"(?<=\d) : (?=\d)" if language in _FORMULAS else r"(?<=\d) [:÷] (?=\d)|(?<=[\w)]) ?÷ ?(?=[\w(])",
        f"{gap}{words.divided}{gap}",
    )
    left = "[a-z)²³]" if language in _FORMULAS else r"[\w)²³]"
    yield rule("minus in a formula", rf"(?<={left}) ?[-−–] ?(?=[\w(]{{1,6}} ?=)", f"{gap}{words.minus}{gap}")
    if language != "Japanese":
        yield rule(
            "minus behind an equals sign",
            r"(?<=[a-z)²³]) [-−–] (?=\w)",
            lambda m: f"{gap}{words.minus}{gap}" if "=" in m.string else m[0],
        )
    yield rule("minus between values", r"(?<=[\d)²³]) − ?(?=[\w(])", f"{gap}{words.minus}{gap}")
    yield rule(
        "times",
        rf"(?<=[\d)]) ?{'[*]' if language in _FORMULAS else '[×*]'} ?(?=[\d(])|(?<=[\w)]) [×·*] (?=[\w(])|(?<=\d) ?· ?(?=10[⁰-⁹²³^⁻])",
        f"{gap}{words.times}{gap}",
    )
    yield rule(
        "plus",
        _PLUS_OF_LETTERS if language in _FORMULAS else _PLUS_BEFORE_A_SUM if language == "English" else _PLUS,
        f"{gap}{words.plus}{gap}",
    )
    yield rule("and more", r"(?<=\d)\+(?![\w+])", f"{gap}{words.plus}")
    yield from raised[-2:]
    if language == "Korean":
        yield from _korean_relations()
    elif language == "Japanese":
        yield rule("below", r"(?<![\w)] )(?<![\w)])[<＜] ?(\d[\d.,]*)", r"\1未満")
        yield rule("above", r"(?<![\w)] )(?<![\w)])[>＞] ?(\d[\d.,]*)", r"\1超")
    yield between("at most", "(?:<=|[≤≦⩽])", words.at_most)
    yield between("at least", "(?:>=|[≥≧⩾])", words.at_least)
    yield between("unequal", "(?:!==?|≠|=/=)", words.unequal)
    yield between("nearly", "[≈≃≅]", "is approximately" if language == "English" else words.about)
    if language in _FORMULAS:
        yield rule(
            "equals", rf"{_LEFT}(?<!\d)(?<!\d ) ?={{1,3}} ?{_RIGHT}|(?<=\d) ?={{1,3}} ?(?=[^\W\d])", f" {words.equals} "
        )
        yield rule("equals behind words", r"([^\W\d] [\d.,]+) ?={1,3} ?(?=\d)", rf"\1 {words.equals} ")
    else:
        yield between("equals", "(?:={1,3}|≡)", words.equals)
    yield rule(
        "less",
        r"(?<=[\w)]) < (?=[\w(-])|(?<=\d)<(?=\d)|(?<!\w)(?<=[a-z])<(?=\w)|(?<=\b[a-z])<(?=\w)",
        f"{gap}{words.less}{gap}",
    )
    yield rule("more", r"(?<=[\w)]) > (?=[\w(-])|(?<=\d)>(?=\d)|(?<=\b[a-z])>(?=\w)", f"{gap}{words.more}{gap}")
    yield from _before_a_value(language, words, gap)
    yield rule("infinity", "[-−]∞", f"{words.minus} {words.infinity}")
    yield rule("infinity", r"\+?∞", words.infinity)
    if language == "Chinese":
        yield rule("per mille", r"(\d+(?:\.\d+)?) ?‰", r"千分之\1")
    else:
        yield rule("per mille", " ?‰", f"{gap}{words.per_mille}")


_TIMES_A_DAY = {
    "English": ("times", "daily|a day|per|a week|weekly"),
    "German": ("mal", "täglich|am|pro|wöchentlich|im|die"),
    "French": ("fois", "par"),
    "Spanish": ("veces", "al|por|a la"),
    "Italian": ("volte", "al|alla|a"),
    "Portuguese": ("vezes", "ao|por|na|à"),
    "Russian": ("раза", "в"),
}
"""What is said for the sign of times before a span of time, and the words that such a span begins with."""


def _squared(match: re.Match[str]) -> str:
    return match[1] + {"2": "²", "3": "³"}[match[2]]


def _dimensions(words: Words, gap: str) -> Rule:
    """`1920×1080`: what is that wide and that high."""
    return rule(
        "dimensions",
        r"(?:(?<![A-Za-z\d.,])|(?<=\d[x×]))(\d{2,5}) ?[x×] ?(?=\d{2,5}(?:(?![A-Za-z\d]|[.,]\d)|[x×]\d|(?:[cmk]?m|px)\b))",
        rf"\1{gap}{words.by}{gap}",
    )


def _raised(language: str, words: Words, gap: str) -> Iterator[Rule]:
    def power(match: re.Match[str]) -> str:
        written = match["high"] if "high" in match.re.groupindex else match["power"]
        exponent = "".join("n" if ch == "ⁿ" else unicodedata.normalize("NFKC", ch) for ch in written).replace("−", "-")
        base = match["base"]
        if exponent == "2":
            return f"{base}{gap}{words.squared}"
        if exponent == "3":
            return f"{base}{gap}{words.cubed}"
        exponent = exponent.replace("-", f"{words.minus}{gap}").replace("+", "")
        ending = {"Chinese": "次方", "Japanese": "乗", "Korean": " 제곱"}.get(language, "")
        joined = "" if language in ("Korean", *TIGHT) else " "
        return f"{base}{joined}{words.power}{gap}{exponent}{ending}"

    yield rule("raised", rf"(?<![\w.,/]|²|³)(?P<base>\d{{1,9}})(?P<high>[{_HIGH}]+)(?!\w)", power)
    yield rule("raised factor", rf"(?<=[×·*以るa-z])(?P<base>\d{{1,9}})(?P<high>[{_HIGH}]+)(?!\w)", power)
    yield rule(
        "raised letter",
        rf"(?<![\d/])(?<!\d )(?P<base>(?<![A-Za-z])[A-Za-z]{{1,2}}|\)){_UNITS}(?P<high>[{_HIGH}]+)",
        power,
    )
    yield rule(
        "power", r"(?:(?<![\w.,])|(?<=[以る]))(?P<base>\d{1,9}|[A-Za-z])\^\(?(?P<power>-?\d{1,4}|[a-z])\)?(?!\w)", power
    )


def _scientific(language: str, words: Words, gap: str) -> Rule:
    def speak(match: re.Match[str]) -> str:
        return f"{match[1]}{gap}{words.times}{gap}10^{match[2].lstrip('+')}"

    return rule("scientific", r"(?<![\w.,])(\d{1,9}(?:[.,]\d{1,9})?)[eE]([+-]?\d{1,3})(?![\w.])", speak)


def _before_a_value(language: str, words: Words, gap: str) -> Iterator[Rule]:
    less, more = words.less, words.more
    if language == "English":
        less, more = "less than", "more than"
    front = r"(?<![\w)%] )(?<![\w)%<>=])"
    value = r"(?=[$€£¥₩]? ?\d)"
    at_most, at_least = words.at_most.removeprefix("is "), words.at_least.removeprefix("is ")
    yield rule("at most", rf"(?<![<>=])(?:<=|[≤≦]) ?{value}", f"{at_most}{gap}")
    yield rule("at least", rf"(?<![<>=])(?:>=|[≥≧]) ?{value}", f"{at_least}{gap}")
    if language not in ("Japanese", "Korean"):
        yield rule("below", rf"{front}[<＜] ?{value}|(?<=\w )[<＜]{value}", f"{less}{gap}")
        yield rule("above", rf"{front}[>＞] ?{value}|(?<=\w )[>＞]{value}", f"{more}{gap}")
    if language == "Japanese":
        yield rule("either", r"± ?(\d{1,9})(?![\d.])", lambda m: f"プラスマイナス{cardinal(int(m[1]), 'Japanese')}")
    yield rule("either", r" ?± ?(?=\d)", f"{gap}{words.either}{gap}")
    about = words.about
    yield rule("about", rf"(?<![\w~)])[~≈∼～〜] ?{value}", f"{about}{gap}")


def _korean_relations() -> Iterator[Rule]:
    def joined(match: re.Match[str]) -> str:
        last = match[1][-1]
        closed = last in "013678" or ("가" <= last <= "힣" and (ord(last) - ord("가")) % 28)
        return f"{match[1]}{'은' if closed else '는'} "

    yield rule("below", r"(?<![\w)] )(?<![\w)])[<＜] ?(\d[\d.,]*(?: ?[가-힣%]{1,3})?)", r"\1 미만")
    yield rule("above", r"(?<![\w)] )(?<![\w)])[>＞] ?(\d[\d.,]*(?: ?[가-힣%]{1,3})?)", r"\1 초과")
    yield rule("less", r"(\b[a-z]|\d) ?< ?([\d.]+|[a-z]\b)", lambda m: f"{joined(m)}{m[2]}보다 작다")
    yield rule("more", r"(\b[a-z]|\d) ?> ?([\d.]+|[a-z]\b)", lambda m: f"{joined(m)}{m[2]}보다 크다")
    yield rule("equals", r"([\w)²³]) ?={1,3} ?(?=[\w(√-])", joined)
