"""The text tokenizer of Qwen models: byte-level BPE from `vocab.json`, `merges.txt` and the added tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from makima import installation
from makima.errors import AssetError


def _fetch_again() -> str:
    return f"Fetch the model again with `{installation.command('models pull')}`."


_WORDS: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen2 cuts text before merging: at every change between letters, digits, marks and space."""


class TextTokenizer:
    """Text to token ids, as the official wrapper does it.

    With one exception: docs/decisions/0011-tokenizer-pattern.md.

    Raises: AssetError naming the file that is missing or broken
    """

    def __init__(self, folder: Path) -> None:
        try:
            from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers
            from tokenizers.models import BPE
        except ImportError as exc:
            raise AssetError(
                "tokenizers", "The package is not installed.", mend=installation.run_install("qwen3")
            ) from exc
        added = _added_tokens(folder / "tokenizer_config.json")
        vocab, merges = folder / "vocab.json", folder / "merges.txt"
        for path in (vocab, merges):
            if not path.is_file():
                raise AssetError(str(path), "There is no such file.", mend=_fetch_again())
        try:
            self._tokenizer = Tokenizer(BPE.from_file(str(vocab), str(merges)))
        except Exception as exc:  # the library raises bare Exception for a malformed file
            raise AssetError(str(vocab), f"The vocabulary cannot be read: {exc}.", mend=_fetch_again()) from exc
        self._tokenizer.normalizer = normalizers.NFC()
        self._tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(_WORDS), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        for token in added:
            self._tokenizer.add_tokens(
                [
                    AddedToken(
                        token["content"],
                        single_word=token.get("single_word", False),
                        lstrip=token.get("lstrip", False),
                        rstrip=token.get("rstrip", False),
                        normalized=token.get("normalized", True),
                        special=token.get("special", False),
                    )
                ]
            )

    def settled(self, text: str) -> int:
        """How many characters at the start of `text` are cut into tokens that no text after it can change.

        All but the last word: merges stay within a word, and where a word begins depends on what is before it alone.
        """
        words = self._tokenizer.pre_tokenizer.pre_tokenize_str(text)
        return int(words[-1][1][0]) if words else 0

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`; the names of special tokens in it count as these tokens."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids


def _added_tokens(path: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8")).get("added_tokens_decoder", {})
        return [entries[key] for key in sorted(entries, key=int)]
    except FileNotFoundError as exc:
        raise AssetError(str(path), "There is no such file.", mend=_fetch_again()) from exc
    except (OSError, ValueError, RecursionError, AttributeError) as exc:
        raise AssetError(str(path), f"The file cannot be read: {exc}.", mend=_fetch_again()) from exc
