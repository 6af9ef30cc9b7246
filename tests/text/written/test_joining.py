"""German as it is spelled."""

from __future__ import annotations

import pytest

from makima.text.written.joining import joined


@pytest.mark.parametrize(
    ("said", "written", "spelled"),
    [
        ("fünf und zwanzig Leute", "25 Leute", "fünfundzwanzig Leute"),
        ("ein hundert achtzig grad celsius", "180 °C", "einhundertachtzig Grad Celsius"),
        ("ein tausend zwei hundert drei und vierzig", "1243", "eintausendzweihundertdreiundvierzig"),
        ("der ein hundert zwanzigste Tag", "der 120. Tag", "der einhundertzwanzigste Tag"),
        ("eins zwei drei vier", "12 34", "eins zwei drei vier"),
        ("ein hundert zwanzig", "100 20", "ein hundert zwanzig"),
        ("zwei und dreißig", "2 und 30", "zwei und dreißig"),
        ("eins komma fünf prozent", "1,5 %", "eins Komma fünf Prozent"),
        ("es ist grad fünf", "es ist grad 5", "es ist grad fünf"),
        ("drei millionen zwei hundert tausend", "3200000", "drei Millionen zweihunderttausend"),
    ],
)
def test_numbers_are_one_word(said: str, written: str, spelled: str) -> None:
    assert joined(said, written) == spelled
