"""Settings of the tests of layers."""

from __future__ import annotations

import pytest

from tests.support.models.torch_threads import one_thread

_one_thread = pytest.fixture(scope="module", autouse=True)(one_thread)
