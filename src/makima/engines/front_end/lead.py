"""How far a text may be read ahead of its listener. Pure rules.

To read a text costs 20 us a character, and clients may send far more than is ever heard. What is read is therefore
bounded by what was heard: many long texts that come at once cost no more than their first minute, and the rest of each
is read while it is spoken.
"""

from __future__ import annotations

AHEAD_CHARACTERS = 600
"""Read before anything was heard: 40 s of speech, and more than any engine makes in advance."""
CHARACTERS_A_SECOND = 120
"""Read more for each second that was heard: twice as fast as the fastest speech."""
REST_S = 2.0
"""After which a little more is read in any case, as what was read may turn out to have no sound."""


class Lead:
    """Of one utterance."""

    def __init__(self) -> None:
        self._said_characters = 0
        self._heard_s = 0.0

    @property
    def enough(self) -> bool:
        """Whether more need not be read yet."""
        return self._said_characters > AHEAD_CHARACTERS + CHARACTERS_A_SECOND * self._heard_s

    def said(self, characters: int) -> None:
        """A sentence of this length was passed to the engine. What leads to none does not count."""
        self._said_characters += characters

    def heard(self, seconds: float) -> None:
        """This much sound was taken by the listener."""
        self._heard_s += seconds
