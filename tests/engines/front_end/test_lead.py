"""How far a text is read ahead of its listener."""

from __future__ import annotations

from makima.engines.front_end.lead import AHEAD_CHARACTERS, CHARACTERS_A_SECOND, Lead


def test_the_beginning_is_read_before_anything_was_heard() -> None:
    lead = Lead()
    lead.said(AHEAD_CHARACTERS)
    assert not lead.enough
    lead.said(1)
    assert lead.enough


def test_what_was_heard_allows_for_more() -> None:
    lead = Lead()
    lead.said(AHEAD_CHARACTERS + 3 * CHARACTERS_A_SECOND)
    lead.heard(2.5)
    assert lead.enough
    lead.heard(0.5)
    assert not lead.enough
