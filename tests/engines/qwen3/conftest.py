"""Engines over a tiny checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.runner.runner import Runner
from makima.models.qwen3.model import Qwen3TTS
from tests.support.models.checkpoints import engine_at, make_home
from tests.support.models.torch_threads import one_thread

MakeEngine: TypeAlias = Callable[..., Qwen3Engine]

_one_thread = pytest.fixture(scope="module", autouse=True)(one_thread)


class KeptRunner:
    """Makes an engine's runner, and shows it."""

    def __call__(self, model: Qwen3TTS, slots: int, capacity: int) -> Runner:
        self.runner = Runner(model, slots, capacity)
        return self.runner


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all tests read and none changes."""
    return make_home(tmp_path_factory.mktemp("qwen3") / "home")


@pytest.fixture
def make_engine(home: Path) -> Iterator[MakeEngine]:
    """Makes engines of a test's own: `make_engine(slots=2)`."""
    engines: list[Qwen3Engine] = []

    def make(folder: Path = home, **options: Any) -> Qwen3Engine:
        engines.append(engine_at(folder, **{"slots": 4, **options}))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture(scope="module")
def calm(home: Path) -> Iterator[Qwen3Engine]:
    """An engine that nothing is done to: what all is compared with."""
    engine = engine_at(home, slots=2)
    engine.load(lambda _: None)
    yield engine
    engine.close()
