"""Engines that take over where another one cannot speak."""
