"""A small text tokenizer in the released files' format: spells any text, and knows a few words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

WORDS: Final = ("assistant", "user", "Ġthe", "Ġquick", "Ġbrown", "Hello", "Ġworld", "ĠMakima", "ing", "Ġis", "eX", "!/")
"""The last two tell apart the ways in which text can be cut before merging."""
SPECIAL: Final = {
    "endoftext": "<|endoftext|>",
    "im_start": "<|im_start|>",
    "im_end": "<|im_end|>",
    "tts_pad": "<tts_pad>",
    "tts_bos": "<tts_text_bos>",
    "tts_eos": "<tts_text_eod>",
}


def write_tokenizer(folder: Path) -> tuple[dict[str, int], int]:
    """Write vocab.json, merges.txt and tokenizer_config.json.

    Returns the ids that a model's configuration names, and the size of the vocabulary.
    """
    vocab, merges = _vocabulary()
    ids = {name: len(vocab) + index for index, name in enumerate(SPECIAL)}
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    added = {
        str(ids[name]): {
            "content": content,
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": True,
        }
        for name, content in SPECIAL.items()
    }
    config = {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": added,
        "bos_token": None,
        "eos_token": SPECIAL["im_end"],
        "pad_token": SPECIAL["endoftext"],
        "unk_token": None,
        "errors": "replace",
        "model_max_length": 131072,
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "processor_class": "Qwen3TTSProcessor",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    return ids | {"assistant": vocab["assistant"]}, len(vocab) + len(SPECIAL)


def _vocabulary() -> tuple[dict[str, int], list[str]]:
    vocab = {character: index for index, character in enumerate(_alphabet())}
    merges = []
    for word in WORDS:
        for end in range(2, len(word) + 1):
            if word[:end] not in vocab:
                vocab[word[:end]] = len(vocab)
                merges.append(f"{word[: end - 1]} {word[end - 1]}")
    return vocab, merges


def _alphabet() -> list[str]:
    """What stands for each byte in a byte-level vocabulary: itself where printable, else a letter from 256 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]
