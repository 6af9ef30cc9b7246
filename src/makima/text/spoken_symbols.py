"""What symbols and units are called in the ten languages.

A name is `one|many`; the first goes with the number 1. Russian and the languages without plurals have one form, which a
listener understands with any number.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from makima.text.language import LANGUAGES

# Columns in the order of `LANGUAGES`: zh, en, ja, ko, de, fr, ru, pt, es, it.
_ROWS = {
    "%": ("百分之", "percent", "パーセント", "퍼센트", "Prozent", "pour cent", "процентов", "por cento", "por ciento", "per cento"),
    "€": ("欧元", "euro|euros", "ユーロ", "유로", "Euro", "euro|euros", "евро", "euro|euros", "euro|euros", "euro"),
    "$": ("美元", "dollar|dollars", "ドル", "달러", "Dollar", "dollar|dollars", "долларов", "dólar|dólares", "dólar|dólares", "dollaro|dollari"),
    "£": ("英镑", "pound|pounds", "ポンド", "파운드", "Pfund", "livre|livres", "фунтов", "libra|libras", "libra|libras", "sterlina|sterline"),
    "¥": ("元", "yen", "円", "엔", "Yen", "yen|yens", "иен", "iene|ienes", "yen|yenes", "yen"),
    "km/h": ("公里每小时", "kilometer per hour|kilometers per hour", "キロメートル毎時", "킬로미터 퍼 아워", "Kilometer pro Stunde", "kilomètre par heure|kilomètres par heure", "километров в час", "quilômetro por hora|quilômetros por hora", "kilómetro por hora|kilómetros por hora", "chilometro orario|chilometri orari"),
    "km": ("公里", "kilometer|kilometers", "キロメートル", "킬로미터", "Kilometer", "kilomètre|kilomètres", "километров", "quilômetro|quilômetros", "kilómetro|kilómetros", "chilometro|chilometri"),
    "cm": ("厘米", "centimeter|centimeters", "センチメートル", "센티미터", "Zentimeter", "centimètre|centimètres", "сантиметров", "centímetro|centímetros", "centímetro|centímetros", "centimetro|centimetri"),
    "mm": ("毫米", "millimeter|millimeters", "ミリメートル", "밀리미터", "Millimeter", "millimètre|millimètres", "миллиметров", "milímetro|milímetros", "milímetro|milímetros", "millimetro|millimetri"),
    "kg": ("公斤", "kilogram|kilograms", "キログラム", "킬로그램", "Kilogramm", "kilogramme|kilogrammes", "килограммов", "quilograma|quilogramas", "kilogramo|kilogramos", "chilogrammo|chilogrammi"),
    "ms": ("毫秒", "millisecond|milliseconds", "ミリ秒", "밀리초", "Millisekunde|Millisekunden", "milliseconde|millisecondes", "миллисекунд", "milissegundo|milissegundos", "milisegundo|milisegundos", "millisecondo|millisecondi"),
    "GB": ("吉字节", "gigabyte|gigabytes", "ギガバイト", "기가바이트", "Gigabyte", "gigaoctet|gigaoctets", "гигабайт", "gigabyte|gigabytes", "gigabyte|gigabytes", "gigabyte"),
    "MB": ("兆字节", "megabyte|megabytes", "メガバイト", "메가바이트", "Megabyte", "mégaoctet|mégaoctets", "мегабайт", "megabyte|megabytes", "megabyte|megabytes", "megabyte"),
    "°C": ("摄氏度", "degree Celsius|degrees Celsius", "度", "도", "Grad Celsius", "degré Celsius|degrés Celsius", "градусов", "grau Celsius|graus Celsius", "grado Celsius|grados Celsius", "grado Celsius|gradi Celsius"),
    "°": ("度", "degree|degrees", "度", "도", "Grad", "degré|degrés", "градусов", "grau|graus", "grado|grados", "grado|gradi"),
    "@": ("艾特", "at", "アット", "골뱅이", "at", "arobase", "собака", "arroba", "arroba", "chiocciola"),
    ".": ("点", "dot", "ドット", "점", "Punkt", "point", "точка", "ponto", "punto", "punto"),
    "&": ("和", "and", "と", "그리고", "und", "et", "и", "e", "y", "e"),
}  # fmt: skip

CURRENCIES = "€$£¥"
UNITS = ("km/h", "km", "cm", "mm", "kg", "ms", "GB", "MB", "°C", "°")

_NAMES: Mapping[tuple[str, str], str] = MappingProxyType(
    {(symbol, language): name for symbol, row in _ROWS.items() for language, name in zip(LANGUAGES, row, strict=True)}
)


def name(symbol: str, language: str, number: str = "2") -> str:
    """What `symbol` is called after `number`."""
    one, _, many = _NAMES[symbol, language].partition("|")
    return one if number == "1" or not many else many
