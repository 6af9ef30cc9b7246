"""What is said where a grammar errs, a module for each language or family."""
