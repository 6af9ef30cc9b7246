"""A soak: what it counts, and what it makes of that."""
