"""What counts as a statement of consent."""

from __future__ import annotations

import pytest

from makima.errors import InvalidMessage
from makima.voices.consent import STATEMENT, Consent, consent


@pytest.mark.parametrize("words", ["yes", " YES ", "true", "on"])
def test_yes_stands_for_the_statement(words: str) -> None:
    assert consent(words, "Ann").words == STATEMENT


def test_in_own_words() -> None:
    given = consent("  My sister agreed\n on Monday. ", " Bob ")
    assert (given.who, given.words) == ("Bob", "My sister agreed on Monday.")
    assert Consent.model_validate_json(given.model_dump_json()) == given


@pytest.mark.parametrize("words", [None, "", "  ", "no", "fine", "x" * 2_001])
def test_what_is_none(words: str | None) -> None:
    with pytest.raises(InvalidMessage, match=r"statement of consent.*Write it in your own words"):
        consent(words, "Ann")
