"""The grammars that read numbers, dates and the like in ten languages, and what runs them."""
