"""Which text belongs to an utterance that has ended."""

from __future__ import annotations

from makima.server.speak.late_text import MAX_LATE, LateText


def test_text_is_late_up_to_its_end() -> None:
    for name in (None, "a"):
        late = LateText()
        assert not late.has(name)
        late.add("a")
        assert late.has("a")
        assert late.has(None)
        late.end(name)
        assert not late.has("a")
        assert not late.has(None)


def test_text_without_an_id_belongs_to_the_last_one_or_to_another_that_begins() -> None:
    late = LateText()
    late.add("a")
    late.add("b")
    late.end(None)
    assert (late.has("a"), late.has("b"), late.has(None)) == (True, False, False)
    late.add("c")
    late.another_begins()
    assert (late.has("a"), late.has("c"), late.has(None)) == (True, True, False)


def test_the_end_of_another_leaves_it() -> None:
    late = LateText()
    late.add("a")
    late.add("b")
    late.end("a")
    late.end("unknown")
    assert (late.has("a"), late.has("b"), late.has(None)) == (False, True, True)


def test_only_so_many_are_remembered() -> None:
    late = LateText()
    for number in range(MAX_LATE + 1):
        late.add(str(number))
    assert (late.has("0"), late.has("1"), late.has(str(MAX_LATE))) == (False, True, True)
