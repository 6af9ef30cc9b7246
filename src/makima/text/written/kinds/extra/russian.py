"""Russian: numbers in the case that a preposition or the ending of a noun asks for."""

from __future__ import annotations

import re

from makima.text.written.kinds.names.unit_names import NAMES
from makima.text.written.languages.measures import alternatives, forms
from makima.text.written.languages.russian import form, place
from makima.text.written.languages.units import RUSSIAN
from makima.text.written.rule import Replacement, Rule, rule
from makima.text.written.words import cardinal, digits

_MONTHS = "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
_IN_MONTHS = "январе|феврале|марте|апреле|мае|июне|июле|августе|сентябре|октябре|ноябре|декабре"
_GENITIVE = (
    "[Вв]место|[Оо]т|[Дд]о|[Ии]з|[Оо]коло|[Пп]осле|[Бб]ез|[Бб]олее|[Мм]енее|[Сс]выше|[Бб]ольше|[Мм]еньше|[Кк]роме|[Сс]реди|[Дд]ля|"
    "[Вв] течение|[Пп]орядка"
)
_JOINED = (
    r"(?:лет|этажн|дневн|часов|процентн|минутн|месячн|кратн|градусн|километров|метров|комнатн|местн|тысячн|ядерн|"
    r"секундн|разов|значн|томн|бит)[а-яё]+"
)
_UNITS = [*RUSSIAN, *NAMES["Russian"]]
_UNIT = alternatives([unit for unit in _UNITS if unit not in ("г", "с", "т", "%", "а", "В", "А")])
_NUMBER = r"\d{1,3}(?: \d{3})+|\d{1,6}"
_NOT_A_NUMBER = rf"(?![\w:/-]|[.,]\d| ?[€$£₽°]| (?:{_MONTHS}|год|век|г\.|млн|млрд|тыс|руб)| (?:км|кг|м|см|мм|г|л|т|мл|мг)(?![а-я])|-[а-я])"


def _case(written: str, case: str, noun: str = "") -> str:
    value = int(written.replace(" ", ""))
    feminine = value % 10 == 1 and value % 100 != 11 and noun.endswith(("и", "ы", "ой", "ей", "е"))
    return cardinal(value, "Russian", gender="f" if feminine else "m", case=case).replace("ё", "е")


def _genitive(match: re.Match[str]) -> str:
    return f"{match[1]} {_case(match[2], 'g', match[3] or '')}"


def _with(match: re.Match[str]) -> str:
    return f"{match[1]} {_case(match[2], 'g')}"


def _percent(match: re.Match[str]) -> str:
    last = int(match[2]) % 10 == 1 and int(match[2]) % 100 != 11
    return f"{match[1]} {_case(match[2], 'g')} процент{'а' if last else 'ов'}"


def _with_unit(match: re.Match[str]) -> str:
    value = int(match[2].replace(" ", ""))
    gender, names = forms({**RUSSIAN, **NAMES["Russian"]}[match[3]])
    one = value % 10 == 1 and value % 100 != 11
    number = cardinal(value, "Russian", gender=gender if one else "m", case="g").replace("ё", "е")
    return f"{match[1]} {number} {names[1] if one else names[-1]}"


def _days(match: re.Match[str]) -> str:
    return f"{match[1]} {place(int(match[2]), 'n', 'g')} по {place(int(match[3]), 'n', 'n')}"


def _joined(match: re.Match[str]) -> str:
    value = int(match[1])
    prefix = {1: "одно", 90: "девяносто", 100: "сто", 1000: "тысяче"}.get(value)
    return (prefix or cardinal(value, "Russian", case="g").replace("ё", "е").replace(" ", "")) + match[2]


def _by_ending(case: str) -> Replacement:
    return lambda match: f"{match[1]}{_case(match[2], case)} {match[3]}"


def _year(match: re.Match[str]) -> str:
    return f"{match[1]} {place(int(match[2]), 'm', 'g')} года"


def _years(match: re.Match[str]) -> str:
    return f"{place(int(match[1]), 'm', 'n')} - {place(int(match[2]), 'm', 'n')} годы"


def _signed(match: re.Match[str]) -> str:
    sign = "минус" if match[2] in "-−" else "плюс"
    return f"{match[1]} {sign} {_case(match[3], 'g')}"


_PARTS = {1: "десят", 2: "сот", 3: "тысячн"}


def _decimal(match: re.Match[str], case: str = "g") -> str:
    whole, part = int(match[2].replace(" ", "")), int(match[3])
    one, one_part = (n % 10 == 1 and n % 100 != 11 for n in (whole, part))
    said = cardinal(whole, "Russian", gender="f" if one else "m", case=case)
    said_part = cardinal(part, "Russian", gender="f" if one_part else "m", case=case)
    many = "ым" if case == "d" else "ых"
    words = f"{said} цел{'ой' if one else many} {said_part} {_PARTS[len(match[3])]}{'ой' if one_part else many}"
    scale = {"млн": " миллиона", "млрд": " миллиарда", "тыс": " тысячи", "трлн": " триллиона"}.get(match[4] or "", "")
    percent = " процента" if match[5] else ""
    if unit := match.groupdict().get("unit"):
        percent = f" {forms({**RUSSIAN, **NAMES['Russian']}[unit])[1][1]}"
    return f"{match[1]} {words}{scale}{percent}".replace("ё", "е")


_THIRDS = {2: ("второй", "вторых"), 3: ("трети", "третей"), 4: ("четверти", "четвертей")}


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match[2]), int(match[3])
    if bottom < 2:
        return match.group()
    one = top % 10 == 1 and top % 100 != 11
    parts = _THIRDS.get(bottom) or (place(bottom, "f", "g"), place(bottom, "p", "g"))
    number = cardinal(top, "Russian", gender="f" if one else "m", case="g").replace("ё", "е")
    return f"{match[1]} {number} {parts[0] if one else parts[1]}"


_MISTER = {
    "н": "ин", "на": "ина", "ну": "ину", "ном": "ином", "жа": "жа", "жи": "жи", "же": "же", "жу": "жу", "жой": "жой",
}  # fmt: skip
_QUARTERS = {"I": 1, "II": 2, "III": 3, "IV": 4}


def _quarter(match: re.Match[str]) -> str:
    value = _QUARTERS.get(match[2]) or int(match[2])
    year = f" {place(int(match[3]), 'm', 'g')} года" if match[3] else ""
    if match[1]:
        return f"{match[1]}{'о' if value == 2 and match[1][-1] != 'о' else ''} {place(value, 'm', 'p')} квартале{year}"
    return f"{place(value, 'm', 'n')} квартал{year}"


_SPOONS = {"ч": "чайн", "ст": "столов"}
_WEEKDAYS = {
    "пн": "понедельник", "вт": "вторник", "чт": "четверг", "пт": "пятница", "сб": "суббота", "вс": "воскресенье",
}  # fmt: skip


def _spoons(match: re.Match[str]) -> str:
    value, stem = int(match[1]), _SPOONS[match[2]]
    number = cardinal(value, "Russian", gender="f" if value % 10 in (1, 2) else "m").replace("ё", "е")
    return f"{number} {form(value, [f'{stem}ая ложка', f'{stem}ые ложки', f'{stem}ых ложек'])}"


def _day(match: re.Match[str]) -> str:
    month = _MONTHS.split("|")[int(match[3]) - 1]
    return f"{match[1]} {place(int(match[2]), 'n', 'g')} {month}"


RULES: tuple[Rule, ...] = (
    rule(
        "in a year before a number",
        r"(?<!\w)([Вв]) (1[1-9]\d\d|20\d\d) (?=\d)(?!\d{3} ?[₽€$])",
        lambda m: f"{m[1]} {place(int(m[2]), 'm', 'p')} ",
    ),
    rule(
        "to a day",
        r"(?<!\w)([Кк]о?) ([1-9]|[0-2]\d|3[01])\.(0?[1-9]|1[0-2])\.(\d{4})(?: ?г\.(?!\w)| года)?(?![\w]|[.,]\d)",
        lambda m: (
            f"{m[1]} {place(int(m[2]), 'n', 'd')} {_MONTHS.split('|')[int(m[3]) - 1]} {place(int(m[4]), 'm', 'g')} года"
        ),
    ),
    rule(
        "years by themselves",
        r"(?<![\w.,/-])(1[1-9]\d\d|20\d\d)[-–—](1[1-9]\d\d|20\d\d)(?=[.,;:!?)»]|$)(?![.,]\d)",
        lambda m: f"{place(int(m[1]), 'm', 'n')} - {place(int(m[2]), 'm', 'n')}" if int(m[1]) < int(m[2]) else m[0],
    ),
    rule(
        "for a time",
        r"(?<!\w)([Нн]а) (\d|1\d|2[0-3])\.(00|15|30|45)(?![\d%]|[.,]\d|\w| [а-я]+[ао]?(?:за|%))",
        r"\1 \2:\3",
    ),
    rule("long place", r"(?<![\w.,-])(\d{10,15})-[а-я]{1,3}(?!\w)", lambda m: digits(m[1], "Russian")),
    rule(
        "day of a month",
        r"(?<!\w)([Дд]о|[Сс]|[Оо]т|[Пп]осле) ([1-9]|[0-2]\d|3[01])\.(0[1-9]|1[0-2])(?!\w|[.,]\d|\.\d)",
        _day,
    ),
    rule(
        "day behind a weekday",
        rf"((?:понедельник|вторник|сред[ау]|четверг|пятниц[ау]|суббот[ау]|воскресенье), )(\d{{1,2}})(?= (?:{_MONTHS})(?!\w))",
        lambda m: f"{m[1]}{place(int(m[2]), 'n', 'g')}",
    ),
    rule(
        "by one",
        r"(?<!\w)([Пп]о) 1 (?=[а-яё]+[еиу](?!\w))",
        lambda m: f"{m[1]} {'одному' if m.string[m.end() :].split(' ')[0].rstrip('.,')[-1] == 'у' else 'одной'} ",
    ),
    rule(
        "by a day",
        rf"(?<!\w)([Кк]о?) (\d{{1,2}})(?= (?:{_MONTHS})(?!\w))",
        lambda m: f"{m[1]} {place(int(m[2]), 'n', 'd')}",
    ),
    rule(
        "in so many kilometers",
        r"(?<!\w)([Вв]) (\d{1,4}) км(?= от)",
        lambda m: f"{m[1]} {_case(m[2], 'p')} километр{'е' if m[2][-1:] == '1' and m[2][-2:] != '11' else 'ах'}",
    ),
    rule(
        "decimals of a limit",
        rf"(?<!\w)({_GENITIVE}|[Сс]о?(?= [\d ,]{{1,12}} ?%? (?:до|по)(?!\w))) (\d{{1,3}}(?: \d{{3}})+|\d{{1,6}}),(\d{{1,3}})"
        r"(?: (млн|млрд|тыс|трлн)\.?(?!\w)|( ?%)"
        rf"| ?(?P<unit>{_UNIT})(?![^\W\d_]|[/²³\d·])|(?= [а-я])|(?=[.;!?)]|$))",
        _decimal,
    ),
    rule(
        "decimals in the dative",
        rf"(?<!\w)([Кк]о?|[Рр]ав(?:ен|на|но|ны|няется)) (\d{{1,6}}),(\d{{1,3}})"
        rf"(?: (млн|млрд|тыс|трлн)\.?(?!\w)|( ?%)| ?(?P<unit>{_UNIT})(?![^\W\d_]|[/²³\d·])|(?= [а-я])|(?=[.;!?)]|$))",
        lambda m: _decimal(m, "d"),
    ),
    rule("fraction of a limit", rf"(?<!\w)({_GENITIVE}) (\d{{1,2}})/(\d{{1,2}})(?![\w/]|[.,]\d)", _fraction),
    rule("one and a half", r"(?<![\w.,/])1 1/2 ?(ч|ст)\. ?л\.", lambda m: f"полторы {_SPOONS[m[1]]}ые ложки"),
    rule(
        "one and a half", r"(?<![\w.,/])1 1/2 (?=[а-яё]+([а-яё]))", lambda m: f"полтор{'ы' if m[1] in 'иы' else 'а'} "
    ),
    rule(
        "one person",
        r"(?<!\w)([Нн]а|[Зз]а|[Дд]ля|[Оо]т|[Уу]) 1 (?=(?:человека|ребёнка|ребенка|студента|ученика|сотрудника|клиента|гостя|взрослого)(?!\w))",
        r"\1 одного ",
    ),
    rule(
        "day and time",
        r"(?<![\w.,])([1-9]|[0-2]\d|3[01])\.(0[1-9]|1[0-2])(?= в \d{1,2}[:.]\d\d)",
        lambda m: f"{place(int(m[1]), 'n', 'g')} {_MONTHS.split('|')[int(m[2]) - 1]}",
    ),
    rule(
        "degrees of a limit",
        rf"(?<!\w)({_GENITIVE}) ([-−+])(\d{{1,3}}) ?°C(?!\w)",
        lambda m: (
            f"{m[1]} {'минус' if m[2] in '-−' else 'плюс'} {_case(m[3], 'g')} градус{'а' if m[3][-1] == '1' and m[3][-2:] != '11' else 'ов'} Цельсия"
        ),
    ),
    rule(
        "item of a law",
        r"(?<!\w)([Пп])\. ?(\d{1,3}(?:\.\d{1,2})?) ст\. ?(?=\d)",
        lambda m: f"{m[1]}ункт {cardinal(int(m[2]), 'Russian') if m[2].isdecimal() else m[2]} статьи ",
    ),
    rule(
        "to a number",
        rf"(?<!\w)([Кк]о?) ({_NUMBER}){_NOT_A_NUMBER}(?=[.,;!?)]|$)",
        lambda m: f"{m[1]} {_case(m[2], 'd')}",
    ),
    rule(
        "before a number",
        r"(?<!\w)([Пп]ри) (\d{1,3}(?: \d{3})*)(?= [а-я]+(?:ов|ей|й)(?!\w))",
        lambda m: f"{m[1]} {_case(m[2], 'p')}",
    ),
    rule("mister", r"(?<!\w)([Гг])-(н|на|ну|ном|жа|жи|же|жу|жой)(?= [А-ЯЁ])", lambda m: f"{m[1]}оспод{_MISTER[m[2]]}"),
    rule("volume", r"(?<![\w.])т\. ?(?=\d)", "том "),
    rule(
        "quarter",
        r"(?:(?<!\w)([Вв]о?) )?(?<!\w)(I{1,3}|IV|[1-4])(?:-[а-я]{1,2})? (?:кв\.|квартал[а-я]{0,2})(?: (\d{4}) (?:г\.|года))?",
        _quarter,
    ),
    rule(
        "in the years from to",
        r"(?<!\w)([Вв]) (1\d{3}|20\d\d) ?[-–—] ?(1\d{3}|20\d\d) (?:гг\.|годах)",
        lambda m: f"{m[1]} {place(int(m[2]), 'm', 'p')} - {place(int(m[3]), 'm', 'p')} годах",
    ),
    rule("half a spoon", r"(?<![\w.,/])1/2 ?(ч|ст)\. ?л\.", lambda m: f"половина {_SPOONS[m[1]]}ой ложки"),
    rule("spoons", r"(?<![\w.,/])(\d{1,2}) ?(ч|ст)\. ?л\.", _spoons),
    rule("step", r"(?<=[А-Яа-яё] )(\d{1,3})(?=:(?:\s|$))", lambda m: cardinal(int(m[1]), "Russian")),
    rule("Saturday", r"(?<![\w-])(пн|вт|чт|пт|сб|вс)(?![\w.-])", lambda m: _WEEKDAYS[m[1]]),
    rule("article by law", r"(?<!\w)([Сс]огласно|[Пп]о|[Кк]) ст\. ?(?=\d)", r"\1 статье "),
    rule("article in law", r"(?<!\w)([Вв]) ст\. ?(?=\d)", r"\1 статье "),
    rule("part of an article", r"(?<=ст(?:\.|атье|атьи|атья) ?\d{1,4}(?:\.\d)?,? )ч\. ?(?=\d)", "часть "),
    rule("article of a part", r"(?<=ч\. ?\d{1,2} )ст\. ?(?=\d)", "статьи "),
    rule("part", r"(?<!\w)(?<!\d )ч\. ?(?=\d)", "часть "),
    rule("article", r"(?<!\w)ст\. ?(?=\d)", "статья "),
    rule(
        "score",
        r"(?<=(?:счёт|счет|счётом|счетом|со счётом|выиграл|выиграла|проиграл|проиграла|закончился|закончилась|закончился|завершился|завершилась|победил|победила|победили)(?!\w)[^.;!?]{0,30} )(\d{1,3}):(\d{2,3})(?![\w:])",
        lambda m: f"{cardinal(int(m[1]), 'Russian')} {cardinal(int(m[2]), 'Russian')}",
    ),
    rule("signed", rf"(?<!\w)({_GENITIVE}) ([-−+])({_NUMBER}){_NOT_A_NUMBER}", _signed),
    rule("kilometer of a road", r"(?<=\d-м )км(?!\w)", "километре"),
    rule(
        "and a half",
        r"(?<![\w.,/])(\d{1,3}) 1/2(?= [а-яё]|[.,;!?)]|$)",
        lambda m: f"{cardinal(int(m[1]), 'Russian')} с половиной",
    ),
    rule("days from to", rf"(?<!\w)([Сс]о?) (\d{{1,2}}) по (\d{{1,2}})(?= (?:{_MONTHS})(?!\w))", _days),
    rule("year of a month", rf"(?<!\w)({_MONTHS}|{_IN_MONTHS}) (\d{{4}})(?: года| г\.)?(?![\w.,]\d|\w)", _year),
    rule("years from to", r"(?<![\w.,])(1\d{3}|20\d\d) ?[-–—] ?(1\d{3}|20\d\d) ?(?:гг\.?|годы|годов)(?!\w)", _years),
    rule(
        "with",
        rf"(?<!\w)(?![Сс]о? \d{{4}} по \d{{4}} год)((?:[КкВв]местe )?[Сс]о?) ({_NUMBER})(?= (?:до|по)(?!\w)){_NOT_A_NUMBER}",
        _with,
    ),
    rule("joined", rf"(?<![\w.,-])(\d{{1,4}})-({_JOINED})", _joined),
    rule(
        "units of a limit",
        rf"(?<!\w)({_GENITIVE}) ({_NUMBER}) ?({alternatives([n for n in _UNITS if n not in ('%', 'г', 'с', 'т')])})(?![^\W\d_]|[/²³\d·])",
        _with_unit,
    ),
    rule("percents of a limit", rf"(?<!\w)({_GENITIVE}) (\d{{1,3}}) ?%", _percent),
    rule("genitive", rf"(?<!\w)({_GENITIVE}) ({_NUMBER}){_NOT_A_NUMBER}(?= ([а-я]+)| |[.,;!?)]|$)", _genitive),
    rule(
        "instrumental",
        rf"((?<!\w)[Сс]о? |(?<!\w)[Мм]ежду |(?<!\w)[Нн]ад |(?<!\w)[Пп]од )({_NUMBER}) ([а-я]+(?:ами|ями|ьми))(?!\w)",
        _by_ending("i"),
    ),
    rule("dative", rf"((?<!\w)[Кк]о? |(?<!\w)[Пп]о )({_NUMBER}) ([а-я]+(?:ам|ям))(?!\w)", _by_ending("d")),
    rule(
        "prepositional",
        rf"((?<!\w)[Вв]о? |(?<!\w)[Нн]а |(?<!\w)[Оо]б? |(?<!\w)[Пп]ри )({_NUMBER}) ([а-я]+(?:ах|ях))(?!\w)",
        _by_ending("p"),
    ),
)
