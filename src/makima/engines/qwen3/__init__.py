"""Qwen3-TTS behind the engine seam: one thread owns the model and speaks for all streams.

`engine` is the seam, `thread` the loop, `stepper` a round of it. `runner` is the model with its slots, `text` what is
kept of each stream's text, `voices` who speaks.
"""
