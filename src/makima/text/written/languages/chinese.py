"""Chinese: telephone numbers, ranges, units next to letters, money, and 两 before what is counted."""

from __future__ import annotations

import re

from makima.text.written.languages.measures import CURRENCIES, alternatives, unit_rule
from makima.text.written.languages.units import CHINESE
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits, plain

_NUMBER = r"(?<![\d.,])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SIGNS = alternatives([sign for sign in CHINESE if sign in CURRENCIES])
_COUNTED = (
    "个|位|名|天|人|次|年|种|本|张|件|只|条|块|杯|家|台|辆|岁|小时|分钟|公里|公斤|斤|米|元|倍|瓶|座|间|层|周|份|支|双|口|点|"
    "场|遍|句|段|道|门(?!口)|顿|桌|棵|户|款|项|步|页|处|所|架|艘|列|回|"
    "把|扇|顶|朵|颗|粒|滴|匹|头|首|幅|篇|封|副|套|栋|排|圈|趟|届|部|节|碗|盒|袋|包|箱|桶|片|根|枚|勺|样|群|对|批|笔|"
    "厘米|千克|克|升|毫升|摄氏度|度|美元|欧元"
)


def amount(written: str) -> str:
    return decimal(plain(written, "Chinese"), "Chinese")


def counted(written: str) -> str:
    """A count: two is 两 by itself, and before hundreds of thousands."""
    value = plain(written, "Chinese")
    if value == "2":
        return "两"
    return re.sub(r"^二(?=[千万亿])", "两", amount(written))


def telephone(number: str) -> str:
    """Digit by digit; one is said 幺, as it is over the telephone."""
    return "，".join(digits(group, "Chinese").replace("一", "幺") for group in re.findall(r"\d+", number))


def _range(match: re.Match[str]) -> str:
    if match[4] == "%":
        return f"百分之{amount(match[1])}到百分之{amount(match[3])}"
    if match[4] == "年" and len(match[1]) == 4:
        return f"{digits(match[1], 'Chinese')}年到{digits(match[3], 'Chinese')}年"
    say = amount if match[4] in "月日号级页章课" else counted
    return f"{say(match[1])}到{say(match[3])}{CHINESE.get(match[4], match[4])}"


def _money(match: re.Match[str]) -> str:
    sign, number, scale = match[1] or match[5], match[2] or match[4], match[3] or ""
    return f"{counted(number) if scale else amount(number)}{scale}{CHINESE[sign]}"


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    words = f"{'两' if hour == 2 else cardinal(hour, 'Chinese')}点"
    if not minute:
        return f"{words}整"
    return f"{words}{'零' if minute < 10 else ''}{cardinal(minute, 'Chinese')}分"


def _percent(match: re.Match[str]) -> str:
    return f"{'负' if match[1] else ''}百分之{amount(match[2])}"


def _dotted(match: re.Match[str]) -> str:
    return "点".join(
        digits(p, "Chinese") if p.startswith("0") else cardinal(int(p), "Chinese") for p in match[0].split(".")
    )


_UNITS = alternatives([*CHINESE, "%"])

RULES: tuple[Rule, ...] = (
    rule("mobile telephone", r"(?<![\d.,])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)", lambda m: telephone(m[0])),
    rule(
        "telephone",
        r"(?<![\d.,-])0\d{2,3}[ -]\d{7,8}(?!\d)|(?<![\d.,-])[48]00[ -]\d{3,4}[ -]\d{3,4}(?!\d)",
        lambda m: telephone(m[0]),
    ),
    rule(
        "number to call",
        r"((?:拨打|致电|打|拨|呼叫|电话|热线|号码|手机|报警)(?:号码)?(?:是|为|：|:)?\s?)(\d{3,12})(?!\d|[.,]\d|[年月日元个人块次分])",
        lambda m: m[1] + telephone(m[2]),
    ),
    rule(
        "emergency",
        r"(?<![\d.,])(110|119|120|122|12345|12306|10086|10010|10000|911)(?=报警|急救|热线|电话)",
        lambda m: telephone(m[1]),
    ),
    rule("decade", r"(?<!\d)(\d)0后", lambda m: f"{cardinal(int(m[1]), 'Chinese')}零后"),
    rule(
        "range",
        rf"(?<![\d.,:/-])(\d+(?:\.\d+)?)(%)? ?[-–—~～至到] ?(\d+(?:\.\d+)?) ?({_UNITS}|{_COUNTED}|月|日|号|级|字|页|章|课|题|步|行|场|秒|吨|句|队|局|轮|年|万|亿|千|百)(?![-\d])",
        _range,
    ),
    rule(
        "money",
        rf"({_SIGNS}) ?((?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?)([万亿]+)?|((?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?) ?([$€£])",
        _money,
    ),
    rule("time", r"(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?![\d:]|\s?[apAP])", _time),
    rule("dotted", r"(?<![\d.,])\d{1,3}(?:\.\d{1,3}){2,3}(?![\d,]|\.\d)", _dotted),
    unit_rule(CHINESE, _NUMBER, lambda number, unit: counted(number) + CHINESE[unit], after=r"(?![A-Za-z/²³\d])"),
    rule(
        "count",
        rf"(?<![\d.,第/:-])(2|2\d{{3}}|2\d{{4}})(?= ?(?:多|几)?(?:{_COUNTED})(?!月))(?!\d{{0,4}}年)",
        lambda m: counted(m[1]),
    ),
    rule(
        "ratio", r"(?<![\d:.])(\d{1,3}):(\d{1,3})(?![\d:]|\s?[apAP][mM])", lambda m: f"{amount(m[1])}比{amount(m[2])}"
    ),
    rule(
        "decimal",
        r"(?<![\d.,A-Za-z-])\d{1,9}\.\d{1,9}(?=秒|分(?!之)|小时|岁|倍|个百分点|点)",
        lambda m: amount(m[0]),
    ),
    rule("two of a scale", r"(?<![\d.,])2(?=[万亿千百])", "两"),
    rule("grouped", r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])", lambda m: amount(m[0])),
    rule("percent", r"(-?)(\d+(?:\.\d+)?) ?%", _percent),
)
