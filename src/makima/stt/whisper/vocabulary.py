"""Whisper's tokens: the special ones, text, and which tokens make a word."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

TIMESTAMP_S: Final = 0.02
"""Between two timestamp tokens, and between two positions of the encoder."""

MOST_TOKENS_PER_S: Final = 12
"""More than is ever spoken: fast Japanese has 8."""
USUAL_TOKENS_PER_S: Final = 5
_END_S: Final = 0.4
"""A timestamp this close to the end is the end."""

UNSPACED: Final = frozenset({"zh", "ja"})
"""Languages that are written without spaces. Each character is timed by itself."""

# Tokens of "以下是普通话的句子。", without which Mandarin is sometimes written in traditional characters.
_PROMPTS: Final[Mapping[str, tuple[int, ...]]] = {
    "zh": (3588, 4438, 1541, 29993, 19550, 21596, 1546, 34592, 7626, 1543)
}
_INCOMPLETE: Final = "\ufffd"


@dataclass(frozen=True, slots=True)
class TextWord:
    """A word with the marks around it, and how many tokens it has."""

    text: str
    tokens: int


class Vocabulary:
    """The tokens of one model, out of its `tokenizer.json`. Texts are only ever read from tokens, never made into them.

    Raises: OSError or ValueError where `path` is no such file
    """

    def __init__(self, path: Path) -> None:
        try:
            described = json.loads(path.read_text("utf-8"))
            letters = _byte_letters()
            self._bytes = {
                number: bytes(letters[letter] for letter in text)
                for text, number in described["model"]["vocab"].items()
                if not text.startswith("<|")
            }
            self._numbers: dict[str, int] = {token["content"]: token["id"] for token in described["added_tokens"]}
        except (KeyError, TypeError, AttributeError) as exc:
            raise ValueError(f"{path.name} does not describe tokens: {exc!r} is not in it") from exc
        self._end = self._special("<|endoftext|>")
        self._first_timestamp = self._special("<|notimestamps|>") + 1

    def prompt(self, language: str) -> list[int]:
        """What the decoder is given first."""
        before = [self._special("<|startofprev|>"), *_PROMPTS[language]] if language in _PROMPTS else []
        return [*before, *self.start(language)]

    def start(self, language: str) -> list[int]:
        """The sequence that asks for a transcript in `language`."""
        return [self._special(token) for token in ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>")]

    def spoken(self, tokens: Sequence[int], seconds: float) -> list[int]:
        """The text tokens of what is said within `seconds`.

        A decoder that is given less than its usual 30 s begins the text again once it has come to the end of the
        speech. Its own timestamps tell where that is: the segment begins at the end, or does not fit in before it.
        """
        kept: list[int] = []
        segment: list[int] = []
        start_s = 0.0
        for token in [*tokens, self._first_timestamp]:
            if token < self._first_timestamp:
                segment += [token] if token < self._end else []
                continue
            if kept and len(segment) > MOST_TOKENS_PER_S * max(0.0, seconds - start_s):
                break
            kept += segment
            segment = []
            start_s = (token - self._first_timestamp) * TIMESTAMP_S
            if kept and start_s >= seconds - _END_S:
                break
        return undoubled(kept, seconds)

    def text(self, tokens: Sequence[int]) -> str:
        """The text of `tokens`, without what a cut left of a character."""
        return self._decoded(tokens).replace(_INCOMPLETE, "").strip()

    def words(self, tokens: Sequence[int], language: str) -> list[TextWord]:
        """The words that `tokens` make, in order; all tokens are counted."""
        words: list[TextWord] = []
        for piece in self._characters(tokens):
            begins = not words or piece.text.startswith(" ") or (language in UNSPACED and not _is_mark(piece.text))
            if begins and not (words and _is_mark(piece.text.strip()) and not _opens(piece.text.strip())):
                words.append(piece)
            else:
                words[-1] = TextWord(words[-1].text + piece.text, words[-1].tokens + piece.tokens)
        return [TextWord(word.text.replace(_INCOMPLETE, "").strip(), word.tokens) for word in words]

    def _characters(self, tokens: Sequence[int]) -> list[TextWord]:
        """Runs of tokens that are whole characters: a character may take several tokens."""
        pieces: list[TextWord] = []
        run: list[int] = []
        for token in tokens:
            run.append(token)
            text = self._decoded(run)
            if _INCOMPLETE not in text:
                pieces.append(TextWord(text, len(run)))
                run = []
        if run:
            pieces.append(TextWord(self._decoded(run), len(run)))
        return pieces

    def _decoded(self, tokens: Sequence[int]) -> str:
        return b"".join(self._bytes.get(token, b"") for token in tokens).decode("utf-8", "replace")

    def _special(self, token: str) -> int:
        number = self._numbers.get(token)
        if number is None:
            raise ValueError(f"There is no token {token} in it")
        return number


def undoubled(tokens: list[int], seconds: float) -> list[int]:
    """`tokens`, or half of them where the same is said twice, faster than one speaks."""
    half = len(tokens) // 2
    if tokens[:half] == tokens[half:] and len(tokens) > USUAL_TOKENS_PER_S * seconds:
        return tokens[:half]
    return tokens


@cache
def _byte_letters() -> dict[str, int]:
    """The byte that each letter of the file stands for: itself where it can be seen, else the next from U+0100 on.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2
    """
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    unseen = [byte for byte in range(256) if byte not in seen]
    return {chr(byte): byte for byte in seen} | {chr(256 + number): byte for number, byte in enumerate(unseen)}


def _is_mark(text: str) -> bool:
    return bool(text) and all(unicodedata.category(character)[0] in "PS" for character in text)


def _opens(text: str) -> bool:
    return text[:1] in "¿¡([{“‘«「『$€£#"
