"""Tokens, over a small vocabulary in the layout of the released one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makima.stt.whisper.vocabulary import TIMESTAMP_S, TextWord, Vocabulary

# Letters as the file writes bytes: "Ġ" is a space, "æĹ¥" are the three bytes of 日.
PIECES = ["Ġhe", "llo", "Ġthere", ".", "ĠÂ¿", "Q", "ue", "æĹ", "¥", "æľ¬", "ãĢĤ", "ĠâĢĶ", "-"]
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|zh|>", "<|transcribe|>", "<|startofprev|>"]
END = len(PIECES)
TIMESTAMPS = END + len(SPECIAL) + 1


@pytest.fixture
def vocabulary(tmp_path: Path) -> Vocabulary:
    path = tmp_path / "tokenizer.json"
    added = [*SPECIAL, "<|notimestamps|>"]
    described = {
        "model": {"vocab": {piece: number for number, piece in enumerate(PIECES)}},
        "added_tokens": [{"content": token, "id": END + number} for number, token in enumerate(added)],
    }
    path.write_text(json.dumps(described))
    return Vocabulary(path)


def at(seconds: float) -> int:
    return TIMESTAMPS + round(seconds / TIMESTAMP_S)


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ([0, 1, 2, 3], "hello there."),
        ([7, 8, 9, 10], "日本。"),
        ([0, 1, 7], "hello"),
        ([0, END, 1], "hello"),
        ([], ""),
    ],
)
def test_tokens_become_text(vocabulary: Vocabulary, tokens: list[int], text: str) -> None:
    assert vocabulary.text(tokens) == text


@pytest.mark.parametrize(
    ("tokens", "language", "words"),
    [
        ([0, 1, 2, 3], "en", [TextWord("hello", 2), TextWord("there.", 2)]),
        ([4, 5, 6, 2], "en", [TextWord("¿Que", 3), TextWord("there", 1)]),
        ([7, 8, 9, 10], "ja", [TextWord("日", 2), TextWord("本。", 2)]),
        ([7, 8, 9, 10], "en", [TextWord("日本。", 4)]),
        ([0, 12, 1], "en", [TextWord("he-llo", 3)]),
        ([0, 11, 2], "en", [TextWord("he —", 2), TextWord("there", 1)]),
        ([0, 1, 7], "en", [TextWord("hello", 3)]),
        ([], "en", []),
    ],
)
def test_words_keep_count_of_their_tokens(
    vocabulary: Vocabulary, tokens: list[int], language: str, words: list[TextWord]
) -> None:
    assert vocabulary.words(tokens, language) == words


@pytest.mark.parametrize(
    ("tokens", "seconds", "spoken"),
    [
        pytest.param([at(0), 0, 1, at(1.0), at(1.0), 2, at(2.1)], 2.4, [0, 1, 2], id="two segments"),
        pytest.param([at(0), 0, 1, 2, at(2.1), at(2.1), 0, 1, 2, at(3.4)], 2.4, [0, 1, 2], id="again after the end"),
        pytest.param([at(0), 0, 1, 2, at(2.1), at(2.1), 0, 1, 3, at(3.4)], 4.0, [0, 1, 2, 0, 1, 3], id="before it"),
        pytest.param([at(0), *[0] * 9, at(1.9), at(1.9), *[1] * 9, at(3.0)], 2.5, [0] * 9, id="no time for it"),
        pytest.param([0, 1, 2, 0, 1, 2], 1.0, [0, 1, 2], id="twice, and too fast"),
        pytest.param([0, 1, 2, 0, 1, 2], 2.0, [0, 1, 2, 0, 1, 2], id="twice, as one speaks"),
        pytest.param([0, 1, END], 2.0, [0, 1], id="no timestamps"),
        pytest.param([at(0), at(0.5)], 2.0, [], id="nothing"),
    ],
)
def test_what_is_said_again_after_the_end_is_left_out(
    vocabulary: Vocabulary, tokens: list[int], seconds: float, spoken: list[int]
) -> None:
    assert vocabulary.spoken(tokens, seconds) == spoken


def test_prompts_name_the_language(vocabulary: Vocabulary) -> None:
    assert vocabulary.prompt("en") == [END + 1, END + 2, END + 4]
    chinese = vocabulary.prompt("zh")
    assert chinese[0] == END + 5
    assert chinese[-3:] == [END + 1, END + 3, END + 4]


@pytest.mark.parametrize("content", ["{}", "[]", "no json", '{"model": {"vocab": {}}, "added_tokens": []}'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"tokens|token|JSON|Expecting"):
        Vocabulary(path)
