"""Random hostile input for everything that reads what others send: `make fuzz CASES=…`."""
