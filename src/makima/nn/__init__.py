"""Building blocks of neural models, written for streaming and for many utterances at once."""
