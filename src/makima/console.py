"""Where the command line prints: results on standard output, everything else beside it."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

out = Console()
status = Console(stderr=True)


def problem(message: str) -> None:
    """Print what went wrong."""
    status.print(Text.assemble(("Error: ", "bold red"), message))
