"""What signs, units and currencies are called."""
