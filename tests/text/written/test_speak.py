"""Written to spoken: a rule that fails costs its sentence the rule, and nothing is slow without end."""

from __future__ import annotations

import logging
import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makima.text import pronunciations
from makima.text.front_end import Sentence, spoken_whole
from makima.text.language import LANGUAGES
from makima.text.written import rule as rules
from makima.text.written import say_as, speak
from makima.text.written.rule import LIMIT_S, Rule, rule
from makima.text.written.speak import MAX_CHARACTERS, faults, spoken

ALPHABET = "0123456789.,:/-+()%$€£°ºª#&=~*'\" abkmgMsthrdхчкгруб第年月日時分个円원시명你の가АЯßéñ½²٣५①"


def _fail(match: re.Match[str]) -> str:
    raise ZeroDivisionError


def with_rule(monkeypatch: pytest.MonkeyPatch, broken: Rule) -> None:
    monkeypatch.setattr(speak, "RULES", {**speak.RULES, "English": (broken, *speak.RULES["English"])})


def test_a_rule_that_raises_costs_its_sentence_the_rule(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with_rule(monkeypatch, rule("broken", r"\d", _fail))
    before = faults.counts().get("broken", 0)
    with caplog.at_level(logging.WARNING):
        assert spoken("It is 5.", "English") == "It is five."
    assert faults.counts()["broken"] == before + 1
    assert "broken" in caplog.text


def test_a_search_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    with_rule(monkeypatch, rule("broken", r"(?:a|aa|aaa)+\d!", "never"))
    before = faults.counts().get("broken", 0)
    with caplog.at_level(logging.WARNING):
        # Some 10^25 ways to part these letters, each of which fails only at the end.
        assert spoken(f"It is 5 {'a' * 100}b 7! 1!", "English") == f"It is five {'a' * 100}b seven! one!"
    assert faults.counts()["broken"] == before + 1
    assert "'broken' failed" in caplog.text


def test_what_a_rule_says_too_late_is_not_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now_s = 0.0

    def slow(match: re.Match[str]) -> str:
        nonlocal now_s
        now_s += LIMIT_S + 0.01
        return "late"

    monkeypatch.setattr(rules, "thread_time", lambda: now_s)
    with_rule(monkeypatch, rule("broken", r"\d", slow))
    before = faults.counts().get("broken", 0)
    with caplog.at_level(logging.WARNING):
        assert spoken("It is 5.", "English") == "It is five."
    assert faults.counts()["broken"] == before + 1
    assert "'broken' takes too long" in caplog.text


class Busy:
    """A pattern that is stopped `times` times, as the process has used up its time; each costs the rule `cost_s`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int, cost_s: float) -> None:
        self._left, self._cost_s, self._now_s = times, cost_s, 0.0
        monkeypatch.setattr(rules, "thread_time", lambda: self._now_s)

    def sub(self, repl: object, string: str, *, timeout: float) -> str:
        assert timeout == LIMIT_S
        self._now_s += self._cost_s
        if not self._left:
            return f"{string} read"
        self._left -= 1
        raise TimeoutError


def test_time_that_others_used_is_not_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Rule("busy", Busy(monkeypatch, 5, LIMIT_S / 10), "").apply("text") == "text read"


def test_its_own_time_is_limited_however_often_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TimeoutError):
        Rule("busy", Busy(monkeypatch, 5, LIMIT_S / 4), "").apply("text")


def test_no_rule_is_given_more_than_it_can_read_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    given_lengths: list[int] = []

    def seen(match: re.Match[str]) -> str:
        given_lengths.append(len(match.group()))
        return match.group()

    with_rule(monkeypatch, rule("seen", r"^[^\0]*$", seen))
    long = pronunciations.from_mapping({"a": "b " * 99 + "5"})
    found = spoken_whole("a " * 100, "English", long)
    assert " ".join(each.text for each in found if isinstance(each, Sentence)) == " ".join(["b " * 99 + "five"] * 100)
    assert 100 < max(given_lengths) <= MAX_CHARACTERS


def test_a_reader_of_say_as_that_raises_costs_its_text_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str, language: str) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(say_as, "_READERS", {"digits": broken})
    before = faults.counts().get("say-as", 0)
    assert say_as.said_as("12", "digits", "English") == "twelve"
    assert faults.counts()["say-as"] == before + 1


@pytest.mark.parametrize(
    ("language", "sign"), [("Spanish", "º"), ("Italian", "º"), ("Portuguese", "ª"), ("French", "e")]
)
@pytest.mark.parametrize("length", [8, 15, 16, 66])
def test_an_ordinal_of_any_length_is_read(language: str, sign: str, length: int) -> None:
    before = sum(faults.counts().values())
    assert not re.search(r"\d", spoken(f"il {'1' * length}{sign} giorno", language))
    assert sum(faults.counts().values()) == before


@given(text=st.text(alphabet=ALPHABET, max_size=60), language=st.sampled_from(LANGUAGES))
@settings(deadline=None)
def test_no_text_makes_a_rule_fail(text: str, language: str) -> None:
    failed = {name: count for name, count in faults.counts().items() if name not in ("broken", "grammar")}
    spoken(text, language)
    after = {name: count for name, count in faults.counts().items() if name not in ("broken", "grammar")}
    assert after == failed


def test_plain_text_is_given_back_as_it_is() -> None:
    text = "Nothing in here is read otherwise, or is it?"
    assert spoken(text, "English") is text


@pytest.mark.slow
def test_a_hundred_thousand_texts() -> None:
    draw = random.Random(1)
    for _ in range(100_000):
        text = "".join(draw.choices(ALPHABET, k=draw.randint(1, 30)))
        assert not re.search("[0-9]", spoken(text, draw.choice(LANGUAGES)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", [*"1.,*_`[(<|#~-:&½$", "1 ", "1. ", "**a ", "<a ", "[a](", "$1 ", "1-", "a.b", "第1", "5km"]
)
def test_a_long_text_of_anything_ends_soon(unit: str) -> None:
    text = (unit * 20_000)[:20_000]
    began_s = time.monotonic()
    spoken_whole(text, "English")
    assert time.monotonic() - began_s < 10
