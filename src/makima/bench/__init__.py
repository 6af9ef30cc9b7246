"""Benchmarks: measurements against stated targets, with the alternative measured in the same run."""
