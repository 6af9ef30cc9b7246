"""What Chinese, Japanese and Korean write in ways of their own: addresses, scores, counters, numbers to call."""

from __future__ import annotations

import re

from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits


def _japanese_decimal(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'Japanese').replace('ゼロ', '零')}点{digits(match[2], 'Japanese').replace('ゼロ', '零')}"


_CHINESE_MEASURES = {"m²": "平方米", "㎡": "平方米", "kg": "千克", "km": "公里", "L": "升"}


def _chinese_days(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'Chinese')}{match[2]}{match[3].replace('-', '到')}{cardinal(int(match[4]), 'Chinese')}{match[5]}"


def _chinese_number(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1] or match[2]), 'Chinese')}号"


def _with_and(words: str) -> str:
    """`words` and the Korean "and", whose form goes by the last letter."""
    return f"{words}{'과' if (ord(words[-1]) - ord('가')) % 28 else '와'}"


def _japanese_address(match: re.Match[str]) -> str:
    return "の".join(cardinal(int(part), "Japanese") for part in match.group().split("-"))


CHINESE: tuple[Rule, ...] = (
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
        r"(?<![\d-])(\d{3})-(\d{3})(?![\d-])",
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
JAPANESE: tuple[Rule, ...] = (
    rule("and more", r"(?<=[\d十百千万億])\+(?=[^\d\w=]|$|[ぁ-んァ-ン一-鿿])", "以上"),
    rule(
        "mixed number",
        r"(?<![\d.,])(\d{1,3}) (\d{1,2})/(\d{1,2})(?![\d/])",
        lambda m: (
            f"{cardinal(int(m[1]), 'Japanese')}と{cardinal(int(m[3]), 'Japanese')}分の{cardinal(int(m[2]), 'Japanese')}"
        ),
    ),
    rule(
        "size in parts",
        r"(?<![\d.])(\d)m(\d{1,2})cm(?![A-Za-z\d])",
        lambda m: f"{cardinal(int(m[1]), 'Japanese')}メートル{cardinal(int(m[2]), 'Japanese')}センチ",
    ),
    rule(
        "house",
        r"(?<=[区町村市目内田])(\d{1,4})-(\d{1,4})(?![-\d]|人|個|年|月|日|時|分)",
        lambda m: f"{cardinal(int(m[1]), 'Japanese')}の{cardinal(int(m[2]), 'Japanese')}",
    ),
    rule(
        "share without a nought",
        r"(?<![\w.])\.(\d{2,3})(?!\d)|(?<=[ぁ-んァ-ヶ一-鿿])\.(\d{2,3})(?!\d)",
        lambda m: f"零点{digits(m[1] or m[2], 'Japanese')}",
    ),
    rule(
        "number of a model",
        r"(?<=[A-Za-z] )(\d{1,2})(?=[ぁ-ゖァ-ヺ一-鿿、。])(?![年月日時分秒個人円万億])",
        lambda m: cardinal(int(m[1]), "Japanese"),
    ),
    rule(
        "large amount",
        r"(?<![\d.,A-Za-z$€£¥-])(\d{1,4})(?=[万億兆])",
        lambda m: cardinal(int(m[1]), "Japanese"),
    ),
    rule(
        "decimal",
        r"(?<![\d.,A-Za-z-])(\d{1,9})\.(\d{1,9})(?=秒|分|歳|時間|日|人|倍|度|点|ポイント)",
        lambda m: _japanese_decimal(m),
    ),
    rule(
        "time with seconds",
        r"(?<![\d:])(\d{1,2}):([0-5]\d):([0-5]\d)(?![\d:])",
        lambda m: f"{int(m[1])}時{int(m[2])}分{int(m[3])}秒",
    ),
    rule(
        "minus",
        r"(?<=[はがもでを、。：（])-(\d{1,3})(?=度|℃|点|円|%|人)",
        lambda m: f"マイナス{cardinal(int(m[1]), 'Japanese')}",
    ),
    rule("speed", r"(?<=時速)(\d{1,4}) ?km/h(?![A-Za-z])", r"\1キロ"),
    rule(
        "score",
        r"(?<![\d.,/-])(\d{1,2})-(\d{1,2})(?=[でのに、。！？\s]|$)",
        lambda m: f"{cardinal(int(m[1]), 'Japanese')}対{cardinal(int(m[2]), 'Japanese')}",
    ),
    rule("address", r"(?<![\d-])\d{1,2}-\d{1,2}-\d{1,3}(?![\d-])", _japanese_address),
    rule("number to call", r"(?<!\d)(110|119|118|117|104)番", lambda m: f"{digits(m[1], 'Japanese')}番"),
    rule("for each", r"(?<=[円人個])/(?=[個人月日年時分回本枚])", "毎"),
    rule("dollars of a country", r"\b(?:US|HK|NT)\$(?=\d)", "$"),
)
KOREAN: tuple[Rule, ...] = (
    rule("and more", r"(?<=[\d십백천만억])\+(?=[^\d\w=]|$)", " 이상"),
    rule(
        "mixed number",
        r"(?<![\d.,])(\d{1,3}) (\d{1,2})/(\d{1,2})(?![\d/])",
        lambda m: (
            f"{_with_and(cardinal(int(m[1]), 'Korean'))} {cardinal(int(m[3]), 'Korean')}분의 {cardinal(int(m[2]), 'Korean')}{' ' if m.string[m.end() : m.end() + 1] >= '가' else ''}"
        ),
    ),
    rule(
        "dollars of a scale",
        r"(?:US)?\$ ?(\d{1,6}(?:\.\d{1,3})?) ?([만억조])(?!\d)",
        lambda m: f"{decimal(m[1], 'Korean')}{m[2]} 달러",
    ),
    rule(
        "number to call",
        r"(?<![\d.,-])(119|112|114|110|120|111|118)(?=(?:나|이나|에|로|으로) |[에로] ?(?:전화|신고))",
        lambda m: digits(m[1], "Korean"),
    ),
    rule(
        "at least",
        r"(?<![\w.])([A-Za-z]) ?(≥|>=|≤|<=) ?(-?\d[\d.]*)",
        lambda m: f"{m[1]}는 {m[3]}보다 {'크거나' if m[2] in ('≥', '>=') else '작거나'} 같다",
    ),
    rule(
        "for a month",
        r"(?<![가-힣])월 (\d{1,3}(?:,\d{3})*|\d+) ?(만 ?원|천 ?원|원)",
        lambda m: f"매월 {cardinal(int(m[1].replace(',', '')), 'Korean')} {m[2].replace(' ', '')}",
    ),
    rule(
        "number of a thing",
        r"(?<![\d.,])(\d{1,4}) ?번 ?(출구|승강장|버스|홈|게이트|문제|국도|트랙|채널|방)",
        lambda m: f"{cardinal(int(m[1]), 'Korean')} 번 {m[2]}",
    ),
    rule(
        "key to press",
        r"(?<![\d.,])(\d{1,2}) ?번(?=[을를]? ?(?:누르|선택|눌러))",
        lambda m: f"{cardinal(int(m[1]), 'Korean')} 번",
    ),
    rule(
        "telephone from abroad",
        r"\+82[ -]?(\d{1,2})-(\d{3,4})-(\d{4})(?![\d-])",
        lambda m: f"플러스 팔 이 {' '.join(digits(m[n], 'Korean') for n in (1, 2, 3))}",
    ),
    rule("speed", r"(?<=시속 )(\d{1,4}) ?km/h(?![A-Za-z])", r"\1 킬로미터"),
    rule(
        "address",
        r"(?<=[동로길구리면읍가] )(\d{1,4})-(\d{1,4})(?![\d-])",
        lambda m: f"{cardinal(int(m[1]), 'Korean')} 다시 {cardinal(int(m[2]), 'Korean')}",
    ),
    rule(
        "score",
        r"(?<![\d.,:])(\d{1,3}):(\d)(?![\d:])",
        lambda m: f"{cardinal(int(m[1]), 'Korean')} 대 {cardinal(int(m[2]), 'Korean')}",
    ),
    rule("from to", r"(?<=\d)([일월년시원명개분]) ?[-–~～] ?(?=\d)", r"\1에서 "),
    rule(
        "score",
        r"(?<![\d.,/-])(\d{1,2})-(\d{1,2})(?=[입으로,. 였이]|$)(?! ?[명개살권])",
        lambda m: f"{cardinal(int(m[1]), 'Korean')} 대 {cardinal(int(m[2]), 'Korean')}",
    ),
    rule(
        "large count",
        r"(?<![\d.,제])(\d{3,9}|\d{1,3}(?:,\d{3})+) ?(명|개(?!월)|살|마리|권|잔|병|대|사람|가지|번)",
        lambda m: f"{cardinal(int(m[1].replace(',', '')), 'Korean')} {m[2]}",
    ),
    rule("pounds", r"£ ?(\d[\d,]*)", r"\1 파운드"),
    rule("dollars and cents", r"(?:US)?\$ ?(\d+)\.(\d\d)(?!\d)", r"\1 달러 \2 센트"),
    rule(
        "place in an order",
        r"제(\d{1,4}) ?(장|편|부|조|호|권|막|절|과)",
        lambda m: f"제{cardinal(int(m[1]), 'Korean')} {m[2]}",
    ),
    rule("months", r"(?<![\d.,])(\d{1,3}) ?개월", lambda m: f"{cardinal(int(m[1]), 'Korean')} 개월"),
    rule(
        "afternoon by hours",
        r"(?<![\d.,:])(1[3-9]|2[0-4]) ?시(?!간)",
        lambda m: f"{cardinal(int(m[1]), 'Korean')} 시",
    ),
    rule(
        "generation",
        r"(?<![\d.,제])([1-9]0) ?대(?=[ 가-힣,.]|$)(?! ?(?:의|를|가) 차)",
        lambda m: f"{cardinal(int(m[1]), 'Korean')} 대",
    ),
    rule(
        "score",
        r"(?<![\d.,])(\d{1,2}) ?대 (\d{1,2})(?!\d)",
        lambda m: f"{cardinal(int(m[1]), 'Korean')} 대 {cardinal(int(m[2]), 'Korean')}",
    ),
)
