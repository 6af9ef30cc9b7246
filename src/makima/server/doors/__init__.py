"""The ways in that clients of other services use unchanged. Behind each is the one path from text to PCM."""
