"""French, Spanish, Italian and Portuguese: what each writes in ways of its own."""
