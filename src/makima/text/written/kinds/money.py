"""Money in the ways that the grammars do not know: codes, signs on the other side, scales as letters, losses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.kinds.counting import counted, is_one
from makima.text.written.kinds.names.currency_names import CODES, SIGNS
from makima.text.written.kinds.names.vocabulary import VOCABULARY
from makima.text.written.languages.measures import alternatives, forms
from makima.text.written.languages.russian import form, number
from makima.text.written.rule import Rule, rule
from makima.text.written.words import TIGHT, cardinal, decimal, plain

_POINTED = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_COMMA = r"(?:\d{1,3}(?:[. ]\d{3})+|\d+)(?:,\d+)?"
_SCALES = {
    "German": {"M": "Million|Millionen", "Mrd": "Milliarde|Milliarden"},
    "French": {"M": "million|millions", "Mrd": "milliard|milliards"},
    "Spanish": {"M": "millón|millones", "Mrd": "mil millones|mil millones"},
    "Italian": {"M": "milione|milioni", "Mrd": "miliardo|miliardi"},
    "Portuguese": {"M": "milhão|milhões", "Mrd": "bilhão|bilhões"},
}
_SCALE_OF = {
    **dict.fromkeys(("M", "Mio", "mln", "mio", "mi", "mn", "m", "mill"), "M"),
    **dict.fromkeys(("Md", "Mrd", "mld", "mrd", "Mds", "bn", "B", "bi", "G"), "Mrd"),
}
_OF = {"French": "de ", "Spanish": "de ", "Italian": "di ", "Portuguese": "de "}
_NOT_COUNTED = (
    "depuis|dans|avec|pour|mais|plus|sont|pelo|pela|para|mais|como|entre|desde|hasta|sobre|sono|sulla|nella|dalla|della"
)
_AND_CENTS = {"Spanish": " con ", "German": " ", "French": " ", "Italian": " e ", "Portuguese": " e "}
"""What stands between a currency and its cents."""

_POINT_LANGUAGES = ("English", "Chinese", "Japanese", "Korean")


def rules(language: str) -> tuple[Rule, ...]:
    """The rules of `language`, in the order in which they are applied."""
    return tuple(_all(language))


def _all(language: str) -> Iterator[Rule]:
    pointed = language in _POINT_LANGUAGES
    amount = _POINTED if pointed else _COMMA
    minus = VOCABULARY[language].minus if language != "Korean" else "마이너스"
    if language == "Chinese":
        minus = "负"
    gap = "" if language in TIGHT else " "
    if not pointed:
        yield rule("noughts of money", r"((?:R|US)?\$|[€£]) ?(\d{1,3}(?:\.\d{3})+|\d+),00(?!\d)", r"\1 \2")
        yield rule("noughts of money", r"(?<![\w.,])(\d{1,3}(?:[. ]\d{3})+|\d+),00(?= ?[€$£])", r"\1")
    if language in _OF:
        yield from _whole_millions(language)
    if language in ("Italian", "French", "Portuguese", "Spanish", "Korean"):
        yield _ungrouped(language)
    if language != "Japanese":
        yield rule(
            "loss",
            rf"(?<![\w)\]%€$£.,/])-(?=(?:[A-Z]{{0,3}}[$€£¥₩₹₽] ?\d)|{amount} ?(?:[$€£¥₩₽]|元|円))",
            f"{minus}{gap}",
        )
    if pointed:
        yield rule("euros by their code", rf"\bEUR ?(?={_POINTED})", "€")
        yield rule("euros by their code", rf"(?<![\w.,$€£])({_POINTED}) ?EUR\b", r"€\1")
        yield rule("dollars by name", r"\bUS\$(?=\d)|\bU\.S\. ?\$(?=\d)", "US$" if language == "English" else "$")
    else:
        yield rule("decimal point of money", r"(?<![\w.,/:-])(\d{1,4})\.(\d\d)(?= ?(?:[€$£]|euros?\b|EUR\b))", r"\1,\2")
        yield rule("euros by their code", rf"\bEUR ?({amount})", r"\1 €")
        yield rule("euros by their code", rf"(?<![\w.,$€£])({amount}) ?EUR\b", r"\1 €")
        yield rule(
            "decimal point of money",
            r"((?:US|U\$)?\$|£|€) ?(\d{1,3}(?:,\d{3})*|\d+)\.(\d\d)(?![\d.,])",
            lambda m: _point_of_money(m, language),
        )
        yield rule(
            "decimal point of millions", r"((?:US)?\$|£|€) ?(\d+)\.(\d)(?= ?(?:mil|M|bil|мил|млн|млрд))", r"\1\2,\3"
        )
        if language != "Portuguese":
            yield rule("dollars by name", r"\bUS\$ ?(?=\d)", "$")
    if language in ("Spanish", "Italian"):
        yield rule("rate", r"(?<![\w.,])(\d{1,3},\d{3,6}) ?([€$£])(?!\w)", lambda m: _rate(m[1], m[2], language))
    yield from _thousands(language, amount)
    if language in _SCALES:
        yield from _scaled(language, amount)
    if language in ("German", "Russian"):
        yield rule(
            "sign in front",
            rf"(?<!\w)([€$£¥]) ({amount})(?![\w%]|[.,]\d| ?(?:Mio|Mrd|Millio|Millia|mill|млн|млрд|тыс))",
            r"\2 \1",
        )
        yield rule(
            "sign in front of a scale",
            rf"(?<!\w)([€$£]) ?({amount}) ?(Mio\.?|Mrd\.?|Millionen|Million|Milliarden|млн|млрд|тыс\.?)(?!\w)",
            r"\2 \3 \1",
        )
    if not pointed:
        yield rule(
            "range of money",
            r"(R\$|US\$|[$€£]) ?(\d{1,6}) ?[–-] ?(?:R\$|US\$|[$€£])? ?(\d{1,6})(?![\w%/-]|[.,]\d)",
            rf"\2 {VOCABULARY[language].to} \1 \3",
        )
    if language == "English":
        yield rule(
            "range of money",
            r"([$£€])(\d{1,6}) ?[–-] ?(\d{1,6})(?![\w$£€%/-]|[.,]\d| (?:thousand|[mb]illion|trillion))",
            r"\2 to \1\3",
        )
        yield rule("gain", r"(?<![\w)])\+(?=[$€£]\d)", "plus ")
    yield from _codes(language, amount)


def _rate(written: str, sign: str, language: str) -> str:
    _, names = forms(SIGNS[language][sign])
    return f"{decimal(plain(written, language), language)} {names[-1]}"


def _thousands(language: str, amount: str) -> Iterator[Rule]:
    """`50 k€` is 50,000 €: the number is written out."""

    def before(match: re.Match[str]) -> str:
        return (
            f"{_times(match[1], 1000, language)} {match[2]}"
            if language not in _POINT_LANGUAGES
            else f"{match[2]}{_times(match[1], 1000, language)}"
        )

    def behind(match: re.Match[str]) -> str:
        factor = {"k": 1_000, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000, "bn": 1_000_000_000}[match[3]]
        written = _times(match[2], factor, language)
        return f"{match[1]}{written}" if language in _POINT_LANGUAGES else f"{written} {match[1]}"

    yield rule("thousands of money", rf"(?<![\w.,])({amount}) ?[kK]([€$£])", before)
    letters = "[kK]|M|B|bn" if language in ("Chinese", "Japanese", "Korean") else "[kK]"
    # English says `three point five thousand`, for which its own rule is.
    written = r"\d{1,3}(?:,\d{3})*" if language == "English" else amount
    yield rule("thousands of money", rf"((?:US|HK|[AC])?\$|€|£|¥|R\$ ?) ?({written})({letters})(?!\w)", behind)


def _point_of_money(match: re.Match[str], language: str) -> str:
    """`$1,299.50` in the way of a language with decimal commas."""
    number = f"{match[2].replace(',', '')},{match[3]}"
    return f"{number} {match[1]}" if language in ("German", "Russian") else f"{match[1]}{number}"


def _ungrouped(language: str) -> Rule:
    """Points, in Korean commas, that group digits, for grammars that take them for decimals."""
    mark = "," if language == "Korean" else r"\."
    return rule(
        "groups",
        rf"(?<![\w.,/:-])[1-9]\d{{0,2}}(?:{mark}\d{{3}})+(?![\w:/-]|{mark}\d|\.\d)"
        if language != "Korean"
        else rf"(?<![\d.,/:-])[1-9]\d{{0,2}}(?:{mark}\d{{3}})+(?![\d:/-]|{mark})",
        lambda m: re.sub(r"[.,]", "", m[0]),
    )


def _whole_millions(language: str) -> Iterator[Rule]:
    """`3.000.000 personas`: whole millions are a noun, so that `of` stands before what they count."""
    of = _OF[language]

    def named(sign: str) -> str:
        return forms(SIGNS[language].get(sign, sign))[1][-1]

    def counted_noun(match: re.Match[str]) -> str:
        joint = "d'" if language == "French" and match[2][0] in "aeiouyéèêàâîôh" else of
        return f"{cardinal(int(re.sub('[. ]', '', match[1])), language)} {joint}{match[2]}"

    yield rule(
        "whole millions",
        rf"(?<![\w.,/:$€£-])(?<![$€£] )([1-9]\d{{0,2}}(?:[. ]000){{2,3}}) (?!(?:{_NOT_COUNTED})\b)([a-zà-ÿ]{{4,}})",
        counted_noun,
    )
    if language == "French":  # whose own rule knows the signs
        return
    yield rule(
        "whole millions of money",
        r"(?<![\w.,/:$€£-])([1-9]\d{0,2}(?:[. ]000){2,3}|[1-9]\d{0,2}0{6}) ?([€$£])(?!\w)",
        lambda m: f"{cardinal(int(re.sub('[. ]', '', m[1])), language)} {of}{named(m[2])}",
    )
    yield rule(
        "scale in words",
        r"(?<=(?:milion[ei]|miliard[oi]|mill[oó]n|illones|milhão|milhões|bilhão|bilhões)) ?([€$£])(?!\w| ?\d)",
        lambda m: f" {of}{named(m[1])}",
    )
    yield rule("thousands in words", r"(?<=\d (?:mil|mila)) ?([€$£])(?!\w| ?\d)", lambda m: f" {named(m[1])}")


def _times(written: str, factor: int, language: str) -> str:
    whole, _, part = plain(written, language).partition(".")
    zeros = len(str(factor)) - 1
    if len(part) > zeros:
        return written
    return str(int(f"{whole}{part.ljust(zeros, '0')}"))


def _scaled(language: str, amount: str) -> Iterator[Rule]:
    """`12,5 M€`, `$5M`, `R$ 3 bi`."""
    letters = alternatives(list(_SCALE_OF))

    def speak(written: str, scale: str, sign: str) -> str:
        one, many = _SCALES[language][_SCALE_OF[scale]].split("|")
        _, names = forms(SIGNS[language].get(sign, sign))
        currency = names[-1]
        of = _OF.get(language, "")
        if language == "French" and currency[0] in "aeiouy":
            of = "d'"
        if language == "German":
            said = "eine" if plain(written, language) == "1" else counted(written, language)
        else:
            said = counted(written, language)
        return f"{said} {one if is_one(written, language) else many} {of}{currency}"

    signs = alternatives(list(SIGNS[language]))
    yield rule(
        "scale of money", rf"(?<![\w.,])({amount}) ?({letters})\.? ?({signs})(?!\w)", lambda m: speak(m[1], m[2], m[3])
    )
    yield rule("scale of money", rf"(?<!\w)({signs}) ?({amount}) ?({letters})(?!\w)", lambda m: speak(m[2], m[3], m[1]))


def _codes(language: str, amount: str) -> Iterator[Rule]:
    names = CODES[language]
    codes = alternatives(list(names))
    letter = "A-Za-z\\d" if language in (*TIGHT, "Korean") else "\\w"

    def speak(written: str, code: str) -> str:
        gender, called = forms(names[code])
        if language == "Russian":
            value = plain(written, language)
            return f"{number(written, gender)} {called[1] if '.' in value else form(int(value), called)}"
        name = called[0] if is_one(written, language) else called[-1]
        if language in _AND_CENTS and (cents := re.fullmatch(r"([\d.]+),(\d\d)", written)):
            whole = f"{counted(cents[1], language, gender)} {called[0] if is_one(cents[1], language) else called[-1]}"
            return f"{whole}{_AND_CENTS[language]}{cardinal(int(cents[2]), language)}" if int(cents[2]) else whole
        return f"{counted(written, language, gender)}{'' if language in TIGHT else ' '}{name}"

    yield rule(
        "currency by its code", rf"(?<![{letter}.,$€£])({amount}) ?({codes})(?![{letter}])", lambda m: speak(m[1], m[2])
    )
    yield rule(
        "currency by its code",
        rf"(?<![{letter}])({codes}) ?({amount})(?![{letter}%]|[.,]\d)",
        lambda m: speak(m[2], m[1]),
    )
