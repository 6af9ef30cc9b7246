"""What holds in each test of hostile clients."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def failures() -> Iterator[list[logging.LogRecord]]:
    """What the server logs as its own failure meanwhile: there must be none."""
    records: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name != "websockets.client":  # the test's own client, which is closed in its middle
                records.append(record)

    keeper = Keeper(logging.ERROR)
    logging.getLogger().addHandler(keeper)
    yield records
    logging.getLogger().removeHandler(keeper)
    assert not records, [(record.getMessage(), str(record.exc_info)) for record in records]
