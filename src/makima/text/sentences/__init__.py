"""Where a text that is still being written can be cut into sentences."""
