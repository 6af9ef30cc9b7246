"""The marks that chat models write into their answers round what is no part of them.

Each model family spells them its own way: tags (`<think>`), square brackets (`[THINK]`), control tokens
(`<|begin_of_thought|>`, `<|im_end|>`), and the channels of gpt-oss (`<|channel|>analysis<|message|>`).
Source: the chat templates of the families; https://cookbook.openai.com/articles/openai-harmony for the channels
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_MARK_CHARACTERS = 80
"""What is longer is no mark, so that text is never held back for longer."""

_THOUGHT = (
    r"(?:(?:think(?:ing)?|thought|reasoning)[_-]process|think(?:ing)?|thoughts?|reason(?:ing)?|reflection|internal|planning|analysis|scratch_?pad|anti?thinking|cot|deliberation"
    r"|(?:inner|internal|hidden)[_-]?(?:thoughts?|monologue|reasoning)|chain[_-]of[_-]thoughts?|monologue"
    r"|tool_(?:calls?|use|results?|code)|function_calls?|思考|推理)"
)
_ANSWER = r"(?:(?:final_?)?(?:answer|response)|final|output|solution)"
# Families put their own name before the word: <seed:think>, <longcat_think>.
_NAME = rf"(?:[a-z]\w{{0,20}}[:_-])?(?:(?P<thought>{_THOUGHT})|(?P<answer>{_ANSWER}))"
_OPENER, _CLOSER = "(?:[<＜〈⟨◁‹]|&lt;)", "(?:[>＞〉⟩▷›]|&gt;)"
_TAG = rf"{_OPENER}\s?(?P<slash>/?)\s?{_NAME}(?:\s[^<>＜＞]{{0,30}}=[^<>＜＞]{{0,30}}?)?\s?(?P<empty>/?){_CLOSER}"
_SQUARE = r"\[(?P<square>/?)(?:(?-i:THINK(?:ING)?|THOUGHTS?|REASON(?:ING)?)|think)\]|\[(?:BEGIN|END) FINAL RESPONSE\]"
_CONTROL = r"<[|｜]\s?(?P<control>[^<>|｜\n]{1,44}?)\s?[|｜]>"
# Gemma's channels have a bar on the outer side alone; MedGemma has two tokens without a name.
_CHANNEL = r"(?P<begin><\|channel>|<unused94>)|(?P<end><channel\|>|<unused95>)"
# A mark in backticks is what the answer is about.
_MARK = re.compile(rf"(?<!`)(?:{_TAG}|{_SQUARE}|{_CONTROL}|{_CHANNEL})", re.IGNORECASE)

_SQUARE_WORDS = (
    *("THINKING", "THOUGHTS", "REASONING", "/THINKING", "/THOUGHTS", "/REASONING"),
    *("BEGIN FINAL RESPONSE", "END FINAL RESPONSE"),
)
_SQUARE_BEGINNINGS = "|".join(sorted({re.escape(f"[{word}"[:end]) for word in _SQUARE_WORDS for end in range(1, 22)}))
_BEGINNING = re.compile(
    rf"(?<!`)(?:{_OPENER}\s?/?\s?(?:[a-z思推][\w:-]{{0,40}}(?:\s?/?|[|｜]|&g?t?))?"
    rf"|{_OPENER}\s?/?\s?{_NAME}\s[^<>＜＞]{{0,60}}"
    r"|<[|｜][^<>|｜\n]{0,44}[|｜]?"
    rf"|{_SQUARE_BEGINNINGS}|&(?:lt?)?)\Z",
    re.IGNORECASE,
)


class Kind(StrEnum):
    """What a mark says of the text after it."""

    THOUGHT = "thought"
    """A thought begins."""
    THOUGHT_END = "thought end"
    ANSWER = "answer"
    """The answer begins, or has ended; what was not closed before it is closed."""
    HEADER = "header"
    """The name of a role or channel follows, up to `MESSAGE`."""
    MESSAGE = "message"
    MESSAGE_END = "message end"
    NOTHING = "nothing"
    """It is only taken out."""


@dataclass(frozen=True, slots=True)
class Mark:
    kind: Kind
    start: int
    end: int


def find_mark(text: str, at: int) -> Mark | None:
    """The first mark from `at` on."""
    found = _MARK.search(text, at)
    return Mark(_kind(found), found.start(), found.end()) if found else None


def beginning_of_mark(text: str, at: int) -> int:
    """Where in `text` from `at` on a mark may have begun whose end has not come yet; else the end of `text`."""
    found = _BEGINNING.search(text, max(at, len(text) - MAX_MARK_CHARACTERS))
    return found.start() if found else len(text)


def _kind(found: re.Match[str]) -> Kind:
    if control := found["control"]:
        return _control_kind(re.sub(r"[\s▁-]+", "_", control.lower()))
    if found["answer"]:
        return Kind.ANSWER
    if found["begin"] or found["end"]:
        return Kind.THOUGHT if found["begin"] else Kind.THOUGHT_END
    if found["slash"] or found["square"]:
        return Kind.THOUGHT_END
    return Kind.THOUGHT if found["square"] == "" or (found["thought"] and not found["empty"]) else Kind.NOTHING


_KINDS = {
    "start": Kind.HEADER,
    "im_start": Kind.HEADER,
    "start_header_id": Kind.HEADER,
    "channel": Kind.HEADER,
    "message": Kind.MESSAGE,
    "end_header_id": Kind.MESSAGE,
    "end": Kind.MESSAGE_END,
    "return": Kind.MESSAGE_END,
    "call": Kind.MESSAGE_END,
}
_THOUGHT_TOKEN = re.compile(r"think|thought|reason|tool_call|calls")
_END_TOKEN = re.compile(r"^/|(?:^|_)end(?:_|$)")


def _control_kind(name: str) -> Kind:
    if _THOUGHT_TOKEN.search(name):
        return Kind.THOUGHT_END if _END_TOKEN.search(name) else Kind.THOUGHT
    return _KINDS.get(name, Kind.NOTHING)
