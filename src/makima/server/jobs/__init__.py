"""Jobs of a server: its worker, what its clients may ask of it, and how a job looks to them."""
