"""A text as the model was taught to read it: whole sentences, plain punctuation."""

from __future__ import annotations

from typing import Final

_PLAIN: Final = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "—": "-", "–": "-", ":": ",", "…": ","}
)
_ENDS: Final = (".", "!", "?", "-", ",")


def worded(text: str) -> str:
    """`text` on one line, with a capital in front, a mark behind, and marks that the model knows.

    Source: what the released package does to every text before it is read
    """
    words = " ".join(text.translate(_PLAIN).split()).replace(" ,", ",")
    ended = words if words.endswith(_ENDS) else f"{words}."
    return ended[:1].upper() + ended[1:]
