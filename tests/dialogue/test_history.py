"""What is kept of a conversation, and how much of a reply counts as heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.dialogue.history import MAX_MESSAGES, History, Played, SpeakingRate, whole_words
from makima.llm.protocol import Message

TEXT = "It's a long way to Tipperary."


@pytest.mark.parametrize(
    ("characters", "words"),
    [
        (0, ""),
        (1, ""),
        (3, ""),
        (4, "It's"),
        (5, "It's"),
        (6, "It's a"),
        (9, "It's a"),
        (28, TEXT[:-1]),
        (29, TEXT),
        (99, TEXT),
    ],
)
def test_words_are_whole(characters: int, words: str) -> None:
    assert whole_words(TEXT, characters) == words


def test_scripts_without_spaces_are_cut_between_characters() -> None:
    assert whole_words("今天天气很好。", 3) == "今天天"
    assert whole_words("สวัสดีครับ", 4) == "สวัส"


@given(st.text(max_size=60), st.integers(0, 80))
def test_it_is_always_a_beginning(text: str, characters: int) -> None:
    words = whole_words(text, characters)
    assert text.startswith(words)
    assert len(words) <= characters or words == text


class TestWordsHeard:
    def test_all_of_it(self) -> None:
        assert SpeakingRate().words_heard(TEXT, Played(1900, 1900, whole=True)) == TEXT

    def test_in_proportion_where_all_of_it_was_made(self) -> None:
        # Half of the audio, half of the characters: "It's a long wa|y".
        assert SpeakingRate().words_heard(TEXT, Played(8000, 4000, whole=True)) == "It's a long"

    def test_nothing(self) -> None:
        assert SpeakingRate().words_heard(TEXT, Played()) == ""
        assert SpeakingRate().words_heard("", Played(100, 50, whole=True)) == ""

    def test_by_the_usual_rate_where_more_was_to_come(self) -> None:
        assert SpeakingRate().words_heard(TEXT, Played(3000, 1000)) == "It's a long way"

    def test_the_rate_is_learned_from_what_was_spoken_whole(self) -> None:
        rate = SpeakingRate()
        for _ in range(20):
            rate.learn(100, 20_000)
        assert rate.ms_per_character == pytest.approx(200, rel=0.01)
        assert rate.words_heard(TEXT, Played(3000, 1000)) == "It's"
        rate.learn(3, 9_000)
        assert rate.ms_per_character == pytest.approx(200, rel=0.01)


class TestHistory:
    def test_both_sides_in_order(self) -> None:
        history = History("Be brief.")
        history.heard(" Hello. ")
        history.said("r1", "Hi!")
        history.heard("How are you?")
        assert history.messages() == [
            Message("system", "Be brief."),
            Message("user", "Hello."),
            Message("assistant", "Hi!"),
            Message("user", "How are you?"),
        ]

    def test_what_follows_unanswered_is_one_message(self) -> None:
        history = History("")
        history.heard("I would like")
        history.said("r1", "")
        history.heard("a coffee.")
        assert history.messages() == [Message("user", "I would like a coffee.")]

    def test_what_was_heard_of_a_reply_is_put_right(self) -> None:
        history = History("")
        history.heard("Tell me.")
        history.said("r1", "Once upon a")
        history.heard("Stop.")
        history.said("r1", "Once")
        assert [message.text for message in history.messages()] == ["Tell me.", "Once", "Stop."]
        history.said("r1", "")
        assert history.messages() == [Message("user", "Tell me. Stop.")]

    def test_it_never_begins_with_our_own_share(self) -> None:
        history = History("", max_characters=10)
        history.heard("123456789")
        history.said("r1", "abc")
        history.heard("4567")
        assert history.messages() == [Message("user", "4567")]

    def test_the_oldest_is_forgotten(self) -> None:
        history = History("system", max_characters=100)
        for number in range(1000):
            history.heard(f"question {number}")
            history.said(f"r{number}", f"answer {number}")
        messages = history.messages()
        assert messages[0].role == "system"
        assert messages[-1].text == "answer 999"
        assert sum(len(message.text) for message in messages[1:]) <= 100

    def test_many_short_ones_are_bounded_too(self) -> None:
        history = History("")
        for number in range(3 * MAX_MESSAGES):
            history.heard("a")
            history.said(f"r{number}", "b")
        assert len(history.messages()) == MAX_MESSAGES

    def test_the_last_words_are_kept_however_long(self) -> None:
        history = History("", max_characters=10)
        history.heard("x")
        history.heard("y" * 50)
        assert history.messages() == [Message("user", "y" * 50)]
