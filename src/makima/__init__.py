"""Makima: self-hosted speech synthesis in real time."""

__version__ = "0.1.0"
