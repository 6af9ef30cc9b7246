"""The words for signs of sums, sets and Greek letters, in the ten languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from makima.text.language import CODES

_LETTERS = "αβγδεζηθικλμνξοπρςστυφχψω"
_NAMES = {
    "English": "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon phi chi psi omega",
    "German": "Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda My Ny Xi Omikron Pi Rho Sigma Sigma Tau Ypsilon Phi Chi Psi Omega",
    "French": "alpha bêta gamma delta epsilon zêta êta thêta iota kappa lambda mu nu xi omicron pi rhô sigma sigma tau upsilon phi khi psi oméga",
    "Spanish": "alfa beta gamma delta épsilon zeta eta theta iota kappa lambda mu nu xi ómicron pi rho sigma sigma tau ípsilon phi ji psi omega",
    "Italian": "alfa beta gamma delta epsilon zeta eta teta iota cappa lambda mi ni xi omicron pi rho sigma sigma tau ipsilon fi chi psi omega",
    "Portuguese": "alfa beta gama delta épsilon zeta eta teta iota capa lambda mi ni csi ômicron pi rô sigma sigma tau ípsilon fi qui psi ômega",
    "Russian": "альфа бета гамма дельта эпсилон дзета эта тета йота каппа лямбда мю ню кси омикрон пи ро сигма сигма тау ипсилон фи хи пси омега",
    "Chinese": "阿尔法 贝塔 伽马 德尔塔 艾普西龙 泽塔 伊塔 西塔 约塔 卡帕 拉姆达 缪 纽 克西 奥密克戎 派 柔 西格马 西格马 陶 宇普西龙 斐 希 普西 欧米伽",
    "Japanese": "アルファ ベータ ガンマ デルタ イプシロン ゼータ イータ シータ イオタ カッパ ラムダ ミュー ニュー クサイ オミクロン パイ ロー シグマ シグマ タウ ウプシロン ファイ カイ プサイ オメガ",
    "Korean": "알파 베타 감마 델타 엡실론 제타 에타 세타 요타 카파 람다 뮤 뉴 크사이 오미크론 파이 로 시그마 시그마 타우 입실론 파이 카이 프사이 오메가",
}
GREEK: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {language: dict(zip(_LETTERS, names.split(), strict=True)) for language, names in _NAMES.items()}
)
"""What small letters are called, by language; capitals have the same names."""

LIMIT: Mapping[str, str] = MappingProxyType(
    {
        "English": "the limit as {} approaches {} of",
        "German": "Grenzwert für {} gegen {} von",
        "French": "la limite quand {} tend vers {} de",
        "Spanish": "el límite cuando {} tiende a {} de",
        "Italian": "il limite per {} che tende a {} di",
        "Portuguese": "o limite quando {} tende a {} de",
        "Russian": "предел при {} стремящемся к {} от",
        "Chinese": "{}趋于{}时的极限",
        "Japanese": "{}が{}に近づくときの極限",
        "Korean": "{} 가 {} 로 갈 때의 극한",
    }
)
"""A limit: what approaches, and what it approaches."""

OPERATORS: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "English": {
            "∑": ("the sum of", "the sum from {} to {} of"),
            "∏": ("the product of", "the product from {} to {} of"),
            "∫": ("the integral of", "the integral from {} to {} of"),
        },
        "German": {
            "∑": ("die Summe von", "die Summe von {} bis {} von"),
            "∏": ("das Produkt von", "das Produkt von {} bis {} von"),
            "∫": ("das Integral von", "das Integral von {} bis {} von"),
        },
        "French": {
            "∑": ("la somme de", "la somme de {} à {} de"),
            "∏": ("le produit de", "le produit de {} à {} de"),
            "∫": ("l'intégrale de", "l'intégrale de {} à {} de"),
        },
        "Spanish": {
            "∑": ("la suma de", "la suma desde {} hasta {} de"),
            "∏": ("el producto de", "el producto desde {} hasta {} de"),
            "∫": ("la integral de", "la integral desde {} hasta {} de"),
        },
        "Italian": {
            "∑": ("la somma di", "la somma da {} a {} di"),
            "∏": ("il prodotto di", "il prodotto da {} a {} di"),
            "∫": ("l'integrale di", "l'integrale da {} a {} di"),
        },
        "Portuguese": {
            "∑": ("a soma de", "a soma de {} até {} de"),
            "∏": ("o produto de", "o produto de {} até {} de"),
            "∫": ("a integral de", "a integral de {} até {} de"),
        },
        "Russian": {
            "∑": ("сумма", "сумма от {} до {}"),
            "∏": ("произведение", "произведение от {} до {}"),
            "∫": ("интеграл", "интеграл от {} до {}"),
        },
        "Chinese": {
            "∑": ("求和", "从{}到{}求和"),
            "∏": ("求积", "从{}到{}求积"),
            "∫": ("积分", "从{}到{}积分"),
        },
        "Japanese": {
            "∑": ("シグマ", "{}から{}までのシグマ"),
            "∏": ("総乗", "{}から{}までの総乗"),
            "∫": ("インテグラル", "{}から{}までのインテグラル"),
        },
        "Korean": {
            "∑": ("시그마", "{} 부터 {} 까지 시그마"),
            "∏": ("곱", "{} 부터 {} 까지 곱"),
            "∫": ("적분", "{} 부터 {} 까지 적분"),
        },
    }
)
"""What is said for a sign by itself, and with its bounds."""

_RELATION_SIGNS = "∈∉∪∩⊂⊆∀∃∅∂∇∧∨′"
_RELATION_WORDS = {
    "English": "in|not in|union|intersection|is a subset of|is a subset of|for all|there exists|the empty set|partial|nabla|and|or|prime",
    "German": "Element von|nicht Element von|vereinigt mit|geschnitten mit|Teilmenge von|Teilmenge von|für alle|es gibt|leere Menge|partiell|Nabla|und|oder|Strich",
    "French": "appartient à|n'appartient pas à|union|inter|inclus dans|inclus dans|pour tout|il existe|l'ensemble vide|d rond|nabla|et|ou|prime",
    "Spanish": "pertenece a|no pertenece a|unión|intersección|subconjunto de|subconjunto de|para todo|existe|conjunto vacío|derivada parcial|nabla|y|o|prima",
    "Italian": "appartiene a|non appartiene a|unione|intersezione|sottoinsieme di|sottoinsieme di|per ogni|esiste|insieme vuoto|derivata parziale|nabla|e|o|primo",
    "Portuguese": "pertence a|não pertence a|união|interseção|subconjunto de|subconjunto de|para todo|existe|conjunto vazio|derivada parcial|nabla|e|ou|linha",
    "Russian": "принадлежит|не принадлежит|объединение|пересечение|подмножество|подмножество|для любого|существует|пустое множество|частная производная|набла|и|или|штрих",
    "Chinese": "属于|不属于|并|交|包含于|包含于|对任意|存在|空集|偏|纳布拉|且|或|撇",
    "Japanese": "は要素|は要素でない|または|かつ|は部分集合|は部分集合|すべての|存在する|空集合|ラウンド|ナブラ|かつ|または|ダッシュ",
    "Korean": "원소|원소 아님|합집합|교집합|부분집합|부분집합|모든|존재하는|공집합|라운드|나블라|그리고|또는|프라임",
}
RELATIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {language: dict(zip(_RELATION_SIGNS, words.split("|"), strict=True)) for language, words in _RELATION_WORDS.items()}
)
"""Signs between sets and before them."""
assert set(GREEK) == set(LIMIT) == set(OPERATORS) == set(RELATIONS) == set(CODES)
