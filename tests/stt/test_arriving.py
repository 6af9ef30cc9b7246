"""A recogniser that is used before its files are there."""

from __future__ import annotations

import threading

import pytest

from makima.errors import AssetError
from makima.events import Loading, OnLoading
from makima.stt.arriving import ArrivingRecognizer
from makima.stt.fake import FakeRecognizer
from makima.stt.protocol import Recognizer


def test_it_waits_for_its_files_and_tells_how_far_they_are() -> None:
    may_end, told, news = threading.Event(), threading.Event(), list[Loading]()

    def fetch(on_loading: OnLoading) -> None:
        on_loading(Loading("whisper", 0.5))
        told.set()
        assert may_end.wait(20)

    recognizer = ArrivingRecognizer(FakeRecognizer(), fetch, lambda: None)
    assert isinstance(recognizer, Recognizer)
    assert told.wait(20)
    assert not recognizer.loaded

    def on_loading(one: Loading) -> None:
        news.append(one)
        may_end.set()

    recognizer.load(on_loading)
    assert news[0] == Loading("whisper", 0.5)
    assert recognizer.loaded
    recognizer.close()


@pytest.mark.parametrize("error", [AssetError("whisper", "No origin is in reach."), OSError("no room")])
def test_where_they_do_not_come_the_next_best_listens(error: Exception) -> None:
    def fetch(_: OnLoading) -> None:
        raise error

    instead = FakeRecognizer()
    recognizer = ArrivingRecognizer(FakeRecognizer(), fetch, lambda: instead)
    recognizer.load(lambda _: None)
    assert instead.loaded
    alone = ArrivingRecognizer(FakeRecognizer(), fetch, lambda: None)
    with pytest.raises(AssetError, match=r"No origin|no room"):
        alone.load(lambda _: None)
