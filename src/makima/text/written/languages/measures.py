"""Numbers with units, money and shares, for the languages whose units stand in `units.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from makima.text.written.rule import Rule, rule

CURRENCIES = frozenset(
    ("€", "$", "£", "¥", "₩", "₽", "₹", "CHF", "HK$", "US$", "USD", "EUR", "RUB", "руб.", "руб", "р.")
)


def forms(entry: str) -> tuple[str, list[str]]:
    """Gender and forms of one entry of a table."""
    gender, _, rest = entry.rpartition(":") if entry[1:2] == ":" else ("m", "", entry)
    return gender, rest.split("|")


def alternatives(names: Mapping[str, str] | list[str]) -> str:
    """A pattern of all names, longer ones first."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


def unit_rule(
    table: Mapping[str, str],
    number: str,
    speak: Callable[[str, str], str],
    *,
    after: str = r"(?![^\W\d_]|[/²³\d]|['’]\w)",
) -> Rule:
    """A number with a unit behind it; `speak` takes both as they are written."""
    names = alternatives(list(table))
    return rule("unit", rf"({number}) ?({names}){after}", lambda match: speak(match[1], match[2]))
