"""Written to spoken: a rule that fails costs its sentence the rule, and nothing is slow without end."""

from __future__ import annotations

import logging
import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makima.text.front_end import spoken_whole
from makima.text.language import LANGUAGES
from makima.text.written import speak
from makima.text.written.rule import Rule
from makima.text.written.speak import faults, spoken

ALPHABET = "0123456789.,:/-+()%$€£°ºª#&=~*'\" abkmgMsthrdхчкгруб第年月日時分个円원시명你の가АЯßéñ½²٣५①"


def _fail(match: re.Match[str]) -> str:
    raise ZeroDivisionError


def test_a_rule_that_raises_costs_its_sentence_the_rule(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Rule("broken", re.compile(r"\d"), _fail)
    monkeypatch.setattr(speak, "RULES", {**speak.RULES, "English": (broken, *speak.RULES["English"])})
    before = faults.counts().get("broken", 0)
    with caplog.at_level(logging.WARNING):
        assert spoken("It is 5.", "English") == "It is five."
    assert faults.counts()["broken"] == before + 1
    assert "broken" in caplog.text


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
