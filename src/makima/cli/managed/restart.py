"""Starting the server again in the same process, with the models that were chosen on the page."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

log = logging.getLogger(__name__)

FLAG: Final = "--as-chosen"


def again(command: Sequence[str], port: int) -> list[str]:
    """The arguments that start the server once more at the same port, which `--port 0` had left open."""
    kept = list(command)
    if FLAG in kept:
        del kept[kept.index(FLAG) :]
    return [*kept, FLAG, "--port", str(port)]


def start_again(port: int) -> NoReturn:
    """Replace this program by a new start of it: its process stays, for what supervises it and for its terminal."""
    log.info("starting again with the models that were chosen")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "makima", *again(sys.argv[1:], port)])  # noqa: S606 - its own command line
