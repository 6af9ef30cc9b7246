"""Each utterance has exactly one end, and where it is complete, the right audio."""

from __future__ import annotations

import pytest

from makima.bench.soak.ledger import End, Ledger, difference


def test_ends_are_counted_by_door() -> None:
    ledger = Ledger()
    for door, end in (("speak", End.COMPLETE), ("speak", End.CANCELLED), ("openai", End.COMPLETE)):
        ledger.end(ledger.begin(door, "Hello."), end)
    assert ledger.counts == {
        ("speak", End.COMPLETE): 1,
        ("speak", End.CANCELLED): 1,
        ("openai", End.COMPLETE): 1,
    }
    assert ledger.ends[End.COMPLETE] == 2
    assert ledger.ends[End.INTERRUPTED] == 0
    assert (ledger.open, ledger.faults, ledger.compared) == (set(), [], 0)


def test_one_without_an_end_stays_open() -> None:
    ledger = Ledger()
    entry = ledger.begin("speak", "Hello.")
    assert ledger.open == {entry}


def test_a_second_end_is_a_fault() -> None:
    ledger = Ledger()
    entry = ledger.begin("speak", "Hello.")
    ledger.end(entry, End.COMPLETE)
    ledger.end(entry, End.CANCELLED)
    assert ledger.faults == ["speak: an utterance ended twice: complete, cancelled"]
    assert ledger.ends[End.COMPLETE] == 1


@pytest.mark.parametrize(("pcm", "faults"), [(b"\1\2\3\4", 0), (b"\1\2\3\5", 1), (b"\1\2", 1), (b"", 1)])
def test_the_audio_of_a_complete_one(pcm: bytes, faults: int) -> None:
    ledger = Ledger()
    entry = ledger.begin("speak", "Hello.")
    entry.pcm += pcm
    ledger.end(entry, End.COMPLETE, b"\1\2\3\4")
    assert (len(ledger.faults), ledger.compared) == (faults, 1)


def test_what_was_cut_short_is_not_compared() -> None:
    ledger = Ledger()
    ledger.end(ledger.begin("speak", "Hello."), End.CANCELLED, b"\1\2")
    assert (ledger.faults, ledger.compared) == ([], 0)


def test_where_two_recordings_part() -> None:
    assert difference(b"\1\2\3\4", b"\1\2\t\4\5\6") == "2 samples instead of 3, the same up to 1"
    assert difference(b"\1\2", b"\1\2\3\4") == "1 samples instead of 2, the same up to 1"
