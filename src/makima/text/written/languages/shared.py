"""Rules that several languages share, each in its own words."""

from __future__ import annotations

import re

from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, digits

_NUMBER_AFTER_NAME = r"(?<![\w.,])(?P<v>[vV])?(?P<parts>\d{1,3}(?:\.\d{1,3}){1,3})(?!\w|[.,]\d)"
_NO_NAMES = "le|du|au|el|del|al|a|las|la|os|as|am|um|vom|bis|alle|às|il|dal|den|dem|der"


def international_telephone(language: str, plus: str) -> Rule:
    """A number that begins with a plus and a country: digit by digit, in its groups."""

    def speak(match: re.Match[str]) -> str:
        groups = re.findall(r"\d+", match.group())
        if len("".join(groups)) < 8:
            return match.group()
        return f"{plus} " + ", ".join(digits(group, language) for group in groups)

    return rule("international telephone", r"(?<![\w.,+])\+[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,6}(?![\w-])", speak)


def ranges(language: str, to: str, followed: str = r" ?(?:[^\W\d_]|[%€$£°])") -> Rule:
    """`3-5 days`: a number, a hyphen, a larger number, and what is counted."""

    def speak(match: re.Match[str]) -> str:
        first, last = match[1], match[3]
        years = 1000 <= int(first) < int(last) < 2100
        if int(first) >= int(last) or len(last) - len(first) > 1 or (len(last) > 3 and not years):
            return match.group()
        return f"{first} {to} {last}"

    return rule("range", rf"(?<![\w.,/:+()-])(\d{{1,6}})( ?[–—-] ?)(\d{{1,6}})(?={followed})", speak)


def dotted(language: str, point: str, *, two: bool = True) -> Rule:
    """Versions and addresses of machines: `3.10` behind a name, `v2.0.1`, `192.168.1.1`."""

    def speak(match: re.Match[str]) -> str:
        parts = match["parts"].split(".")
        letter = f"{match['v']} " if match["v"] else ""
        before = match.string[: match.start()].rstrip()
        if len(parts) == 2:
            named = re.search(r"[^\W\d_]{2,}$", before) and not re.search(rf"\b(?:{_NO_NAMES})$", before, re.IGNORECASE)
            if not (match["v"] or (two and named and match.string[match.start() - 1] == " ")):
                return match.group()
        elif (len(parts) == 3 and max(map(len, parts)) > 2) or any(re.fullmatch(r"0\d\d", part) for part in parts):
            return match.group()
        if len(parts) == 4 and all(int(part) < 256 for part in parts):
            return letter + f" {point} ".join(digits(part, language) for part in parts)
        said = (digits(p, language) if p.startswith("0") else cardinal(int(p), language) for p in parts)
        return letter + f" {point} ".join(said)

    return rule("dotted", _NUMBER_AFTER_NAME, speak)


def grouped(language: str) -> Rule:
    """Points that group digits: `1.000.000`."""
    return rule(
        "grouped",
        r"(?<![\w.,/:])\d{1,3}(?:\.\d{3})+(?![\w.,/:]|\.\d)",
        lambda match: cardinal(int(match[0].replace(".", "")), language) if len(match[0]) < 20 else match[0],
    )
