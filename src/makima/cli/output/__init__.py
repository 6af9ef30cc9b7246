"""Where the speech of a command goes."""
