"""The front end: every text of the tables, whole and in any pieces, and what it promises of all others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makima.bench.text.rows import ROWS
from makima.bench.text.tables import TABLES
from makima.errors import ConfigError
from makima.text import pronunciations
from makima.text.front_end import ALL_STAGES, Feeder, Sentence, Spoken, Stage, spoken_whole, stages_of
from makima.text.language import AUTO, LANGUAGES
from makima.text.markup.items import Pause

TEXTS = [(language, text) for _, language, text, _ in ROWS] + [
    (language, text) for language, texts in TABLES.items() for text in texts
]
PARTS = st.sampled_from(
    [
        *(
            "Dr. ",
            "e.g. ",
            "3. ",
            "Hello",
            "12,50 €",
            "$5",
            "2024-09-28",
            "10:30",
            "**bold",
            "** ",
            "`x",
            "` ",
            "# ",
            "- ",
        ),
        *("\n", "\n\n", "1. ", "| a ", "```\n", "[a](b)", "<b>", "</b>", "[pause:1s]", '<break time="5ms"/>', "&amp;"),
        *(
            "你好。",
            "５",
            "℃",
            "です",
            "안녕",
            "Привет ",
            "😀",
            "5️⃣",
            "U.S. ",
            "p.m. ",
            "? ",
            "! ",
            "... ",
            "(",
            ") ",
            "“",
            "” ",
        ),
        *("www.example.com ", "a@b.de ", "1,000,000", "½", " ", "word ", "_", "*", "~~", "<", "www."),
    ]
)
WRITTEN = st.lists(PARTS, max_size=25).map("".join)


def in_pieces(text: str, language: str, sizes: list[int]) -> list[Spoken]:
    feeder, found, at = Feeder(language), [], 0
    for size in sizes:
        found += feeder.feed(text[at : at + size])
        at += size
    return [*found, *feeder.feed(text[at:]), *feeder.end()]


@pytest.mark.parametrize(("number", "language", "text", "said"), ROWS, ids=[str(row[0]) for row in ROWS])
def test_what_went_wrong_is_read_right(number: int, language: str, text: str, said: tuple[str | float, ...]) -> None:
    found = [each.text if isinstance(each, Sentence) else each.seconds for each in spoken_whole(text, language)]
    assert tuple(found) == said


@pytest.mark.parametrize("language", TABLES)
def test_more_of_each_kind(language: str) -> None:
    read = {
        text: " ".join(each.text for each in spoken_whole(text, language) if isinstance(each, Sentence))
        for text in TABLES[language]
    }
    assert read == TABLES[language]


def test_letter_by_letter_gives_the_same() -> None:
    for language, text in TEXTS:
        assert in_pieces(text, language, [1] * len(text)) == spoken_whole(text, language), text


@given(case=st.sampled_from(TEXTS), sizes=st.lists(st.integers(0, 9), max_size=30))
@settings(deadline=None)
def test_any_split_of_a_case_gives_the_same(case: tuple[str, str], sizes: list[int]) -> None:
    language, text = case
    assert in_pieces(text, language, sizes) == spoken_whole(text, language)


@given(text=WRITTEN, language=st.sampled_from([*LANGUAGES, AUTO]), sizes=st.lists(st.integers(0, 20), max_size=60))
@settings(deadline=None)
def test_any_split_of_any_text_gives_the_same(text: str, language: str, sizes: list[int]) -> None:
    assert in_pieces(text, language, sizes) == spoken_whole(text, language)


@given(text=WRITTEN | st.text(max_size=200), language=st.sampled_from(LANGUAGES))
@settings(deadline=None)
def test_no_digit_and_no_empty_sentence_is_left(text: str, language: str) -> None:
    for each in spoken_whole(text, language):
        if isinstance(each, Sentence):
            assert each.text == each.text.strip() != ""
            assert not any(ch.isascii() and ch.isdigit() for ch in each.text), each.text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *(("Guten Tag", "German"), ("Bonjour", "French"), ("Hola", "Spanish"), ("Ciao", "Italian")),
        *(("Olá", "Portuguese"), ("Hello", "English"), ("Привет", "Russian"), ("你好", "Chinese")),
        *(("こんにちは", "Japanese"), ("안녕", "Korean")),
        *(("Guten Abend", "German"), ("Wo ist das?", "German"), ("Bonsoir", "French"), ("Je suis là.", "French")),
        *(("Buenas noches", "Spanish"), ("¿Qué tal?", "Spanish"), ("Hasta luego", "Spanish")),
        *(("Come stai?", "Italian"), ("Ci vediamo domani", "Italian"), ("Bom dia", "Portuguese")),
        *(("Até logo", "Portuguese"), ("Good evening", "English"), ("See you", "English"), ("Pizza", "English")),
        *(("Здравствуйте", "Russian"), ("早上好", "Chinese"), ("おはよう", "Japanese"), ("감사합니다", "Korean")),
    ],
)
def test_short_greetings_have_a_language(text: str, language: str) -> None:
    assert spoken_whole(text, AUTO) == [Sentence(text, language)]


@pytest.mark.parametrize(
    ("text", "said", "language"),
    [
        ("Ich bin 30.", "Ich bin dreißig.", "German"),
        ("J'ai 2 chats.", "J'ai deux chats.", "French"),
        ("Tengo 4 perros.", "Tengo cuatro perros.", "Spanish"),
        ("Hay 3 mesas", "Hay tres mesas", "Spanish"),
        ("Ho 5 gatti.", "Ho cinque gatti.", "Italian"),
        ("Tenho 6 gatos.", "Tenho seis gatos.", "Portuguese"),
        ("It costs $5", "It costs five dollars", "English"),
        ("La clave es 0482.", "La clave es cero cuatro ocho dos.", "Spanish"),
        ("A torre mede 324 m.", "A torre mede trezentos e vinte e quatro metros.", "Portuguese"),
        ("合計1,234円", "合計千二百三十四円", "Japanese"),
        ("GPT-4o와 Llama 3.1", "GPT 사 o와 Llama 삼점일", "Korean"),
        ("Пишите на ivan@primer.ru, 5 раз.", None, "Russian"),
    ],
)
def test_numbers_of_short_sentences_are_in_their_language(text: str, said: str | None, language: str) -> None:
    (found,) = spoken_whole(text, AUTO)
    assert isinstance(found, Sentence)
    assert (found.text if said else None, found.language) == (said, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *(("東京", "Japanese"), ("大阪", "Japanese"), ("憲法第9条第2項。", "Japanese"), ("会議室", "Japanese")),
        *(
            ("東京都千代田区1-1", "Japanese"),
            ("北京大学", "Chinese"),
            ("中国人民银行", "Chinese"),
            ("我們去東京", "Chinese"),
        ),
        *(("今天天氣很好", "Chinese"), ("国庆节快乐", "Chinese"), ("臺灣大學", "Chinese")),
    ],
)
def test_chinese_letters_alone(text: str, language: str) -> None:
    feeder = Feeder(AUTO)
    _ = [*feeder.feed(text), *feeder.end()]
    assert feeder.language == language


@pytest.mark.parametrize(
    "formula", ["x = 5, y ≥ 3", "E = mc²", "a² + b² = c²", "f(x) = 2x + 1", "$x^2$", "3 x 4 = 12", "H2O"]
)
@pytest.mark.parametrize("language", ["German", "French", "Russian", "Japanese"])
def test_a_formula_alone_is_in_the_language_of_the_session(formula: str, language: str) -> None:
    feeder = Feeder(AUTO, previous=language)
    _ = [*feeder.feed(formula), *feeder.end()]
    assert feeder.language == language


def test_figures_do_not_choose_the_language() -> None:
    feeder = Feeder(AUTO)
    feeder.feed("Ich wohne in einem Haus am See. ")
    assert [*feeder.feed("3, 4, 5!"), *feeder.end()] == [Sentence("drei, vier, fünf!", "German")]


def test_the_session_decides_where_a_text_does_not() -> None:
    feeder = Feeder(AUTO, previous="French")
    assert [*feeder.feed("12"), *feeder.end()] == [Sentence("douze", "French")]


def test_a_sentence_is_given_out_at_once_where_its_mark_leaves_no_doubt() -> None:
    feeder = Feeder("English")
    assert feeder.feed("Hello there. ") == [Sentence("Hello there.", "English")]
    assert Feeder("Chinese").feed("你好，我来查一下。") == [Sentence("你好，我来查一下。", "Chinese")]


def test_after_a_while_a_mark_at_the_end_is_enough() -> None:
    feeder = Feeder("English")
    assert feeder.feed("Let me look that up.") == []
    assert feeder.settle() == [Sentence("Let me look that up.", "English")]
    assert feeder.feed("I met Dr.") == feeder.settle() == []
    assert [*feeder.feed(" Who."), *feeder.end()] == [Sentence("I met doctor Who.", "English")]


def test_pauses_stand_between_sentences() -> None:
    found = spoken_whole('One [pause:1.5s] two <break time="250ms"/><break strength="none"/>three', "English")
    assert found == [
        *(Sentence("One", "English"), Pause(1.5), Sentence("two", "English"), Pause(0.25), Pause(0.0)),
        Sentence("three", "English"),
    ]


def test_words_said_as_the_user_wants() -> None:
    given_words = pronunciations.from_mapping({"Nguyen": "win", "~sql": "sequel"})
    assert spoken_whole("Nguyen knows SQL, not Nguyens.", "English", given_words) == [
        Sentence("win knows sequel, not Nguyens.", "English")
    ]


@pytest.mark.parametrize(
    ("names", "stages"),
    [
        (("all",), ALL_STAGES),
        (("none",), frozenset()),
        (("markup",), {Stage.MARKUP}),
        (("currency", "times"), {Stage.NUMBERS}),
    ],
)
def test_stages_by_name(names: tuple[str, ...], stages: set[Stage]) -> None:
    assert stages_of(names) == stages


def test_an_unknown_stage_is_named() -> None:
    with pytest.raises(ConfigError, match="'poems'"):
        stages_of(("poems",))


def test_what_is_switched_off_stays_as_it_is_written() -> None:
    feeder = Feeder("English", stages=())
    assert [*feeder.feed("**5**"), *feeder.end()] == [Sentence("**5**", "English")]


def test_a_roman_numeral_is_not_said_before_it_is_read() -> None:
    feeder = Feeder("French")
    feeder.feed("Nous parlons ici du XIXe siècle et de ses rois")
    assert feeder.open_text == "Nous parlons ici "


@given(text=st.text(alphabet="abc ,.!?'\n", max_size=400), sizes=st.lists(st.integers(1, 20), max_size=40))
def test_what_is_said_early_begins_the_sentence(text: str, sizes: list[int]) -> None:
    feeder, at, early = Feeder("English"), 0, ""
    for size in [*sizes, len(text)]:
        for sentence in feeder.feed(text[at : at + size]):
            assert isinstance(sentence, Sentence)
            assert sentence.text.startswith(early.rstrip())
            early = ""
        at += size
        opened = feeder.open_text
        assert opened.startswith(early)
        early = opened


@pytest.mark.parametrize(
    ("text", "quick"),
    [
        ("Good morning. It is good to see you.", True),
        ("It's me, Tom's friend!", True),
        ("See www.example.com now", False),
        ("At 10 o'clock", False),
        ("a *b* c", False),
        ("word " * 200, False),
    ],
)
def test_plain_sentences_are_read_at_once(text: str, quick: bool) -> None:
    assert Feeder("English").is_quick(text) is quick
