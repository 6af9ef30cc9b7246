"""One way to write what Unicode has several for: full-width digits and signs, ready-made units, kinds of minus."""

from __future__ import annotations

import re
import unicodedata

_FULL_WIDTH_DIGITS = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)}
_SIGNS = str.maketrans(
    {
        "％": "%",
        "＄": "$",
        "￡": "£",
        "￥": "¥",
        "￦": "₩",
        "＋": "+",
        "－": "-",
        "＝": "=",
        "＃": "#",
        "＆": "&",
        "＠": "@",
        "／": "/",
        "‐": "-",
        "‑": "-",
        "℃": "°C",
        "℉": "°F",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
    }
)
_TABLE: dict[int, str | int] = {**_SIGNS, **_FULL_WIDTH_DIGITS}
_LETTERS = re.compile("[\uff21-\uff3a\uff41-\uff5a]+")
_SQUARED = re.compile("[\u3300-\u33ff]+")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[：．，](?=\d)")
_KEYCAP = re.compile("([0-9])\ufe0f?\u20e3")
# A minus between two values that is written with spaces is none of a range or a score.
_MINUS = re.compile(r"(?<![\d)²³] )−|−(?! [\w(])")
_MARKS = {"：": ":", "．": ".", "，": ","}
_FOLDED = re.compile(
    f"[−{re.escape(''.join(map(chr, _TABLE)))}{''.join(_MARKS)}\uff21-\uff3a\uff41-\uff5a\u3300-\u33ff\u20e3]"
)  # most texts hold none of these


def folded(text: str) -> str:
    """`text` with one sign for each meaning, the one that rules and grammars know."""
    if text.isascii() or not _FOLDED.search(text):
        return text
    text = _KEYCAP.sub(r"\1", text).translate(_TABLE)
    text = _MINUS.sub("-", text)
    text = _LETTERS.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    text = _SQUARED.sub(lambda match: _unit(match.group()), text)
    return _BETWEEN_DIGITS.sub(lambda match: _MARKS[match.group()], text)


_FRACTION = re.compile("(\\d?)([¼-¾⅐-⅞])")


def written_out(text: str) -> str:
    """`text` with its ready-made fractions as numbers, for grammars that do not know them."""
    return _FRACTION.sub(_fraction, text)


def _fraction(match: re.Match[str]) -> str:
    parts = unicodedata.normalize("NFKC", match[2]).replace("\u2044", "/")
    return f"{match[1]} {parts}" if match[1] else parts


def _unit(signs: str) -> str:
    """`㎡` is `m²`: the compatibility form would say `m2`."""
    return re.sub(r"([cdkm]?m)([23])", lambda m: m[1] + "²³"["23".index(m[2])], unicodedata.normalize("NFKC", signs))
