"""Faults and greedy clients, against servers as people start them."""
