"""Which texts can be spoken at all, and what is taken out of them before they are."""

from __future__ import annotations

import re
import unicodedata

from makima.errors import InvalidText

MAX_UTTERANCE_CHARACTERS = 1_000
MAX_TEXT_CHARACTERS = 100_000
"""Of a text that is spoken sentence by sentence: by `makima say` and `POST /api/v1/tts`."""

_LAYOUT = frozenset("\t\n\v\f\r\x85")
_KEYCAP = re.compile("([0-9])\ufe0f?\u20e3|[#*]\ufe0f?\u20e3")
# What decides at once for most texts: letters of the ten languages.
_WORD = re.compile(
    "[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u0400-\u0481\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fef\uac00-\ud7a3]"
)
# What may be a picture, or part of one: all from U+2190 but for those letters, and marks between them.
_RARE = re.compile(
    "[\u200d\u20e3\u2190-\u2fff\u3004\u3012\u3013\u3020-\u3040\u3097-\u30a0\u30ff-\u33ff\u4dc0-\u4dff\u9ff0-\uabff\ud7a4-\uff00\uff3e-\uff40"
    "\uff61-\U0010ffff]"
)
# Zero-width joiner, variation selectors and tag characters: the glue inside an emoji.
_GLUE = re.compile("[\u200d\ufe0e\ufe0f\U000e0020-\U000e007f]")


def without_emoji(text: str) -> str:
    """`text` with emoji and other pictures replaced by spaces; the digit of a keycap stays."""
    if not _RARE.search(text):
        return text
    text = _GLUE.sub("", _KEYCAP.sub(lambda match: match[1] or " ", text)).replace("🔟", "10")
    # Below U+2190 stand signs that are read aloud, such as the degree and the trade mark.
    return "".join(
        " " if ch >= "\u2190" and unicodedata.category(ch) in ("So", "Sk", "Co", "Cn") else ch for ch in text
    )


def is_speakable(text: str) -> bool:
    """Whether anything in `text` has a sound: at least one letter or digit that is not part of an emoji."""
    if _WORD.search(text):
        return True
    return any(unicodedata.category(ch)[0] in "LN" for ch in without_emoji(text))


def without_controls(text: str) -> str:
    """`text` without what `check_characters` refuses of control characters, for a text from a program."""
    return "".join(ch for ch in text if ch in _LAYOUT or unicodedata.category(ch) != "Cc")


def check_characters(text: str) -> None:
    """Refuse what no text holds on purpose.

    Raises: InvalidText for control characters other than white space, and for halves of a surrogate pair.
    """
    for ch in text:
        if "\ud800" <= ch <= "\udfff":
            raise InvalidText(
                f"The text holds half of a surrogate pair (U+{ord(ch):04X}).", mend="Send well-formed Unicode."
            )
        if unicodedata.category(ch) == "Cc" and ch not in _LAYOUT:
            raise InvalidText(
                f"The text holds the control character U+{ord(ch):04X}.", mend="Remove it and send the text again."
            )


def check_utterance(text: str, limit_characters: int = MAX_UTTERANCE_CHARACTERS) -> str:
    """The text of an utterance as it will be spoken: trimmed, and known to have a sound.

    Raises: InvalidText where it is empty, longer than `limit_characters` after trimming, or has nothing speakable.
    """
    check_characters(text)
    trimmed = text.strip()
    if not trimmed:
        raise InvalidText("The text is empty.")
    if len(trimmed) > limit_characters:
        raise InvalidText(
            f"The text has {len(trimmed):,} characters; at most {limit_characters:,} are spoken at once.",
            mend="Split it, or send it in pieces with append and end.",
        )
    if not is_speakable(trimmed):
        raise InvalidText("There is nothing in the text that can be spoken.", mend="It needs a letter or a digit.")
    return trimmed
