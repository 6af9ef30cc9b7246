"""Chinese alone: scores, days in figures, numbers of things, models, shares of money."""

from __future__ import annotations

import re

from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, digits

_CHINESE_MEASURES = {"m²": "平方米", "㎡": "平方米", "kg": "千克", "km": "公里", "L": "升"}


def _chinese_days(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'Chinese')}{match[2]}{match[3].replace('-', '到')}{cardinal(int(match[4]), 'Chinese')}{match[5]}"


def _chinese_number(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1] or match[2]), 'Chinese')}号"


RULES: tuple[Rule, ...] = (
    rule("and more", r"(?<=[\d十百千万亿])\+(?=[^\d\w=]|$|[一-鿿])", "以上"),
    rule(
        "mixed number",
        r"(?<![\d.,])(\d{1,3}) (\d{1,2})/(\d{1,2})(?![\d/])",
        lambda m: (
            f"{cardinal(int(m[1]), 'Chinese')}又{cardinal(int(m[3]), 'Chinese')}分之{cardinal(int(m[2]), 'Chinese')}"
        ),
    ),
    rule("for each measure", r"(?<=元)/(?=m²|㎡|kg|km|L|斤|克)", "每"),
    rule("measure by itself", r"(?<=每)(m²|㎡|kg|km|L)(?![A-Za-z])", lambda m: _CHINESE_MEASURES[m[1]]),
    rule("two months", r"(?<![\d.:第/-])2(?= ?个月)", "两"),
    rule("two years", r"(?<![\d.:第/-])2(?=年(?![级代月\d底初末款]))", "两"),
    rule("two of a clock", r"(?<![\d.:第])2点(?![\d一二三四五六七八九零])", "两点"),
    rule("size in parts", r"(?<![\d.])(\d)m(\d{1,2})(?:cm)?(?![A-Za-z\d])", r"\1米\2"),
    rule(
        "score at the end",
        r"(?:(?<=以)|(?<![\d.,/-])(?=\d{1,3}-\d{1,3}(?:结束|收场|取胜|逆转|落败|不敌|大胜|小胜)))(\d{1,3})-(\d{1,3})(?![-\d])",
        lambda m: f"{cardinal(int(m[1]), 'Chinese')}比{cardinal(int(m[2]), 'Chinese')}",
    ),
    rule("decade", r"(?<!\d)([1-9]0)年代", lambda m: f"{cardinal(int(m[1]), 'Chinese')}年代"),
    rule(
        "degrees from to",
        r"(?<![\d.])-(\d{1,2}) ?[~～至到-] ?(-?)(\d{1,2})(?= ?(?:度|℃|°C|摄氏度))",
        lambda m: f"负{cardinal(int(m[1]), 'Chinese')}到{'负' if m[2] else ''}{cardinal(int(m[3]), 'Chinese')}",
    ),
    rule(
        "year",
        r"(?<![\d–—~～-])(1[5-9]\d\d|20\d\d)年(?=[到至—–~～-]|$|[^\d多的后前内])",
        lambda m: f"{digits(m[1], 'Chinese')}年",
    ),
    rule(
        "password",
        r"((?:密码|口令|账号|帐号|验证码)(?:是|为|：|:)?\s?)([A-Za-z]*)(\d{3,})(?=[A-Za-z])",
        lambda m: f"{m[1]}{m[2]}{digits(m[3], 'Chinese')}",
    ),
    rule(
        "flight",
        r"(?<![A-Za-z\d])([A-Z][A-Z\d]|[GDCTKZ])(\d{1,4})(?=次|航班|列车|车次)",
        lambda m: f"{m[1]} {digits(m[2], 'Chinese')}",
    ),
    rule("generation", r"(?<!\d)([0-9])(?!0)(\d)(?=后(?:[，。、！？的和]|$|一代))", lambda m: digits(m[0], "Chinese")),
    rule("house number", r"(?<=[路街道巷弄村])(\d{1,5})号", lambda m: f"{cardinal(int(m[1]), 'Chinese')}号"),
    rule(
        "years at the end",
        r"(?<=[一-鿿])([7-9]0)年(?=[，。！？；）]|$)",
        lambda m: f"{cardinal(int(m[1]), 'Chinese')}年",
    ),
    rule("room", r"(?<![\d.,])(\d{3,4})(?=室|房(?!屋)|号房)", lambda m: digits(m[1], "Chinese")),
    rule(
        "years from to",
        r"(?<![\d.,/-])((?:19|20)\d\d)[-–—~～至到]((?:19|20)\d\d)(?=学年|赛季|财年|届|[，。、）)]|$)",
        lambda m: f"{digits(m[1], 'Chinese')}到{digits(m[2], 'Chinese')}",
    ),
    rule(
        "address of a machine",
        r"(?<![\d.,])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",
        lambda m: "点".join(digits(part, "Chinese") for part in m[0].split(".")),
    ),
    rule(
        "model of a plane",
        r"(?<![\d-])(\d{3})-(\d{3})(?![\d-]| ?[元块人个名位米公千克吨斤度℃%$€万亿字页天分秒辆台套本张家条次平岁只件倍点毫厘升瓦伏]| ?[A-Za-z]{1,3}(?![A-Za-z]))",
        lambda m: f"{digits(m[1], 'Chinese')}，{digits(m[2], 'Chinese')}",
    ),
    rule(
        "model of three figures",
        r"(?<![A-Za-z\d])([A-Z])(\d{3})(?![\d.])",
        lambda m: f"{m[1]} {digits(m[2], 'Chinese')}",
    ),
    rule(
        "days with points",
        r"((?:假期|放假|活动|期间|日期|时间|展期)[：:]?)(\d{1,2})\.(\d{1,2})[-–—~～至到](\d{1,2})\.(\d{1,2})(?![\d.])",
        r"\1\2月\3日到\4月\5日",
    ),
    rule("days from to", r"(?<!\d)(\d{1,2})([日号月点时])(至|到|[-—~～])(\d{1,2})([日号月点时])", _chinese_days),
    rule(
        "years that pass",
        r"(?<![\d第])([1-6]0|1\d)年(?=(?![代级款月])[一-鿿])|(?<=[一-鿿])([1-6]0|1\d)年(?![\d代级款月])",
        lambda m: f"{cardinal(int(m[1] or m[2]), 'Chinese')}年",
    ),
    rule("letters and number", r"(?<![A-Za-z\d])([A-Z]{1,5})(?=\d{1,4}(?![\d.]))(?<!RMB)(?<!US)", r"\1 "),
    rule(
        "score",
        r"(?<![\d.,/-])(\d{1,2})-(\d{1,2})(?=[，、。！？\s]|$|和|战胜|击败|获胜|领先)",
        lambda m: (
            f"{cardinal(int(m[1]), 'Chinese')}比{cardinal(int(m[2]), 'Chinese')}" if int(m[1]) >= int(m[2]) else m[0]
        ),
    ),
    rule(
        "number of a thing",
        r"(?<![月\d.,])(\d{1,4})号(?=[一-鿿])|(?<=[一-鿿])(?<!月)(\d{1,4})号(?!\d)",
        _chinese_number,
    ),
    rule("for each", r"(?<=[元次个人米克])/(?=[月年天日人次个周小分秒位斤台])", "每"),
    rule("Taiwan dollars", r"NT\$ ?(\d+)", r"\1新台币"),
    rule("about", r"(?<![\w)])[~～]约?(?=\d)", "约"),
)
