"""Korean: own numbers before counters, units next to letters, ranges."""

from __future__ import annotations

import re

from makima.text.written.languages.measures import alternatives, unit_rule
from makima.text.written.languages.units import KOREAN
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits, plain

_NUMBER = r"(?<![\d.,/])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNSIGNED = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_COUNTERS = "명|살|개(?!월)|마리|권|잔|병|시간|대|장|벌|켤레|송이|그루|채|척|사람|가지|군데|달|번|자루|그릇|판(?![가-힣]*[정매사단례결])|조각|박스|쌍|곳|상자|컵|접시|봉지|다발|포기|바퀴|걸음|줄|곡|팀|가구|숟가락|시(?! ?\\d)"


def native(value: int) -> str:
    """`value`, 1 to 99, in the words that go with counters."""
    if value == 20:
        return "스무"
    return _TENS[value // 10] + _ONES[value % 10]


def amount(written: str) -> str:
    return decimal(plain(written, "Korean"), "Korean")


def _counted(match: re.Match[str]) -> str:
    value = int(match[1])
    return f"{native(value)} {match[2]}" if 0 < value < 100 else match.group()


def _range(match: re.Match[str]) -> str:
    first, last, counter = int(match[1]), int(match[2]), match[3]
    if re.fullmatch(_COUNTERS, counter) and 0 < first < 100 and 0 < last < 100:
        return f"{native(first)} {counter}에서 {native(last)} {counter}"
    return f"{amount(match[1])}에서 {amount(match[2])} {KOREAN.get(counter, counter)}"


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    words = f"{native(hour) if 0 < hour <= 12 else cardinal(hour, 'Korean')} 시"
    return f"{words} {cardinal(minute, 'Korean')} 분" if minute else words


def _dotted(match: re.Match[str]) -> str:
    return " 점 ".join(cardinal(int(part), "Korean") for part in match[0].split("."))


def _won(match: re.Match[str]) -> str:
    return f"{amount(match[1])}{match[2] or ''} 원"


_PARTICLES = "은|는|이|가|을|를|와|과|에|에서|에게|의|으로|로|부터|까지|보다|처럼|마다|이나|나|이고|이며|이다|입니다|이에요|예요|이라|라고|이었다|였다|이면"
_PARTICLE_OF_A_NUMBER = re.compile(rf"\d({_PARTICLES})(?![가-힣])")
_NUMBER_IN_WORDS = "[영일이삼사오육칠팔구십백천만억조공]"


def attached(said: str, written: str) -> str:
    """What the grammar `said` for `written`, with particles at the number that they stand at."""
    for particle in set(_PARTICLE_OF_A_NUMBER.findall(written)) | set(_PARTICLE_OF_A_DAY.findall(written)):
        said = re.sub(rf"(?<={_NUMBER_IN_WORDS}) {particle}(?![가-힣])", particle, said)
    return said


_PARTICLE_OF_A_DAY = re.compile(rf"\d일({_PARTICLES})(?![가-힣])")
_UNITS = alternatives(list(KOREAN))

RULES: tuple[Rule, ...] = (
    rule(
        "range",
        rf"(?<![\d.,:/-])(\d+) ?[-–—~～] ?(\d+) ?({_UNITS}|{_COUNTERS}|년|월|일|분|초|원|인분|층|퍼센트|도)",
        _range,
    ),
    rule("won", rf"₩ ?({_UNSIGNED})([만억조]+)?", _won),
    rule("time", r"(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])(?= ?[에까부])", _time),
    rule("dotted", r"(?<![\d.,])\d{1,3}(?:\.\d{1,2}){2}(?!\d|[.,]\d)", _dotted),
    rule(
        "address of a machine",
        r"(?<![\d.,])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",
        lambda m: " 점 ".join(digits(part, "Korean") for part in m[0].split(".")),
    ),
    unit_rule(KOREAN, _NUMBER, lambda number, unit: f"{amount(number)} {KOREAN[unit]}", after=r"(?![A-Za-z/²³\d])"),
    rule("count", rf"(?<![\d.,/제])(\d{{1,2}}) ?({_COUNTERS})(?![가-힣]*째)", _counted),
)
