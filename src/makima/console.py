"""Where the command line prints: results on standard output, everything else beside it."""

from __future__ import annotations

from typing import TextIO, cast

from rich.console import Console
from rich.text import Text

out = Console()
status = Console(stderr=True)


def print_qr(address: str) -> None:
    """Print a QR code of `address` for a phone's camera, where there is a terminal to see it on."""
    if not status.is_terminal:
        return
    import segno

    segno.make(address, error="l").terminal(out=cast(TextIO, status.file), compact=True)


def problem(message: str) -> None:
    """Print what went wrong."""
    status.print(Text.assemble(("Error: ", "bold red"), message))
