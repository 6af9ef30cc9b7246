"""How much text is read right, and how fast."""
