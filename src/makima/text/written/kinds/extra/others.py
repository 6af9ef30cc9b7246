"""What single languages write in a way of their own: hours in French, house numbers in Japanese, 号 in Chinese."""

from __future__ import annotations

import re

from makima.text.written.languages.german import year as german_year
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, digits, ordinal


def _list(language: str) -> Rule:
    """`1,2,3`: with decimal commas more than two numbers with commas are a list."""

    def speak(match: re.Match[str]) -> str:
        return ", ".join(cardinal(int(number), language) for number in re.findall(r"\d+", match.group()))

    # The German grammar's own reading of a list that is all there is.
    before = r"(?<=[\w:] )" if language == "German" else ""
    return rule(
        "list of numbers",
        before
        + r"(?<![\w.,])\d{1,3}(?:,\d{1,2}){2,}(?![\w,]|\.\d)|"
        + before
        + r"(?<![\w.,])\d{1,3}(?:, \d{1,3}){2,}(?![\w,]|[.,]\d)",
        speak,
    )


def _german_days(match: re.Match[str]) -> str:
    first, last = (re.sub("^(?=hundert|tausend)", "ein", ordinal(int(match[n]), "German")) for n in (2, 4))
    return f"{match[1]} {first}n {match[3]} {last}n"


def _german_joined(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'German').removesuffix('s') if match[1] == '1' else cardinal(int(match[1]), 'German')}{match[2]}"


def _faster(words: str, times: str) -> Rule:
    return rule("times as much", rf"(?<![\w.,])(\d{{1,4}}) ?[x×](?= (?:{words})\b)", rf"\1 {times}")


def _height(unit: str) -> Rule:
    return rule("height", r"(?<![\w.,])([12]) ?m ?(\d\d)(?!\w)", rf"\1 {unit} \2")


def _chinese_days(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'Chinese')}{match[2]}{match[3].replace('-', '到')}{cardinal(int(match[4]), 'Chinese')}{match[5]}"


def _weekday(match: re.Match[str]) -> str:
    return {"2": "segunda", "3": "terça", "4": "quarta", "5": "quinta", "6": "sexta"}[match[1]] + "-feira"


_ORDINAL_FOLLOWS = re.compile(
    r"\b(?:am|im|vom|zum|zur|beim|den|dem|des|der|die|das|jede[mnr]|und der|und die)$", re.IGNORECASE
)


def _german_end(match: re.Match[str]) -> str:
    """A number that ends a sentence counts; the point behind it makes no ordinal of it, unless an article asks for it."""
    before = match.string[: match.start()].rstrip()
    if not re.search(r"\w", before) or _ORDINAL_FOLLOWS.search(before):
        return match.group()
    value = int(match[1])
    said = german_year(value) if 1100 <= value < 2000 else cardinal(value, "German")
    return f"{said}{match[2]}"


def _chinese_number(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1] or match[2]), 'Chinese')}号"


def _japanese_address(match: re.Match[str]) -> str:
    return "の".join(cardinal(int(part), "Japanese") for part in match.group().split("-"))


def _euros_and_cents(match: re.Match[str]) -> str:
    return f"{match[1]},{match[2]} €"


RULES: dict[str, tuple[Rule, ...]] = {
    "German": (
        _list("German"),
        rule(
            "two days",
            r"\b([Aa]m|[Vv]om|[Zz]um|[Aa]b|[Bb]is|[Ss]eit) (\d{1,2})\. (und|oder|bis|bis zum) (\d{1,2})\.(?= [A-ZÄÖÜ])",
            _german_days,
        ),
        rule("joined", r"(?<![\w.,-])(\d{1,4})-([a-zäöüß]{3,})(?![\w-])", _german_joined),
        rule("number at the end", r"(?<![\w.,:/-])([1-9]\d{0,8}|0)(\.[\"“”»«)]*)$", _german_end),
        _faster("schneller|mehr|größer|besser|langsamer|höher|stärker|billiger|teurer", "mal"),
        rule("two days", r"(?<![\w.,])(\d{1,2})\./(\d{1,2})\. (?=[JFMASOND][a-zä]+)", r"\1. und \2. "),
        rule("date with a short year", r"(?<![\w./-])(\d{1,2}\.\d{1,2}\.)(\d\d)(?![\w./-]|,\d)", r"\g<1>20\2"),
        rule("hours", r"(?<![\w.,])(\d{1,2})-(\d{1,2})(?= ?Uhr)", r"\1 bis \2"),
    ),
    "French": (
        _list("French"),
        rule("all day", r"(?<![\w/])24 ?h(?:eures)?/24(?!\w)", "vingt-quatre heures sur vingt-quatre"),
        rule("all week", r"(?<![\w/])7 ?j(?:ours)?/7(?!\w)", "sept jours sur sept"),
        _faster("plus|moins", "fois"),
        _height("mètre"),
        rule(
            "mark", r"(?<![\w./,])(\d{1,2}(?:,\d)?)/(20|10|100)(?![\w/]|,\d)(?<!1/10)(?<!1/20)(?<!1/100)", r"\1 sur \2"
        ),
        rule("euros and cents", r"(?<![\w.,])(\d{1,5}) ?€ ?(\d\d)(?![\w.,]|\d)", _euros_and_cents),
        rule("hours and minutes", r"(?<![\w.,])(\d{1,2}) ?h ?(\d{1,2}) ?min(?!\w)", r"\1 heures \2 minutes"),
        rule("years", r"\b(années) '(?=\d\d\b)", r"\1 "),
    ),
    "Spanish": (
        _list("Spanish"),
        _faster("más|menos", "veces"),
        _height("metro"),
        rule(
            "one of",
            r"(?<![\w.,])1 (?=de\b (?!enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep|octubre|noviembre|diciembre))",
            "uno ",
        ),
        rule("dollars in groups", r"\$ ?(\d{1,3})((?:,\d{3})+)(?![\d,.])", lambda m: f"${m[1]}{m[2].replace(',', '')}"),
        rule("morning", r"(?<=\d) ?a\. ?m\.", " am"),
        rule("evening", r"(?<=\d) ?p\. ?m\.", " pm"),
        rule("version", r"\b([Vv]ersión|[Cc]apítulo) (\d{1,3})\.(\d{1,3})(?![\w.,])", r"\1 \2 punto \3"),
    ),
    "Italian": (
        _list("Italian"),
        _faster("più|meno", "volte"),
        _height("metro e"),
        rule(
            "time with a point",
            r"\b((?:alle|ore|dalle|le|all[e']|delle|fino alle|verso le) ?)([01]?\d|2[0-3])\.([0-5]\d)(?![\d.,]|\w)",
            r"\1\2:\3",
        ),
        rule("time", r"(?<![\w.,:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])", lambda m: _italian_time(m)),
        rule(
            "first of a month",
            r"\b(il|al|dal|del|Il|Dal) 1 (?=gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre)",
            r"\1 primo ",
        ),
        rule("one million", r"(?<![\w.,])1 (?=milione|miliardo)", "un "),
        rule("number sign", r"(?<!\w)[nN][°º] ?(?=\d)|№ ?(?=\d)|(?<!\w)nr\. ?(?=\d)", "numero "),
        rule("decade", r"(?<=\s)['’](?=\d0\b|\d\d\b)", ""),
        rule("milliards", r"(?<=\d) ?mld(?!\w)\.?", " miliardi"),
        rule("millions", r"(?<=\d) ?mln(?!\w)\.?", " milioni"),
        rule("degrees", r"(?<=\d) ?° ?C\b", " °C"),
        rule("yen", r"¥ ?(\d+)(?![\d.,])", r"\1 yen"),
        rule(
            "feminine count",
            r"(?<![\w.,])(\d{0,2}1)(?<!11) (?=persone|volte|ore|settimane|pagine)",
            lambda m: f"{cardinal(int(m[1]), 'Italian')} ",
        ),
    ),
    "Portuguese": (
        _list("Portuguese"),
        rule("version", r"\b([Vv]ersão|[Cc]apítulo) (\d{1,3})\.(\d{1,3})(?![\w.,])", r"\1 \2 ponto \3"),
        rule("hours and minutes", r"(?<![\w.,])(\d{1,2}) ?h ?(\d{1,2}) ?min(?!\w)", r"\1 horas e \2 minutos"),
        _faster("mais|menos", "vezes"),
        _height("metro e"),
        rule("weekday", r"(?<![\w.,])([2-6])ªs?[ -]?feiras?", _weekday),
        rule("thousand millions", r"(?<=\d) ?(?:mi|mln)(?= (?:de|pessoas|habitantes)\b)", " milhões"),
    ),
    "Chinese": (
        rule("days from to", r"(?<!\d)(\d{1,2})([日号月点时])(至|到|[-—~～])(\d{1,2})([日号月点时])", _chinese_days),
        rule(
            "years that pass",
            r"(?<![\d第])([1-6]0|1\d)年(?=(?![代级款月])[一-鿿])|(?<=[一-鿿])([1-6]0|1\d)年(?![\d代级款月])",
            lambda m: f"{cardinal(int(m[1] or m[2]), 'Chinese')}年",
        ),
        rule("letters and number", r"(?<![A-Za-z\d])([A-Z]{1,5})(?=\d{1,4}(?![\d.]))(?<!RMB)(?<!US)", r"\1 "),
        rule(
            "score",
            r"(?<![\d.,/-])(\d{1,2})-(\d{1,2})(?=[，。！？\s]|$|战胜|击败|获胜|领先)",
            lambda m: (
                f"{cardinal(int(m[1]), 'Chinese')}比{cardinal(int(m[2]), 'Chinese')}"
                if int(m[1]) >= int(m[2])
                else m[0]
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
    ),
    "Japanese": (
        rule(
            "score",
            r"(?<![\d.,/-])(\d{1,2})-(\d{1,2})(?=[でのに、。！？\s]|$)",
            lambda m: f"{cardinal(int(m[1]), 'Japanese')}対{cardinal(int(m[2]), 'Japanese')}",
        ),
        rule("address", r"(?<![\d-])\d{1,2}-\d{1,2}-\d{1,3}(?![\d-])", _japanese_address),
        rule("number to call", r"(?<!\d)(110|119|118|117|104)番", lambda m: f"{digits(m[1], 'Japanese')}番"),
        rule("for each", r"(?<=[円人個])/(?=[個人月日年時分回本枚])", "毎"),
        rule("dollars of a country", r"\b(?:US|HK|NT)\$(?=\d)", "$"),
    ),
    "Korean": (
        rule("from to", r"(?<=\d)([일월년시원명개분]) ?[-–~～] ?(?=\d)", r"\1에서 "),
        rule(
            "score",
            r"(?<![\d.,/-])(\d{1,2})-(\d{1,2})(?=[입으로,. ]|$)(?! ?[명개살권])",
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
    ),
}


def _italian_time(match: re.Match[str]) -> str:
    """As a clock says it; what the grammar has a word for stays."""
    hour, minute = int(match[1]), int(match[2])
    if minute == 0 or (len(match[1]) == 2 and minute > 9):
        return match.group()
    if minute in (15, 30):
        return f"{cardinal(hour, 'Italian')} e {'mezza' if minute == 30 else 'un quarto'}"
    return f"{cardinal(hour, 'Italian')} e {cardinal(minute, 'Italian')}"
