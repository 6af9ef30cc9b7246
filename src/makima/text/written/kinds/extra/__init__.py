"""Kinds that one language alone has, or that each language says in a way of its own."""
