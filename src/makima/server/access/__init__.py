"""Keys, where clients put them, and what each key has used."""
