"""The text tokenizer from the released files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from makima.errors import AssetError
from makima.models.qwen3.checkpoint.random_tokenizer import SPECIAL, write_tokenizer
from makima.text.tokenizer import TextTokenizer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tokenizer(tmp_path)
    return tmp_path


def spelled(folder: Path, text: str) -> list[str]:
    vocab = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    names = {number: name for name, number in vocab.items()}
    return [names.get(number, f"<{number}>") for number in TextTokenizer(folder).encode(text)]


def test_words_are_merged(folder: Path) -> None:
    assert spelled(folder, "Hello world is") == ["Hello", "Ġworld", "Ġis"]


def test_any_bytes_can_be_spelled(folder: Path) -> None:
    for text in ("你好，世界！", "e\u0301", "\x00\x7f", "🎈 \t\n"):
        assert TextTokenizer(folder).encode(text)


def test_composed_and_decomposed_are_the_same(folder: Path) -> None:
    tokenizer = TextTokenizer(folder)
    assert tokenizer.encode("caf\u00e9") == tokenizer.encode("cafe\u0301")


def test_digits_stand_alone(folder: Path) -> None:
    assert spelled(folder, "1234") == ["1", "2", "3", "4"]


def test_special_tokens_are_one_each(folder: Path) -> None:
    ids = TextTokenizer(folder).encode("".join(SPECIAL.values()))
    first = len(json.loads((folder / "vocab.json").read_text(encoding="utf-8")))
    assert ids == list(range(first, first + len(SPECIAL)))


def test_words_are_not_cut_before_capitals(folder: Path) -> None:
    assert spelled(folder, "eXeX") == ["eX", "eX"]


def test_marks_are_cut_from_letters(folder: Path) -> None:
    assert spelled(folder, "is!/is") == ["i", "s", "!/", "i", "s"]


@pytest.mark.parametrize("file", ["vocab.json", "merges.txt", "tokenizer_config.json"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(AssetError, match=file):
        TextTokenizer(folder)


@pytest.mark.parametrize("file", ["vocab.json", "tokenizer_config.json"])
def test_a_broken_file_is_named(folder: Path, file: str) -> None:
    (folder / file).write_text("{")
    with pytest.raises(AssetError, match=file):
        TextTokenizer(folder)


def test_it_needs_no_torch() -> None:
    code = "import sys, makima.text.tokenizer as t; assert 'torch' not in sys.modules and t"
    subprocess.run([sys.executable, "-c", code], check=True)
