"""Figures that name a thing rather than count: versions, addresses of machines, codes, numbers to call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.addresses import DOT
from makima.text.written.kinds import telephones
from makima.text.written.kinds.names.vocabulary import VOCABULARY
from makima.text.written.rule import Rule, rule
from makima.text.written.words import TIGHT, cardinal, decimal, digits

_CODES = {
    "English": r"PIN|pin|PIN code|passcode|code|ZIP|zip(?: code)?|extension|ext\.|postcode|OTP",
    "German": r"PIN|Code|PLZ|Postleitzahl|Kontonummer|Konto|BLZ|Kundennummer|TAN|Passwort|Durchwahl",
    "French": r"PIN|[Cc]ode(?: postal| PIN)?|poste|mot de passe",
    "Spanish": r"PIN|[Cc]ódigo(?: postal)?|CP|C\.P\.|clave|contraseña|extensión",
    "Italian": r"PIN|[Cc]odice|CAP|password|interno",
    "Portuguese": r"PIN|[Cc]ódigo|CEP|[Ss]enha|ramal|CPF|CNPJ",
    "Russian": r"ПИН|PIN|[Кк]од|[Пп]ин-код|[Ии]ндекс|[Пп]ароль|доб\.",
    "Chinese": r"订单号|单号|编码|流水号|工单|验证码|密码|邮编|邮政编码|身份证号?|账号|卡号|学号|工号|编号|车牌号?|QQ号?|微信号?|PIN码?",
    "Japanese": r"暗証番号|郵便番号|番号|パスワード|コード|〒|会員番号|PIN",
    "Korean": r"비밀번호|우편번호|인증번호|암호|코드|계좌번호|번호|PIN",
}
_OF_CODES = {
    "English": r"(?: is|:| number| no\.)?",
    "German": r"(?: ist|:| lautet)?",
    "French": r"(?: est|:| :)?",
    "Spanish": r"(?: es|:)?",
    "Italian": r"(?: è|:)?",
    "Portuguese": r"(?: é|:)?",
    "Russian": r"(?: —|:)?",
    "Chinese": r"(?:是|为|：|:)?",
    "Japanese": r"(?:は|：|:)?",
    "Korean": r"(?:는|은|:)?",
}
_CALLS = {
    "German": r"(?:[Rr]uf(?:en|e|t)?(?: Sie)?|[Ww]ähl(?:en|e|t)?(?: Sie)?|[Nn]otruf|[Tt]el(?:efon|\.)|unter|Nummer)(?: die| den)?",
    "French": r"(?:[Aa]ppel(?:ez|le|er)|[Cc]omposez|[Cc]omposer|[Tt]él(?:éphone|\.)?)(?: le| au)?",
    "Spanish": r"(?:[Ll]lam(?:e|a|ar|en|ad)|[Mm]arque|[Mm]arca(?:r)?|[Tt]eléfono|[Tt]el\.)(?: al| el)?",
    "Italian": r"(?:[Cc]hiam(?:a|i|ate|are)|[Tt]elefono|[Tt]el\.|[Cc]omponi|[Cc]omporre)(?: il| al)?",
    "Portuguese": r"(?:[Ll]igu(?:e|em)|[Ll]igar|[Dd]isque|[Tt]elefone|[Tt]el\.)(?: para)?(?: o)?",
}


def rules(language: str) -> tuple[Rule, ...]:
    """The rules of `language`, in the order in which they are applied."""
    return tuple(_all(language))


def _all(language: str) -> Iterator[Rule]:
    gap = "" if language in TIGHT else " "
    point = point_of(language)

    def apart(match: re.Match[str]) -> str:
        groups = re.findall(r"\d+", match["number"])
        comma = "、" if language == "Japanese" else "，" if language == "Chinese" else ", "
        return f"{match['before']}{comma.join(digits(group, language) for group in groups)}"

    letters = "A-Za-z0-9" if language in (*TIGHT, "Korean") else "\\w"
    yield rule(
        "code",
        rf"(?P<before>(?<!\w)(?:{_CODES[language]}){_OF_CODES[language]}\s?)"
        rf"(?P<number>\d{{3,20}}(?:-\d{{2,8}}){{0,3}})(?![{letters}%€$£]|[.,:/]\d| ?(?:年|月|日|個|个|개|명|km|kg))",
        apart,
    )
    if language in _CALLS:
        yield rule(
            "number to call",
            rf"(?P<before>(?<!\w)(?:{_CALLS[language]}) )(?P<number>11\d|1[59]\d|911|999|0\d\d)(?![\w.,:/-]\d|\w|[ ]\d)",
            apart,
        )

    def port(match: re.Match[str]) -> str:
        parts = f" {DOT[language]} " if gap else DOT[language]
        address = parts.join(digits(part, language) for part in match[1].split("."))
        number = cardinal(int(match[3]), language)
        return f"{address}{gap}{_SLASH[language] if match[2] == '/' else COLON[language]}{gap}{number}"

    yield rule(
        "account",
        r"(?<![\w.])(?P<before>)(?P<number>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?)(?!\w)",
        lambda m: ", ".join(
            " ".join(digits(ch, language) if ch.isdecimal() else ch for ch in group)
            for group in re.findall(r"[A-Z]{2}\d\d|\w{1,4}", m["number"].replace(" ", ""))
        ),
    )
    yield rule("port", r"(?<![\w.,])((?:\d{1,3}\.){3}\d{1,3})([:/])(\d{1,5})(?!\w|\.\w)", port)
    yield rule(
        "port of a name",
        r"\b(localhost):(\d{2,5})(?!\w)",
        lambda m: f"{m[1]}{gap}{COLON[language]}{gap}{digits(m[2], language) if language in TIGHT else m[2]}",
    )

    def version(match: re.Match[str]) -> str:
        words = [
            digits(p, language) if p[0] == "0" and len(p) > 1 else cardinal(int(p), language)
            for p in match["parts"].split(".")
        ]
        joined = f"{gap}{point}{gap}".join(words)
        letter = f"{match['v']}{gap}" if match["v"] else ""
        if not match["name"]:
            return letter + joined
        number = match["last"]
        last = f" {cardinal(int(number), language)}" if number else ""
        return f"{letter}{joined} {match['name']}{last}"

    yield rule(
        "version with a name",
        r"(?<![\w.,-])(?P<v>[vV])?(?P<parts>\d{1,4}(?:\.\d{1,4}){1,3})[-.]?(?P<name>alpha|beta|rc|RC|preview|dev|pre|snapshot|SNAPSHOT|post|a|b)"
        r"[.-]?(?P<last>\d{0,4})(?!\w)",
        version,
    )
    yield rule(
        "version with a letter",
        r"(?<![\w.,-])(?P<v>[vV]) ?(?P<parts>\d{1,4}(?:\.\d{1,4}){1,3})(?P<name>)(?P<last>)(?![\w-]|\.\d)",
        version,
    )
    yield rule("major version", r"(?<![\w.,-])[vV](\d{1,3})(?![\w.-]|,\d)", r"v \1" if gap else r"v\1")
    yield rule(
        "letters and a long number",
        r"(?<![\w.@/#-])([A-Za-z]{1,5})(\d{4,12})(?![\w@/-]|[.,:]\w)",
        # A round number is read as one, and four digits may be a year: t2000, FY2025.
        lambda m: (
            m[0]
            if m[2].endswith("00") or re.fullmatch(r"(?:19|20)\d\d", m[2])
            else f"{m[1]}{gap}{digits(m[2], language)}"
        ),
    )
    if language != "English":
        yield rule(
            "name and number",
            r"(?<![A-Za-z\d])([A-Z][A-Za-z]{0,11})-(\d{1,4})(?![A-Za-z]{2}|\d|[-.:/]\d|-\w)",
            r"\1 \2",
        )
        yield rule(
            "letters and number",
            r"(?<![\w.-])([A-Z]{1,5})(?!\b)(\d{2,3})(?![\w-]|[.,]\d)",
            r"\1 \2" if gap else r"\1\2",
        )
        yield rule(
            "number and letter",
            r"(?<![\w.,/:-])(\d{1,4}(?:[.,]\d)?)([a-dxkKpP])(?![\w/²³]|\.\w)",
            lambda m: f"{amount(m[1], language)} {m[2]}",
        )
    if language in ("German", "French", "Spanish", "Italian", "Portuguese", "Russian"):
        yield rule("language of programs", r"(?<!\w)([CFJ])#(?!\w)", rf"\1 {VOCABULARY[language].sharp}")
        yield rule(
            "language of programs",
            r"(?<!\w)([CG])\+\+(?!\w)",
            rf"\1 {VOCABULARY[language].plus} {VOCABULARY[language].plus}",
        )
    if language == "Korean":
        yield rule("language of programs", r"(?<!\w)C#(?!\w)", "C 샵")
        yield rule("language of programs", r"(?<!\w)C\+\+", "C 플러스 플러스")
    if language == "Chinese":
        yield rule("language of programs", r"(?<!\w)C\+\+", "C加加")
    if language == "Chinese":
        yield rule("topic", r"#([^#\s]{1,40})#", r"话题\1")
        yield rule("letter and number", r"(?<![A-Za-z\d])([QR])(\d)(?!\d)", r"\1 \2")
    yield from telephones.rules(language)
    plus = {"Chinese": "正", "Korean": "플러스"}.get(language, VOCABULARY[language].plus)
    yield rule("plus", r"(?<![\w)+*])(?<!(?i:utc|gmt) )\+(?=\d{1,4}(?:[.,]\d{1,3})?(?! ?[\d(/-]))", f"{plus}{gap}")
    word = VOCABULARY[language].ampersand
    if language == "English":
        yield rule("letters with and", r"(?<![\w&])([A-Z]{1,3})&([A-Z]{1,3})(?=s?\b)(?!;)", r"\1 and \2")
    else:
        spaced = f" {word} " if gap else word
        yield rule("and", r"(?<=\w) ?& ?(?=\w)", spaced)
        yield rule("and", r"(?<!\S)& (?=\w)", f"{word} ")
    yield rule("hashtag", r"(?<![\w#&/])#([^\W\d]\w*)(?!#)(?!\w|-\d)", rf"{VOCABULARY[language].hashtag}{gap}\1")


def amount(written: str, language: str) -> str:
    whole, _, part = written.replace(",", ".").partition(".")
    if written.startswith("0") and len(whole) > 1:
        return digits(whole, language)
    if part:
        return decimal(f"{whole}.{part}", language)
    return cardinal(int(whole), language)


def point_of(language: str) -> str:
    return "point" if language == "English" else "点" if language == "Japanese" else DOT[language]


COLON = {
    "English": "colon",
    "German": "Doppelpunkt",
    "French": "deux points",
    "Spanish": "dos puntos",
    "Italian": "due punti",
    "Portuguese": "dois pontos",
    "Russian": "двоеточие",
    "Chinese": "冒号",
    "Japanese": "コロン",
    "Korean": "콜론",
}
_SLASH = {
    "English": "slash",
    "German": "Schrägstrich",
    "French": "barre oblique",
    "Spanish": "barra",
    "Italian": "barra",
    "Portuguese": "barra",
    "Russian": "слеш",
    "Chinese": "斜杠",
    "Japanese": "スラッシュ",
    "Korean": "슬래시",
}
