"""`makima.bench.sockets.walk`: what is counted of the calls of a server."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

from makima.bench.sockets.walk import Walk, Watch, figures, measure
from makima.errors import InvalidText
from makima.text.speakable import check_utterance


def watched(function: Callable[[], object]) -> Walk:
    watch, before = Watch(), sys.getprofile()
    watch.walk = walk = Walk()
    sys.setprofile(watch)
    try:
        function()
    finally:
        sys.setprofile(before)
    return walk


def refused() -> None:
    with contextlib.suppress(InvalidText):
        check_utterance(" ")


def test_calls_of_others_are_not_counted() -> None:
    walk = watched(lambda: sorted([2, 1], key=str))
    assert (walk.calls, walk.files, walk.moved, walk.deepest) == (0, set(), 0, [])


def test_a_call_within_a_file_is_no_move() -> None:
    walk = watched(lambda: check_utterance("Hello."))
    assert (walk.files, walk.moved) == ({"text/speakable.py"}, 0)
    assert walk.deepest[-1] == "text/speakable.py check_utterance"
    assert walk.calls >= len(walk.deepest) > 1


def test_a_call_into_another_file_is() -> None:
    walk = watched(refused)
    assert walk.moves == {("text/speakable.py", "errors.py"): 1}


def test_an_utterance_is_followed_through_the_server() -> None:
    walk = measure("fake")
    assert {"server", "engines", "text"} <= {file.split("/")[0] for file in walk.files}
    assert walk.calls > walk.moved > 0
    assert [figure.target for figure in figures("fake", walk)] == [None] * 4
