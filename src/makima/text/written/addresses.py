"""Web addresses that are too long to be said whole, and mail addresses that the grammar does not read."""

from __future__ import annotations

import re

from makima.text.language import CODES
from makima.text.written.words import TIGHT

DOT = {
    "Chinese": "点",
    "English": "dot",
    "Japanese": "ドット",
    "Korean": "점",
    "German": "Punkt",
    "French": "point",
    "Russian": "точка",
    "Portuguese": "ponto",
    "Spanish": "punto",
    "Italian": "punto",
}
AT = {
    "Chinese": "艾特",
    "English": "at",
    "Japanese": "アット",
    "Korean": "골뱅이",
    "German": "at",
    "French": "arobase",
    "Russian": "собака",
    "Portuguese": "arroba",
    "Spanish": "arroba",
    "Italian": "chiocciola",
}
assert set(DOT) == set(AT) == set(CODES)

MAX_ADDRESS_CHARACTERS = 80
"""Longer addresses are made for machines: only the name of theirs is said."""

_WEB = re.compile(r"(?:https?://|\bwww\.)[^\s<>()\"“”「」，。、！？]*[\w/]")
_FILE = re.compile(
    r"(?<![\w./\\-])([A-Za-z][\w-]{0,40})\.(ya?ml|json|toml|txt|pdf|docx?|xlsx?|csv|py|js|ts|html?|css|md|sh|exe|zip|png|jpe?g|mp[34]|wav)(?![\w.]\w|\w)"
)
_MAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}")


def web_addresses(text: str, language: str) -> str:
    """`text` with its long web addresses cut down to the machine's name: the rest is of no use to a listener."""
    if "://" not in text and "www." not in text:
        return text
    return _WEB.sub(lambda match: _short(match[0], language), text)


def _short(address: str, language: str) -> str:
    if len(address) <= MAX_ADDRESS_CHARACTERS:
        return address
    return spoken(re.sub(r"(?<=[^/:])/.*", "", address, count=1), language)


def left_addresses(text: str, language: str) -> str:
    """`text` with those addresses said that no grammar has read."""
    if "@" in text:
        text = _MAIL.sub(lambda match: spoken(match[0], language), text)
    if "www." in text or "://" in text:
        text = _WEB.sub(lambda match: spoken(match[0], language), text)
    return _FILE.sub(lambda match: f"{match[1]} {DOT[language]} {match[2]}", text) if "." in text else text


def spoken(address: str, language: str) -> str:
    """One address in words; Chinese and Japanese set Latin letters apart from their own."""
    bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", address).rstrip("/")
    words = bare.replace(".", f" {DOT[language]} ").replace("@", f" {AT[language]} ")
    said = re.sub(r"\s+", " ", re.sub(r"[/?=&#_%:+~-]+", " ", words)).strip()
    return f" {said} " if language in TIGHT else said
