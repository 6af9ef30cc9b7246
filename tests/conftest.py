"""What all tests share: an environment without settings, and servers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import certifi
import hypothesis
import pytest

from makima.engines.protocol import Engine
from makima.llm.protocol import ChatModel
from makima.server.recognition import Recognition
from tests.support.server.servers import ProcessServer, ThreadServer, WatchedEngine, make_settings

# A busy machine is no failure of a property.
hypothesis.settings.register_profile("makima", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("makima")

StartServer: TypeAlias = Callable[..., ThreadServer]


@pytest.fixture(scope="session", autouse=True)
def _one_authority(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One authority to trust in place of 140: they take each HTTP client 30 ms to read, and nothing here speaks TLS."""
    with pytest.MonkeyPatch.context() as patch:
        if not any(item.get_closest_marker("network") for item in request.session.items):
            first = re.search("-----BEGIN.*?-----END CERTIFICATE-----", Path(certifi.where()).read_text("ascii"), re.S)
            assert first is not None
            path = tmp_path_factory.mktemp("authorities") / "one.pem"
            path.write_text(first[0], encoding="ascii")
            patch.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, and what was fetched before, must not decide the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("TTS_", "MAKIMA_")):
                patch.delenv(name)
        # Most tests compare what was spoken with what should have been; those of the mark switch it on.
        patch.setenv("MAKIMA_WATERMARK", "off")
        # A key that was made on this machine would lock every server here.
        patch.setenv("MAKIMA_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        patch.setenv("MAKIMA_FETCH", "0")
        patch.setenv("MAKIMA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def espeak_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessServer]:
    """The product as people start it."""
    with ProcessServer(tmp_path_factory.mktemp("espeak"), TTS_ENGINE="espeak") as server:
        yield server


@pytest.fixture(scope="session")
def tone_server() -> Iterator[ThreadServer]:
    """A server over the fake engine with default settings, for tests that leave no trace in it."""
    with ThreadServer(WatchedEngine(), make_settings()) as server:
        yield server


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts servers of a test's own: `start_server(engine, **settings)`."""
    with ExitStack() as stack:

        def start(
            engine: Engine | None = None,
            *,
            recognition: Recognition | None = None,
            chat: ChatModel | None = None,
            **settings: object,
        ) -> ThreadServer:
            return stack.enter_context(
                ThreadServer(engine or WatchedEngine(), make_settings(**settings), recognition, chat)
            )

        yield start
