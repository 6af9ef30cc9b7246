"""`makima text`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.commands import makima


def test_a_sentence_a_line(tmp_path: Path) -> None:
    done = makima(tmp_path, "text", "**It** costs $5. [pause:1s] Dr. Who paid!", "--pieces", "3", "-e", "fake")
    assert done == (0, b"It costs five dollars.\n[pause:1s]\ndoctor Who paid!\n", "English\n")


def test_one_object_a_line(tmp_path: Path) -> None:
    code, out, _ = makima(
        tmp_path, "text", "--json", "-l", "Auto", "-e", "espeak", text="Ich habe 5 Äpfel. Gut.\n😀\n\nBonjour"
    )
    lines = [json.loads(line) for line in out.decode().splitlines()]
    assert code == 1
    assert lines[0] == {
        "text": "Ich habe 5 Äpfel. Gut.",
        "language": "German",
        "spoken": "Ich habe fünf Äpfel. Gut.",
        "sentences": ["Ich habe fünf Äpfel.", "Gut."],
    }
    assert [line["text"] for line in lines] == ["Ich habe 5 Äpfel. Gut.", "😀", "", "Bonjour"]
    assert "can be spoken" in lines[1]["error"]
    assert "empty" in lines[2]["error"]
    assert lines[3]["language"] == "French"


def test_an_object_a_line_has_a_language_of_its_own(tmp_path: Path) -> None:
    given = [
        {"text": "5 km", "language": "German"},
        {"text": "5 km", "language": "fr"},
        {"text": "5 km"},
        {"text": "5 km", "language": "Klingon"},
        {"language": "German"},
        {"text": 5},
    ]
    text = "\n".join([*map(json.dumps, given), "{5 km}", '{"text": "5'])
    code, out, _ = makima(tmp_path, "text", "--json", "-e", "espeak", text=text)
    lines = [json.loads(line) for line in out.decode().splitlines()]
    assert code == 1
    assert [line.get("spoken") for line in lines[:3]] == ["fünf Kilometer", "cinq kilomètres", "five kilometers"]
    assert [line["language"] for line in lines[:3]] == ["German", "French", "English"]
    assert "Klingon" in lines[3]["error"]
    assert '"text"' in lines[4]["error"]
    assert '"text"' in lines[5]["error"]
    assert [line["text"] for line in lines[6:]] == ["{5 km}", '{"text": "5']
    assert all("spoken" in line for line in lines[6:])


def test_an_unknown_language_is_named(tmp_path: Path) -> None:
    code, _, err = makima(tmp_path, "text", "Hi", "-l", "Klingon")
    assert code == 1
    assert "Klingon" in err


def test_pronunciations_of_the_server(tmp_path: Path) -> None:
    words = tmp_path / "words.tsv"
    words.write_text("SQL\tsequel\n", "utf-8")
    assert makima(tmp_path, "text", "SQL", "-e", "fake", MAKIMA_PRONUNCIATIONS=str(words))[1] == b"sequel\n"
    words.write_text("SQL sequel\n", "utf-8")
    code, _, err = makima(tmp_path, "text", "SQL", "-e", "fake", MAKIMA_PRONUNCIATIONS=str(words))
    assert code == 1
    assert "line 1" in err
