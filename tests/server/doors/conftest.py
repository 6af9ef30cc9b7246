"""Servers for the doors: one over tones, whose audio shows exactly what was spoken, and one that also listens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from makima.engines.fake import FakeScript
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings


@pytest.fixture(scope="package")
def door_server() -> Iterator[ThreadServer]:
    """Speaks tones and hears numbers."""
    with ThreadServer(WatchedEngine(), make_settings(), Recognition(Listener(FakeRecognizer()))) as server:
        yield server


@pytest.fixture
def slow_server() -> Iterator[ThreadServer]:
    """Makes audio at twice the speed of speech, so that there is time to break in."""
    with ThreadServer(WatchedEngine(FakeScript(character_s=0.02)), make_settings()) as server:
        yield server
