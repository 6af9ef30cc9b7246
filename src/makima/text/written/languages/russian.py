"""Russian: numbers agree with what they count, so that most of them are read here; the grammar gets addresses."""

from __future__ import annotations

import re

from makima.text.written.languages.measures import CURRENCIES, alternatives, forms, unit_rule
from makima.text.written.languages.units import RUSSIAN
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, digits, ordinal, plain

_MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября"),
    "декабря",
)
_SHORT = {name[:3]: index for index, name in enumerate(_MONTHS)}
_NUMBER = r"(?<![\w.,-])(?:-?\d{1,3}(?:[ .]\d{3})+(?:,\d+)?|-?\d+(?:,\d+)?)"
_SIGNS = alternatives([sign for sign in RUSSIAN if sign in CURRENCIES or sign in ("долл.", "коп.")])
_FRACTIONS = {1: "десят", 2: "сот", 3: "тысячн", 4: "десятитысячн", 5: "стотысячн", 6: "миллионн"}
_ROUBLES = ("₽", "руб.", "руб", "р.", "RUB")
_SCALES = {
    "тыс": ("f", "тысяча", "тысячи", "тысяч"),
    "млн": ("m", "миллион", "миллиона", "миллионов"),
    "млрд": ("m", "миллиард", "миллиарда", "миллиардов"),
    "трлн": ("m", "триллион", "триллиона", "триллионов"),
}
_SUFFIXES = {
    "го": ("m", "g"),
    "ого": ("m", "g"),
    "его": ("m", "g"),
    "му": ("m", "d"),
    "ому": ("m", "d"),
    "ему": ("m", "d"),
    "м": ("m", "p"),
    "ом": ("m", "p"),
    "ем": ("m", "p"),
    "ым": ("m", "i"),
    "им": ("m", "i"),
    "й": ("m", "n"),
    "ый": ("m", "n"),
    "ий": ("m", "n"),
    "ой": ("m", "n"),
    "я": ("f", "n"),
    "ая": ("f", "n"),
    "ья": ("f", "n"),
    "ю": ("f", "a"),
    "ую": ("f", "a"),
    "е": ("p", "n"),
    "ое": ("n", "n"),
    "ые": ("p", "n"),
    "ие": ("p", "n"),
    "х": ("p", "g"),
    "ых": ("p", "g"),
    "их": ("p", "g"),
}


def place(value: int, gender: str, case: str) -> str:
    """`value` as a place; `gender` p for the plural."""
    if gender != "p":
        return ordinal(value, "Russian", gender=gender, case=case).replace("ё", "е")
    words = ordinal(value, "Russian").replace("ё", "е")
    soft = words.endswith("ий")
    endings = {"n": "ие" if soft else "ые", "g": "их" if soft else "ых"}
    if words.endswith("третий"):
        endings = {"n": "ьи", "g": "ьих"}
    return words[:-2] + endings[case]


def form(value: int, names: list[str]) -> str:
    """The form of a noun that goes with `value`."""
    last, tens = value % 10, value // 10 % 10
    if tens == 1 or last == 0 or last > 4:
        return names[-1]
    return names[0] if last == 1 else names[1]


def number(written: str, gender: str = "m") -> str:
    """A number as it is written, in words; after a decimal comma its tenths and hundredths are named."""
    value = plain(written, "Russian")
    sign = "минус " if value.startswith("-") else ""
    whole, _, fraction = value.lstrip("-").partition(".")
    if not fraction:
        return sign + _whole(whole, gender)
    if len(fraction) > 6:
        return f"{sign}{_whole(whole, 'm')} запятая {digits(fraction, 'Russian')}"
    one = "целая" if int(whole) % 10 == 1 and int(whole) % 100 != 11 else "целых"
    part = int(fraction)
    ending = "ая" if part % 10 == 1 and part % 100 != 11 else "ых"
    return (
        f"{sign}{_whole(whole, 'f')} {one} {cardinal(part, 'Russian', gender='f')} {_FRACTIONS[len(fraction)]}{ending}"
    )


def _whole(whole: str, gender: str) -> str:
    if len(whole) > 15:
        return digits(whole, "Russian")
    value = int(whole)
    head, tail = divmod(value, 1000)
    if gender != "m" and head and tail:  # num2words gives every group the gender
        return f"{cardinal(head * 1000, 'Russian')} {cardinal(tail, 'Russian', gender=gender)}".replace("ё", "е")
    if gender != "m" and head:
        gender = "m"
    return cardinal(value, "Russian", gender=gender).replace("ё", "е")


def _measure(written: str, unit: str) -> str:
    gender, names = forms(RUSSIAN[unit])
    value = plain(written, "Russian").lstrip("-")
    return f"{number(written, gender)} {names[1] if '.' in value else form(int(value), names)}"


def _money(match: re.Match[str]) -> str:
    written, sign = match["number"] or match["after"], match["sign"] or match["before"]
    gender, names = forms(RUSSIAN[sign])
    if scale := match["scale"]:
        return f"{_scaled(written, scale)} {names[-1]}"
    whole, _, cents = plain(written, "Russian").partition(".")
    if len(cents) == 2 and sign in (*_ROUBLES, "$", "€"):
        small = forms(RUSSIAN["коп."])[1] if sign in _ROUBLES else ["цент", "цента", "центов"]
        said = f"{_whole(whole, gender)} {form(int(whole), names)}"
        part = f"{cardinal(int(cents), 'Russian', gender='f' if sign in _ROUBLES else 'm')} {form(int(cents), small)}"
        if not int(cents):
            return said
        return f"{said} {part}" if int(whole) else part
    return _measure(written, sign)


def _scaled(written: str, scale: str) -> str:
    gender, *names = _SCALES[scale.strip().rstrip(".")]
    value = plain(written, "Russian").lstrip("-")
    return f"{number(written, gender)} {names[1] if '.' in value else form(int(value), names)}"


def _date(match: re.Match[str]) -> str:
    month = match["month"] or match["m2"] or match["m3"]
    day, written = int(match["day"]), match["year"]
    index = int(month) - 1 if month.isdecimal() else _SHORT.get(month[:3].lower(), -1)
    if not (1 <= day <= 31 and 0 <= index < 12):
        return match.group()
    when = match["before"] or _in_a_sentence(match)
    words = f"{match['before'] or ''}{place(day, 'n', 'g' if when else 'n')} {_MONTHS[index]}"
    said = place(int(written), "m", "g")
    if len(written) == 2 and written[0] == "0":
        said = f"ноль {said}"
    return f"{words} {said}{' года' if match['g'] else ''}"


def _day(match: re.Match[str]) -> str:
    return f"{match['before'] or ''}{place(int(match['day']), 'n', 'g' if match['before'] or _in_a_sentence(match) else 'n')}"


_NOT_WHEN = re.compile(r"(?:сегодня|завтра|вчера|дата|это|по|на|за|под|—|-|:)[ ,:]*$", re.IGNORECASE)


def _in_a_sentence(match: re.Match[str]) -> bool:
    """Whether a day stands behind other words, where it says when something is: `родился 4 июля`."""
    before = match.string[: match.start("day")].rstrip()
    return bool(re.search(r"[а-яё]$", before)) and not _NOT_WHEN.search(before)


_YEAR_CASES = {"год": "n", "года": "g", "году": "p", "годом": "i", "годе": "p", "г.": "n"}


def _year(match: re.Match[str]) -> str:
    before, noun = (match["before"] or "").strip().lower(), match["noun"]
    case = _YEAR_CASES[noun]
    if noun == "году" and before in ("к", "по"):
        case = "d"
    if noun == "г.":
        case = "p" if before in ("в", "во") else "g" if before in ("с", "до", "от", "после") else "n"
        noun = {"p": "году", "g": "года", "n": "год"}[case]
    return f"{match['before'] or ''}{place(int(match['year']), 'm', case)} {noun}"


def _suffixed(match: re.Match[str]) -> str:
    gender, case = _SUFFIXES[match[2]]
    value = int(match[1])
    if match[2] == "й" and re.match(r" [а-яё]+[еи](?!\w)", match.string[match.end() :]):
        return place(value, "f", "p")
    neuter = re.match(rf" (?:[а-яё]+[оеё]|{'|'.join(_MONTHS)})(?!\w)", match.string[match.end() :])
    if match[2] == "е" and (neuter or (value < 1000 and value % 10 == 3 and value != 13)):
        gender = "n"
    return place(value, gender, case)


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    before = match["before"] or ""
    if before:
        case = "n" if before.strip().lower() == "в" else "d" if before.strip().lower() == "к" else "g"
        said = cardinal(hour, "Russian", case=case).replace("ё", "е")
        if not minute:
            names = {"n": ["час", "часа", "часов"], "d": ["часу", "часам", "часам"], "g": ["часа", "часов", "часов"]}
            return f"{before}{said} {form(hour, names[case])}"
        nought = {"n": "ноль ", "d": "нулю ", "g": "нуля "}[case] if minute < 10 else ""
        return f"{before}{said} {nought}{cardinal(minute, 'Russian', case=case).replace('ё', 'е')}"
    words = f"{cardinal(hour, 'Russian')} {form(hour, ['час', 'часа', 'часов'])}"
    if not minute:
        return words
    return f"{words} {cardinal(minute, 'Russian', gender='f')} {form(minute, ['минута', 'минуты', 'минут'])}"


def _telephone(match: re.Match[str]) -> str:
    plus = "плюс " if match.group().startswith("+") else ""
    said = []
    for group in re.findall(r"\d+", match.group()):
        noughts = len(group) - len(group.lstrip("0")) if group.strip("0") else len(group)
        words = ["ноль"] * noughts + ([cardinal(int(group), "Russian")] if group.strip("0") else [])
        said.append(" ".join(words))
    return plus + " ".join(said)


def _dotted(match: re.Match[str]) -> str:
    return " точка ".join(cardinal(int(part), "Russian") for part in match.group().split("."))


def _plain_number(match: re.Match[str]) -> str:
    return number(match.group())


_SCALE = r"(?: ?(?P<scale>тыс|млн|млрд|трлн)\.?)?"
_BEFORE_DATE = r"(?:\b(?:[Сс]|[Дд]о|[Оо]т|[Пп]осле|[Сс]о|[Нн]ачиная с) )"


def _counted(match: re.Match[str]) -> str:
    """One and two agree with what they count: the ending of the noun tells its gender."""
    value, noun = int(match[1].replace(" ", "")), match[2]
    gender = "m"
    if value % 10 == 1 and value % 100 != 11 and noun[-1] in "ую":
        return f"{cardinal(value, 'Russian', gender='f', case='a')} {noun}".replace("ё", "е")
    if value % 10 == 1 and value % 100 != 11:
        gender = "f" if noun[-1] in "ая" else "n" if noun[-1] in "ое" else "m"
    elif value % 10 == 2 and value % 100 != 12:
        gender = "f" if noun[-1] in "ыи" else "m"
    return f"{number(match[1], gender)} {noun}"


_THIRDS = {3: ("треть", "трети"), 4: ("четверть", "четверти")}


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match[1]), int(match[2])
    if not bottom:
        return match.group()
    words = cardinal(top, "Russian", gender="f")
    if bottom in _THIRDS and top < bottom:
        return f"{words} {_THIRDS[bottom][0 if top == 1 else 1]}"
    if top % 10 == 1 and top % 100 != 11:
        return f"{words} {place(bottom, 'f', 'n')}"
    return f"{words} {place(bottom, 'p', 'g')}"


def _from_to(match: re.Match[str]) -> str:
    return f"{match[1]} {place(int(match[2]), 'm', 'g')} по {place(int(match[3]), 'm', 'n')} {match[4]}"


def _hour(match: re.Match[str]) -> str:
    hour, minute = cardinal(int(match[1]), "Russian"), int(match[2])
    if not minute:
        return hour
    return f"{hour} {'ноль ' if minute < 10 else ''}{cardinal(minute, 'Russian')}"


def _range(match: re.Match[str]) -> str:
    return f"{number(match[1])} - " if int(match[1]) < int(match[2]) else match.group()


def _iso_date(match: re.Match[str]) -> str:
    day, month = int(match[3]), int(match[2])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match.group()
    return f"{place(day, 'n', 'n')} {_MONTHS[month - 1]} {place(int(match[1]), 'm', 'g')} года"


RULES: tuple[Rule, ...] = (
    rule("date in figures", r"(?<![\w./-])(\d{4})-(\d\d)-(\d\d)(?![\w-])", _iso_date),
    rule("number sign", r"№ ?(?=\d)", "номер "),
    rule("time of day", r"(?<![\w.,:])([01]?\d|2[0-3])[.:]([0-5]\d)(?= (?:утра|вечера|дня|ночи|часов))", _hour),
    rule("years from to", r"\b([Сс]) (\d{4}) по (\d{4}) (годы?)(?!\w)", _from_to),
    rule("fraction", r"(?<![\w.,/])(\d{1,3})/(\d{1,3})(?![\w/]|,\d)", _fraction),
    rule("range", r"(?<![\w.,/:+()-])(\d{1,5}) ?[-–—] ?(?=(\d{1,5}) ?[а-я%°€$₽])", _range),
    rule(
        "telephone",
        r"(?<![\w.,])(?:\+7|8)[ -]?\(?\d{3}\)?[ -]?\d{3}[ -]\d{2}[ -]\d{2}(?!\w)|(?<![\w.,])\d{3}-\d{2}-\d{2}(?![\w-])",
        _telephone,
    ),
    rule("four digits before three", r"(?<![\w.,])([12]\d{3}) (?=\d{3}(?!\d))", lambda m: f"{number(m[1])} "),
    rule(
        "date",
        rf"(?P<before>{_BEFORE_DATE})?(?<![\w.,/-])(?P<day>\d{{1,2}})(?:\.(?P<month>\d{{1,2}})\.|/(?P<m2>\d{{1,2}})/|-(?P<m3>\d\d|[а-я]{{3,8}})-)"
        r"(?P<year>\d{4}|\d\d)(?P<g> ?г\.?(?!\w))?(?!\d|,\d)",
        _date,
    ),
    rule("day", rf"(?P<before>{_BEFORE_DATE})?(?<![\w.,])(?P<day>\d{{1,2}})(?= (?:{'|'.join(_MONTHS)})(?!\w))", _day),
    rule(
        "year",
        r"(?P<before>\b(?:[Вв]о?|[Сс]|[Дд]о|[Оо]т|[Кк]|[Пп]осле|[Пп]о) )?(?<![\w.,])(?P<year>\d{3,4}) ?(?P<noun>года|году|годом|годе|год|г\.)(?!\w)",
        _year,
    ),
    rule("place", rf"(?<![\w.,])(\d{{1,7}})-({alternatives(list(_SUFFIXES))})(?!\w)", _suffixed),
    rule(
        "time",
        r"(?P<before>\b(?:[Вв]|[Кк]|[Дд]о|[Сс]|[Пп]осле|[Оо]коло) )?(?<![\w.,:])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![\d:])",
        _time,
    ),
    rule(
        "time with a point",
        r"(?P<before>\b(?:[Вв]|[Кк]|[Дд]о|[Сс]|[Пп]осле|[Оо]коло) )(?<![\w.,:])(?P<hour>[01]?\d|2[0-3])\.(?P<minute>[0-5]\d)(?![\d%]|[.,]\d|\w)",
        _time,
    ),
    rule(
        "money",
        rf"(?:(?P<number>{_NUMBER}){_SCALE} ?(?P<sign>{_SIGNS})|(?P<before>[$€£₽]) ?(?P<after>{_NUMBER}))(?!\w)",
        _money,
    ),
    rule("scale", rf"({_NUMBER}) ?(тыс|млн|млрд|трлн)\b\.?", lambda m: _scaled(m[1], m[2])),
    unit_rule(RUSSIAN, _NUMBER, _measure),
    rule("dotted", r"(?<![\w.,])(?!\d{1,3}(?:\.\d{3})+(?![\d.]))\d{1,4}(?:\.\d{1,4}){1,3}(?!\w|[.,]\d)", _dotted),
    rule("range", r"(?<=\d) ?[–—] ?(?=\d)", " - "),
    rule(
        "counted",
        r"(?<![\w.,/-])(?<!\d )(\d{1,3}(?: \d{3})+|\d{1,6}) (?!(?:для|при|или|без|над|под|про|это|из|как)(?!\w))([а-я]{3,})(?!\w)",
        _counted,
    ),
    rule("number", rf"{_NUMBER}(?![\w/:²³]|[.,]\d|-\w)", _plain_number),
)
