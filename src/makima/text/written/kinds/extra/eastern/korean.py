"""Korean alone: scores, addresses, numbers to call, counts, money."""

from __future__ import annotations

from makima.text.written.languages.korean import native
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits


def _with_and(words: str) -> str:
    """`words` and the Korean "and", whose form goes by the last letter."""
    return f"{words}{'과' if (ord(words[-1]) - ord('가')) % 28 else '와'}"


RULES: tuple[Rule, ...] = (
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
    rule("speed", r"(?<![\d.,/])(?<!시속 )(?<!풍속 )(\d{1,4}(?:\.\d)?) ?km/h(?=[가-힣]| [가-힣])", r"시속 \1 킬로미터"),
    rule("degrees Fahrenheit", r"(?<![\d.,])(-?\d{1,4}(?:\.\d)?) ?°F(?![A-Za-z])", r"화씨 \1°C"),
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
    rule(
        "so many times from to",
        r"(?<![\d.,/:-])([1-9]\d?) ?[-–~～] ?([1-9]\d?) ?번(?! ?(?:출구|승강장|버스|홈|게이트|문제|국도|트랙|채널|방|째))",
        lambda m: f"{native(int(m[1]))} 번에서 {native(int(m[2]))} 번",
    ),
    rule(
        "generation from to",
        r"(?<![\d.,/:-])([1-9]0)[-–~～](?=[1-9]0대)",
        lambda m: f"{cardinal(int(m[1]), 'Korean')}에서 ",
    ),
    rule(
        "decimals from to",
        r"(?<![\d.,/:-])(\d{1,4}\.\d{1,2}) ?[-–~～] ?(?=\d{1,4}(?:\.\d{1,2})? ?(?:미터|킬로|센티|리터|배|시간|도|퍼센트|%|km|kg|cm|m\b|L|GB|점))",
        r"\1에서 ",
    ),
    rule(
        "telephone in groups",
        r"(?<![\d.,])0(?:1[016-9]|2|[3-6][1-5]|70|80)[ ]\d{3,4}[ ]\d{4}(?!\d|[.,]\d)",
        lambda m: " ".join(digits(group, "Korean") for group in m[0].split()),
    ),
    rule("euros and cents", r"€ ?(\d+)\.(\d\d)(?!\d)", r"\1 유로 \2 센트"),
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
