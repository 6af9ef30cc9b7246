"""`makima book` and `makima say --script`."""
