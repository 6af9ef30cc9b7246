"""What was said in a conversation: bounded, and of our own share only what was heard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from makima.llm.protocol import Message, Role

MAX_CHARACTERS = 24_000
"""About 6,000 tokens, which fits the smallest context in use; the oldest is forgotten first."""
MAX_MESSAGES = 200

USUAL_MS_PER_CHARACTER = 66.0
"""English at 150 words a minute, six characters each with the space."""

# Letters of scripts without spaces stand for themselves: a word of Latin letters is not cut, a run of Chinese is.
_WORD = re.compile(r"[^\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+(?:['’]\w+)?")


@dataclass(frozen=True, slots=True)
class Played:
    """How much of an utterance's audio was sent, and was heard. `whole`: all of the text is in what was sent."""

    sent_ms: float = 0.0
    heard_ms: float = 0.0
    whole: bool = False


class SpeakingRate:
    """How long a character takes to speak, learned from what was spoken whole."""

    def __init__(self) -> None:
        self.ms_per_character = USUAL_MS_PER_CHARACTER

    def learn(self, characters: int, audio_ms: float) -> None:
        """Take in how long an utterance of this length took. Short ones say little, as they are mostly pauses."""
        if characters >= 20 and audio_ms > 0:
            self.ms_per_character += 0.5 * (audio_ms / characters - self.ms_per_character)

    def words_heard(self, text: str, played: Played) -> str:
        """The words of `text` that were heard, in proportion to its characters."""
        if played.whole and played.heard_ms >= played.sent_ms:
            return text
        per_character = played.sent_ms / max(1, len(text)) if played.whole else self.ms_per_character
        return whole_words(text, int(played.heard_ms / per_character) if per_character else 0)


def whole_words(text: str, characters: int) -> str:
    """The first `characters` of `text`, less a word that would be cut."""
    if characters >= len(text):
        return text
    cut = next((word.start() for word in _WORD.finditer(text) if word.start() < characters < word.end()), characters)
    return text[:cut].rstrip()


@dataclass(slots=True)
class _Share:
    role: Role
    text: str
    reply_id: str | None = None


class History:
    """The shares of both sides, oldest first, and what the chat model is told before them."""

    def __init__(self, system_prompt: str, *, max_characters: int = MAX_CHARACTERS) -> None:
        self._system = [Message("system", system_prompt)] if system_prompt else []
        self._max_characters = max_characters
        self._shares: list[_Share] = []

    def heard(self, text: str) -> None:
        """Add what was said to us."""
        self._add(_Share("user", text.strip()))

    def said(self, reply_id: str, text: str) -> None:
        """Add what was heard of a reply, or put right what is already there of it."""
        known = next((share for share in self._shares if share.reply_id == reply_id), None)
        if known is None:
            self._add(_Share("assistant", text.strip(), reply_id))
        else:
            known.text = text.strip()

    def messages(self) -> Sequence[Message]:
        """What the chat model reads. Shares of one side that follow each other are one message."""
        messages: list[Message] = []
        for share in self._shares:
            # Many models refuse a conversation that does not begin with the other side.
            if not share.text or (not messages and share.role == "assistant"):
                continue
            if messages and messages[-1].role == share.role:
                messages[-1] = Message(share.role, f"{messages[-1].text} {share.text}")
            else:
                messages.append(Message(share.role, share.text))
        return [*self._system, *messages]

    def _add(self, share: _Share) -> None:
        self._shares.append(share)
        characters = 0
        for kept, each in enumerate(reversed(self._shares)):
            characters += len(each.text)
            # The last words are kept however long they are: they are to be answered.
            if kept and (characters > self._max_characters or kept >= MAX_MESSAGES):
                del self._shares[: len(self._shares) - kept]
                break
