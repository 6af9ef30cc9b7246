"""Which language a text is in that holds little more than a label, a number or Chinese letters."""

from __future__ import annotations

import pytest

from makima.text.identify.chooser import LanguageChooser


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *(("Tarjeta 4111 1111 1111 1111", "Spanish"), ("Preis: 5 €", "German"), ("Prix : 5 €", "French")),
        *(("Precio: 5 €", "Spanish"), ("Prezzo: 5 €", "Italian"), ("Custa R$ 12,50.", "Portuguese")),
        *(("Costa 12,50 €.", "Italian"), ("Kapitel 3", "German"), ("Chapitre 3", "French"), ("Capitolo 3", "Italian")),
        *(("5 Minuten", "German"), ("5 minuti", "Italian"), ("12 maggio", "Italian"), ("Étage 2", "French")),
        *(("Page 5", "English"), ("Room 12", "English"), ("Download: 50 MB", "English")),
    ],
)
def test_a_label_has_a_language(text: str, language: str) -> None:
    assert LanguageChooser().choose(text) == language


@pytest.mark.parametrize("language", ["Spanish", "Portuguese"])
def test_a_label_of_two_languages_stays_in_the_one_before(language: str) -> None:
    assert LanguageChooser(language).choose("5 minutos") == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *(("京都", "Japanese"), ("京都3日間", "Japanese"), ("第21回、102番目", "Japanese"), ("3人目", "Japanese")),
        *(("我去京都旅游", "Chinese"), ("去京都玩3天", "Chinese"), ("北海道旅游5天", "Chinese"), ("第3章", "Chinese")),
    ],
)
def test_chinese_letters_beside_numbers(text: str, language: str) -> None:
    assert LanguageChooser().choose(text) == language
