"""Which language a text is in: by its script, by the model, and by words for texts too short for both."""
