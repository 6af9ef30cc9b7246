"""The words that signs stand for, in the ten languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from makima.text.language import CODES


@dataclass(frozen=True, slots=True)
class Words:
    """What is said for a sign. `less` to `unequal` stand between two values, `below` and `above` before one."""

    plus: str
    minus: str
    times: str
    by: str
    divided: str
    equals: str
    unequal: str
    less: str
    more: str
    at_most: str
    at_least: str
    about: str
    either: str
    root: str
    squared: str
    cubed: str
    power: str
    infinity: str
    per_mille: str
    degrees: str
    to: str
    ratio: str
    ampersand: str
    sharp: str
    hashtag: str


VOCABULARY: Mapping[str, Words] = MappingProxyType(
    {
        "English": Words(
            *("plus", "minus", "times", "by", "divided by", "equals", "does not equal", "is less than"),
            *("is greater than", "is less than or equal to", "is greater than or equal to", "about"),
            *("plus or minus", "the square root of", "squared", "cubed", "to the power of", "infinity"),
            *("per mille", "degrees", "to", "to", "and", "sharp", "hashtag"),
        ),
        "German": Words(
            *("plus", "minus", "mal", "mal", "geteilt durch", "gleich", "ungleich", "kleiner als"),
            *("größer als", "kleiner oder gleich", "größer oder gleich", "ungefähr", "plus minus"),
            *("Wurzel aus", "hoch zwei", "hoch drei", "hoch", "unendlich", "Promille", "Grad", "bis", "zu", "und"),
            *("sharp", "Hashtag"),
        ),
        "French": Words(
            *("plus", "moins", "fois", "par", "divisé par", "égale", "différent de", "inférieur à", "supérieur à"),
            *("inférieur ou égal à", "supérieur ou égal à", "environ", "plus ou moins", "racine carrée de"),
            *("au carré", "au cube", "puissance", "l'infini", "pour mille", "degrés", "à", "à", "et", "sharp"),
            "hashtag",
        ),
        "Spanish": Words(
            *("más", "menos", "por", "por", "entre", "es igual a", "distinto de", "menor que", "mayor que"),
            *("menor o igual que", "mayor o igual que", "aproximadamente", "más menos", "raíz cuadrada de"),
            *("al cuadrado", "al cubo", "elevado a", "infinito", "por mil", "grados", "a", "a", "y", "sharp"),
            "hashtag",
        ),
        "Italian": Words(
            *("più", "meno", "per", "per", "diviso", "uguale a", "diverso da", "minore di", "maggiore di"),
            *("minore o uguale a", "maggiore o uguale a", "circa", "più o meno", "radice quadrata di"),
            *("al quadrato", "al cubo", "elevato a", "infinito", "per mille", "gradi", "a", "a", "e", "sharp"),
            "hashtag",
        ),
        "Portuguese": Words(
            *("mais", "menos", "vezes", "por", "dividido por", "igual a", "diferente de", "menor que", "maior que"),
            *("menor ou igual a", "maior ou igual a", "aproximadamente", "mais ou menos", "raiz quadrada de"),
            *("ao quadrado", "ao cubo", "elevado a", "infinito", "por mil", "graus", "a", "a", "e", "sharp"),
            "hashtag",
        ),
        "Russian": Words(
            *("плюс", "минус", "умножить на", "на", "разделить на", "равно", "не равно", "меньше", "больше"),
            *("меньше или равно", "больше или равно", "примерно", "плюс-минус", "корень из", "в квадрате"),
            *("в кубе", "в степени", "бесконечность", "промилле", "градусов", "-", "на", "и", "шарп", "хештег"),
        ),
        "Chinese": Words(
            *("加", "减", "乘以", "乘", "除以", "等于", "不等于", "小于", "大于", "小于等于", "大于等于", "约"),
            *("正负", "根号", "的平方", "的立方", "的", "无穷大", "", "度", "到", "比", "和", " sharp", "话题"),
        ),
        "Japanese": Words(
            *("プラス", "マイナス", "かける", "かける", "割る", "イコール", "ノットイコール", "小なり", "大なり"),
            *("小なりイコール", "大なりイコール", "約", "プラスマイナス", "ルート", "の二乗", "の三乗", "の"),
            *("無限大", "パーミル", "度", "から", "対", "アンド", "シャープ", "ハッシュタグ"),
        ),
        "Korean": Words(
            *("더하기", "빼기", "곱하기", "곱하기", "나누기", "는", "낫 이퀄", "작다", "크다", "작거나 같다"),
            *("크거나 같다", "약", "플러스마이너스", "루트", "제곱", "세제곱", "의", "무한대", "퍼밀", "도"),
            *("에서", "대", "앤", "샵", "해시태그"),
        ),
    }
)
assert set(VOCABULARY) == set(CODES)
