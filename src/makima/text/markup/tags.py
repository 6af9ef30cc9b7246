"""Tags: the subset of SSML that is followed, `[pause:1.5s]`, and all others, whose text is spoken without them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from makima.text.markup.items import MAX_PAUSE_S, Break, Item, Pause, Written

_ATTRIBUTE = r"\s+[A-Za-z_:][\w:.-]{0,40}\s{0,4}=\s{0,4}(?:\"[^\"<>]{0,400}\"|'[^'<>]{0,400}'|[^\s\"'<>=]{1,400})"
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<name>[A-Za-z][\w:-]{{0,30}})(?P<attributes>(?:{_ATTRIBUTE}){{0,20}})\s{{0,4}}(?P<empty>/?)>"
)
_COMMENT = re.compile(r"<!--(?:(?!-->)[^\0]){0,2000}-->|<!(?:DOCTYPE|doctype)[^<>]{0,200}>|<\?xml[^<>]{0,200}\?>")
_UNSPOKEN = re.compile(r"<(script|style|head|svg)\b[^<>]{0,200}>(?:(?!</\1)[^\0]){0,5000}</\1\s{0,4}>", re.IGNORECASE)
_PAUSE = re.compile(r"\[pause(?::\s{0,2}(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})\s{0,2}(ms|s)?)?\]", re.IGNORECASE)
_NAMED = re.compile(r"([A-Za-z_:][\w:.-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>=]+))")
_TIME = re.compile(r"\+?(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})\s?(ms|s)")
_STRENGTHS = {"none": 0.0, "x-weak": 0.1, "weak": 0.25, "medium": 0.5, "strong": 0.75, "x-strong": 1.0}
_SENTENCES = frozenset(
    (
        "p",
        "s",
        "div",
        "li",
        "ul",
        "ol",
        "tr",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "blockquote",
        "section",
        "article",
        "summary",
        "details",
    )
)
_SPACES = frozenset(("br", "td", "th"))
_HIGH = str.maketrans("0123456789-+n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ")
_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_RAISED = re.compile(r"<(sup|sub)>([\d+-]{1,4}|n)</\1>", re.IGNORECASE)
_SPOKEN_AS = frozenset(
    ("characters", "spell-out", "digits", "cardinal", "number", "ordinal", "date", "time", "telephone")
)


def items(text: str) -> Iterator[Item]:
    """`text` in its parts: what is read, pauses, and ends of sentences that a tag says. Entities are resolved."""
    if "<" not in text and "[" not in text:
        yield Written(_unescaped(text))
        return
    if "<" in text:
        text = _COMMENT.sub(" ", _UNSPOKEN.sub(" ", text))
        text = _RAISED.sub(lambda m: m[2].translate(_HIGH if m[1].lower() == "sup" else _LOW), text)
    yield from _tagged(_PAUSE.sub(_as_break, text))


def without_tags(text: str) -> str:
    """`text` with blanks in place of tags and of what they keep from being spoken, as long as before."""
    if "<" in text:
        for pattern in (_UNSPOKEN, _COMMENT, _TAG):
            text = pattern.sub(_blank, text)
    return _PAUSE.sub(_blank, text) if "[" in text else text


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _as_break(match: re.Match[str]) -> str:
    if match[1] is None:
        return "<break/>"
    return f'<break time="{match[1]}{match[2] or "s"}"/>'


def _tagged(text: str) -> Iterator[Item]:
    at, kept, say_as, skipped = 0, "", None, ""
    for match in _TAG.finditer(text):
        between = text[at : match.start()]
        at = match.end()
        name = match["name"].lower().removeprefix("ssml:")
        attributes = {
            found[1].lower(): found[2] or found[3] or found[4] or "" for found in _NAMED.finditer(match["attributes"])
        }
        if not skipped:
            kept += between
        if match["close"]:
            if name == skipped:
                skipped = ""
            elif name == "say-as" and say_as:
                yield Written(_unescaped(kept), say_as)
                kept, say_as = "", None
            elif name in _SENTENCES:
                yield Written(_unescaped(kept))
                yield Break()
                kept = ""
            continue
        if skipped:
            continue
        if name == "break":
            yield Written(_unescaped(kept), say_as)
            yield Pause(_length_s(attributes))
            kept = ""
        elif name == "sub" and attributes.get("alias") and not match["empty"]:
            kept += attributes["alias"]
            skipped = name
        elif name == "say-as" and attributes.get("interpret-as") in _SPOKEN_AS and not match["empty"]:
            yield Written(_unescaped(kept), say_as)
            kept, say_as = "", attributes["interpret-as"]
        elif name in _SENTENCES:
            yield Written(_unescaped(kept), say_as)
            yield Break()
            kept = ""
        elif name in _SPACES:
            kept += ", " if name != "br" and kept.strip() else " "
    yield Written(_unescaped(kept + (text[at:] if not skipped else "")), say_as)


def _length_s(attributes: dict[str, str]) -> float:
    if time := _TIME.fullmatch(attributes.get("time", "").strip()):
        seconds = float(time[1]) / (1000 if time[2] == "ms" else 1)
    else:
        seconds = _STRENGTHS.get(attributes.get("strength", "medium"), 0.5)
    return min(seconds, MAX_PAUSE_S)


def _unescaped(text: str) -> str:
    # Only whole entities: `AT&T` and `&copy` without its mark stay what they are.
    return re.sub(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});", _entity, text) if "&" in text else text


def _entity(match: re.Match[str]) -> str:
    character = html.unescape(match.group())
    return " " if character == "\u00a0" or not character.isprintable() else character
