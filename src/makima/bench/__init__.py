"""Measures what the project promises: against a stated target, next to the alternative, in one run."""
