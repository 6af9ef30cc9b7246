"""From one value to another, and one to another: times of day, years, pages, scores."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.kinds.names.vocabulary import VOCABULARY
from makima.text.written.languages.german import year as german_year
from makima.text.written.languages.russian import form as russian_form
from makima.text.written.rule import Replacement, Rule, rule
from makima.text.written.words import TIGHT, cardinal

_DASH = " ?[-–—~～〜] ?"
_TIME = {
    "English": r"\d{1,2}(?::\d\d)?(?: ?[AaPp]\.?[Mm]\.?)?",
    "French": r"\d{1,2} ?(?:[hH](?: ?\d\d)?|:\d\d)",
    "Portuguese": r"\d{1,2}(?:h(?:\d\d)?|:\d\d)",
    "German": r"\d{1,2}(?:[:.]\d\d)(?: ?Uhr)?",
}
_PAGES = {
    "English": r"[Pp]ages?|pp?\.|[Cc]hapters?|[Ll]ines?|[Vv]erses?|[Ss]ections?|[Rr]ooms?|[Ss]teps?|[Aa]ges?|[Gg]rades?|[Ww]eeks?|[Ff]igures?|[Ii]tems?|[Pp]oints?|[Ll]evels?",
    "German": r"Seiten?|S\.|Kapitel|Zeilen?|Abschnitte?|Schritte?|Punkte?|Klassen?|§§?|Nr\.|Abb\.|Wochen?|Zimmer",
    "French": r"[Pp]ages?|pp?\.|[Cc]hapitres?|[Ll]ignes?|[Éé]tapes?|[Aa]rticles?|[Ss]emaines?",
    "Spanish": r"[Pp]áginas?|[Pp]ágs?\.|[Cc]apítulos?|[Ll]íneas?|[Pp]asos?|[Aa]rtículos?|[Ss]emanas?",
    "Italian": r"[Pp]agin[ea]|[Pp]agg?\.|pp?\.|[Cc]apitol[oi]|[Rr]igh?[ea]|[Pp]ass[oi]|[Aa]rticol[oi]|[Ss]ettiman[ea]",
    "Portuguese": r"[Pp]áginas?|[Pp]ágs?\.|pp?\.|[Cc]apítulos?|[Ll]inhas?|[Pp]assos?|[Aa]rtigos?|[Ss]emanas?",
    "Russian": r"[Сс]траниц[аы]|[Сс]тр\.|с\.|[Гг]лав[аы]|[Сс]трок[аи]|[Шш]аги?|[Пп]ункты?",
}
_OUT_OF = {"English": "out of", "German": "von", "Spanish": "de", "Italian": "su", "Portuguese": "de", "Russian": "из"}
_NO_BOOKS = frozenset(("Mix", "Use", "Ratio", "Scale", "Odds", "Score", "Combine", "Blend", "Dilute", "Won", "Lost"))
_SCREENS = frozenset(
    (("16", "9"), ("4", "3"), ("21", "9"), ("3", "2"), ("16", "10"), ("1", "1"), ("9", "16"), ("2", "1"))
)


def rules(language: str) -> tuple[Rule, ...]:
    """The rules of `language`, in the order in which they are applied."""
    return tuple(_all(language))


def _all(language: str) -> Iterator[Rule]:
    gap = "" if language in TIGHT else " "
    to = f"{gap}{VOCABULARY[language].to}{gap}"
    if language == "English":
        yield rule(
            "times from to",
            rf"(?<=\d[AaPp][Mm]){_DASH}(?=\d)|(?<=\d [AaPp][Mm]){_DASH}(?=\d)|(?<=[AaPp]\.[Mm]\.){_DASH}(?=\d)",
            to,
        )
        yield rule(
            "times from to",
            rf"(?<![\w.,:-])(\d{{1,2}}(?::\d\d)?){_DASH}(?=\d{{1,2}}(?::\d\d)? ?[AaPp]\.?[Mm]\b)",
            rf"\1{to}",
        )
        yield rule("times from to", rf"(?<![\w.,:-])(\d{{1,2}}:\d\d){_DASH}(?=\d{{1,2}}:\d\d(?!\d))", rf"\1{to}")
        yield rule(
            "counts from to",
            r"(?<![\w.,/:+()-])(\d{1,4})[-–—](?=\d{1,4} ?(?:tsp|tbsp|cups?|mins?|hrs?|secs?|yrs?|wks?|mos?|mL|L|W|V|kWh|dB|mph|lbs?|oz|ft|in|MB|GB|TB|pm|am)\b)",
            rf"\1{to}",
        )
        yield rule("numbers in dots", r"(?<=\d)\.\.(?=\d)", to)
    elif language == "Korean":
        yield rule("times from to", rf"(?<![\d:])(\d{{1,2}}:\d\d){_DASH}(\d{{1,2}}:\d\d)(?![\d:])", r"\1부터 \2까지")
    else:
        clock = _TIME.get(language, r"\d{1,2}:\d\d")
        apart = r"\d" if language in TIGHT else r"\w"
        yield rule("times from to", rf"(?<![{apart}.,:-])({clock}){_DASH}(?={clock}(?![\d:]))", rf"\1{to}")
    if language in ("French", "Spanish", "Italian", "Portuguese"):
        yield rule(
            "counts from to",
            r"(?<![\w.,/:+()-])(?<!\) )(\d{1,3}) ?[-–—] ?(\d{1,3})(?= ?(?:[^\W\d_]{2,}|[%€$£°]))",
            lambda m: f"{m[1]}{to}{m[2]}" if int(m[1]) < int(m[2]) and len(m[2]) - len(m[1]) < 2 else m[0],
        )
    yield from _pressure(language, gap)
    if language in _OUT_OF:
        yield rule("out of a hundred", r"(?<![\w.,/])([1-9]\d)/100(?![\w/]|[.,]\d)", rf"\1 {_OUT_OF[language]} 100")
    decimal_to = " 에서 " if language == "Korean" else to
    yield rule(
        "decimals from to",
        r"(?<![\d.,/:-])(?<![A-Za-z])(\d{1,5}[.,]\d{1,3}) ?[-–—~～〜] ?(?=\d{1,5}[.,]\d{1,3}(?![\d.,/:-]))",
        rf"\1{decimal_to}",
    )
    if language == "German":
        yield rule(
            "pages from to",
            rf"(?<!\w)((?:{_PAGES[language]}) ?)(\d{{1,4}}) ?[-–—] ?(\d{{1,4}})(?![\w,/-]|\.\d)",
            lambda m: f"{m[1]}{cardinal(int(m[2]), language)} bis {cardinal(int(m[3]), language)}",
        )
    elif language in _PAGES:
        yield rule(
            "pages from to",
            rf"(?<!\w)((?:{_PAGES[language]}) ?)(\d{{1,4}}) ?[-–—] ?(\d{{1,4}})(?![\w.,/-]\d|\w|-)",
            lambda m: f"{m[1]}{cardinal(int(m[2]), language)}{to}{cardinal(int(m[3]), language)}",
        )
    if language == "Chinese":
        yield rule(
            "places from to",
            r"第(\d{1,4})[-–—~至到](\d{1,4})",
            lambda m: f"第{cardinal(int(m[1]), 'Chinese')}到{cardinal(int(m[2]), 'Chinese')}",
        )
        yield rule("place of two figures", r"(?<=[表图节])(\d{1,3})[-–](\d{1,3})(?![-–\d])", r"\1杠\2")
        yield rule("money from to", rf"(?<=\d[元美欧])((?:元)?){_DASH}(?=\d)", r"\1到")
    if language == "Japanese":
        yield rule(
            "pages from to",
            r"(?<![\d.,/-])(\d{1,4})[-–—~～〜](\d{1,4})(?=ページ|頁|章|号|番|位|話|巻|級|代)",
            r"\1から\2",
        )
        yield rule("money from to", rf"(?<=円|歳|人|個|日|月|年|時){_DASH}(?=\d)", "から")
    if language == "Korean":
        yield rule(
            "pages from to",
            r"(?<![\d.,/-])(\d{1,4}) ?[-–—~～] ?(\d{1,4}) ?(?=쪽|페이지|장|번|호|위|세|회|대|학년|주|개월|점|배)",
            r"\1에서 \2 ",
        )
    yield rule("money of scales from to", r"(?<=\d[KkMB]) ?[-–—] ?(?=(?:R|US)?[$£€¥]\d)", to)
    percent = r"(?<=\d) ?[%％] ?[-–—~～〜] ?(?=\d[\d.,]* ?[%％])"
    sign = {"Chinese": "%到", "Japanese": "%から", "Korean": "%에서 "}.get(language, f" %{to}")
    if language != "English":
        yield rule("percents from to", percent, sign)
        yield rule(
            "years from to",
            r"(?<![\w.,/:+-])(1\d{3}|20\d\d) ?[-–—] ?(1\d{3}|20\d\d|\d\d)(?![\w/-]|[.,]\d| ?[%€$])",
            _years(language, to),
        )
    if language not in ("English", "German", "Russian", "Chinese", "Japanese", "Korean"):
        yield rule(
            "score",
            r"(?<![\w.,/:+()-])(\d{1,3})-(\d{1,3})(?=[.,;:!?)]?(?:\s|$)(?! ?[^\W\d_%€$]))(?! [^\W\d_]| ?[%€$£°])",
            lambda m: f"{cardinal(int(m[1]), language)}{to}{cardinal(int(m[2]), language)}",
        )
        yield rule(
            "numbers side by side",
            r"(?<![\w.,/:+()-])(\d{1,3})-(\d{1,3})(?![\w/:-]|[.,]\d)",
            # A one at the end of a score is no article of what follows.
            lambda m: f"{m[1]}{to}{cardinal(1, language) if m[2] == '1' else m[2]}",
        )
    if language == "German":
        yield rule("numbers from to", r"(?<![\w.,/:+()-])(\d{1,3})-(\d{1,3})(?![\w/:-]|[.,]\d)", _german_numbers)
    yield from _ratios(language, gap)
    if language in _HMS:
        yield rule(
            "time with seconds",
            r"(?<![\w.,:])([01]?\d|2[0-3]):([0-5]\d):([0-5]\d)(?![\w:]|[.,]\d| ?(?:Uhr|gmt|GMT|utc|UTC|[a-z]m\b))",
            _seconds(language),
        )
    if language != "English":
        yield rule("all day", r"(?<![\w/])24/7(?![\w/])", "24小时" if language == "Chinese" else "24 7")


_PRESSURE = {
    "English": (r"pressure|\bBP\b", "over"),
    "German": (r"Blutdruck|\bRR\b", "zu"),
    "French": ("tension|pression", "sur"),
    "Spanish": ("tensión|presión", "sobre"),
    "Italian": ("pressione", "su"),
    "Portuguese": ("pressão", "por"),
    "Russian": ("давление", "на"),
    "Chinese": ("血压", "，"),
    "Japanese": ("血圧", "の"),
    "Korean": ("혈압", "에"),
}
"""The word that makes a pressure of two numbers, and what is said between them."""


def _pressure(language: str, gap: str) -> Iterator[Rule]:
    named, over = _PRESSURE[language]
    word = re.compile(named, re.IGNORECASE)

    def speak(match: re.Match[str]) -> str:
        if not word.search(match.string) or int(match[1]) <= int(match[2]):
            return match.group()
        return f"{cardinal(int(match[1]), language)}{gap}{over}{gap}{cardinal(int(match[2]), language)}"

    yield rule("pressure", r"(?<![\d.,/])(\d{1,3})/(\d{1,3})(?![\d/]|[.,]\d)", speak)


_HMS = {
    "German": ("Uhr|Uhr", "|", "und|Sekunde|Sekunden"),
    "French": ("heure|heures", "minute|minutes", "et|seconde|secondes"),
    "Spanish": ("hora|horas", "minuto|minutos", "y|segundo|segundos"),
    "Russian": ("час|часа|часов", "минута|минуты|минут", "|секунда|секунды|секунд"),
}
_FEMININE_TIMES = {"French": "fff", "Spanish": "fmm", "Italian": "fmm", "Russian": "mff", "German": "mff"}


def _seconds(language: str) -> Replacement:
    hours, minutes, seconds = (forms_.split("|") for forms_ in _HMS[language])
    joint, genders = seconds.pop(0), _FEMININE_TIMES[language]

    def said(value: int, names: list[str], gender: str) -> str:
        number = cardinal(value, language, gender=gender).replace("ё", "е")
        if language == "German" and names[0]:
            number = {"eins": "ein" if gender == "m" else "eine"}.get(number, number)
        if language == "Italian" and value == 1:
            number = "una" if gender == "f" else "un"
        name = russian_form(value, names) if language == "Russian" else names[0] if value == 1 else names[-1]
        return f"{number} {name}".rstrip()

    def speak(match: re.Match[str]) -> str:
        parts = [said(int(match[1]), hours, genders[0]), said(int(match[2]), minutes, genders[1])]
        return " ".join(part for part in (*parts, joint, said(int(match[3]), seconds, genders[2])) if part)

    return speak


def _years(language: str, to: str) -> Replacement:
    def speak(match: re.Match[str]) -> str:
        first, last = match[1], match[2]
        if (len(last) == 4 and int(first) >= int(last)) or (len(last) == 2 and int(first[2:]) >= int(last)):
            return match.group()
        if language == "Chinese":
            return match.group()
        if language == "German":
            said = german_year(int(last)) if len(last) == 4 else cardinal(int(last), "German")
            return f"{german_year(int(first))}{to}{said}"
        return f"{first}{to}{last}"

    return speak


def _german_numbers(match: re.Match[str]) -> str:
    return f"{match[1]} {'bis' if int(match[1]) < int(match[2]) else 'zu'} {match[2]}"


def _ratios(language: str, gap: str) -> Iterator[Rule]:
    word = VOCABULARY[language].ratio

    def speak(match: re.Match[str]) -> str:
        first, last = match[1], match[2]
        named = re.search(r"[A-Z][a-z]+\.? $", match.string[: match.start()])
        named = named if named and named.group().strip() not in _NO_BOOKS else None
        if language == "English" and named:
            return match.group()
        joined = f"{gap}{word}{gap}"
        if (language == "Russian" and (first, last) not in _SCREENS) or (
            (first, last) in (("3", "2"), ("2", "1"), ("1", "1")) and language == "Russian"
        ):
            joined = " "
        return f"{cardinal(int(first), language)}{joined}{cardinal(int(last), language)}"

    if language in ("German", "Spanish", "Italian", "Portuguese"):
        yield rule(
            "scale of a map",
            r"(?<![\w.,:/])(\d{1,3}):(\d{1,3}(?:\.\d{3})+)(?![\w:]|[.,]\d)",
            lambda m: f"{cardinal(int(m[1]), language)} {word} {cardinal(int(m[2].replace('.', '')), language)}",
        )
    yield rule(
        "ratio of decimals",
        r"(?<![\w.,:/])(\d{1,3}[.,]\d{1,2}):(\d{1,3}(?:[.,]\d{1,2})?)(?![\w:]|[.,]\d)",
        rf"\1{gap}{word}{gap}\2",
    )
    letter = "A-Za-z\\d" if language in ("Japanese", "Chinese") else "\\w"
    yield rule("ratio", rf"(?<![{letter}.,:/])(\d{{1,3}}):(\d)(?![{letter}:]|[.,]\d)", speak)
    yield rule("ratio of a screen", r"(?<![\w.,:/])(16|21|4|9|32):(9|10|3|16)(?![\w:]|[.,]\d)", speak)
