"""The command line, and the composition root: it alone picks the engine."""

from makima.cli.app import app, main

__all__ = ["app", "main"]
