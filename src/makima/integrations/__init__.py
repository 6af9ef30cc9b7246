"""Makima as a part of frameworks for voice agents. Each module needs the framework it is named after."""
