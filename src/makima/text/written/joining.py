"""German as it is spelled: numbers as one word, nouns with a capital. The grammar writes them apart, which voices read with gaps."""

from __future__ import annotations

import re

_ONES = "eins?|zwei|drei|vier|fünf|sechs|sieben|acht|neun"
_TENS = "zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig"
_TEENS = "zehn|elf|zwölf|(?:drei|vier|fünf|sech|sieb|acht|neun)zehn"
_TWO = rf"(?:(?:{_ONES}) und (?:{_TENS})|{_TENS}|{_TEENS}|{_ONES})"
_HUNDREDS = rf"(?:(?:{_ONES}) )?hundert(?: (?:und )?{_TWO})?"
_ENDING = r"(?:s?te[nrsm]?)?"
_NUMBER = re.compile(
    rf"(?<!\w)(?:(?:(?:{_HUNDREDS}|{_TWO}) )?tausend(?: (?:und )?(?:{_HUNDREDS}|{_TWO}))?"
    rf"|{_HUNDREDS}|(?:{_ONES}) und (?:{_TENS})){_ENDING}(?!\w)"
)
_SIDE_BY_SIDE = re.compile(r"\d (?:und )?\d")
_NOUNS = re.compile(
    r"(?<!\w)(?:prozent|(?:kilo|milli|mikro)?gramm|(?:kilo|zenti|milli|dezi|quadrat|kubik|quadratkilo|quadratzenti|nano)?meter|"
    r"(?:milli|hekto|zenti|dezi)?liter|grad|celsius|fahrenheit|uhr|stunden?|minuten?|sekunden?|tonnen?|million(?:en)?|"
    r"milliarden?|billion(?:en)?|komma|punkt|zentner|pfund|euro|dollar|cent|hertz|volt|watt|ampere|byte|(?:kilo|mega|giga|tera)byte)(?!\w)"
)


def joined(said: str, written: str) -> str:
    """What the grammar `said` for `written`, in German spelling."""
    if not _SIDE_BY_SIDE.search(written):
        said = _NUMBER.sub(lambda match: match.group().replace(" ", ""), said)
    kept = set(re.findall(r"\w+", written))
    return _NOUNS.sub(lambda match: match.group() if match.group() in kept else match.group().capitalize(), said)
