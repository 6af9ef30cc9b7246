"""Kernels at every instruction set this machine has. Without a library only the tests that need none run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from makima.nn.native import available, instruction_sets, why_not
from makima.nn.native.threads import ThreadPool

NEEDS_NO_LIBRARY = {"test_library.py", "test_memory.py", "test_shapes.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, saying why, what cannot run where makima was installed without a compiler."""
    if available():
        return
    for item in items:
        if item.path.parent.name == "native" and item.path.name not in NEEDS_NO_LIBRARY:
            item.add_marker(pytest.mark.skip(reason=why_not() or ""))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`instruction_set` runs a test once for each."""
    if "instruction_set" in metafunc.fixturenames:
        metafunc.parametrize("instruction_set", instruction_sets() if available() else ("portable",))


@pytest.fixture(scope="session")
def pool() -> Callable[[int], ThreadPool]:
    """Pools by thread count, made once."""
    pools: dict[int, ThreadPool] = {}

    def of(threads: int) -> ThreadPool:
        if threads not in pools:
            pools[threads] = ThreadPool(threads)
        return pools[threads]

    return of
