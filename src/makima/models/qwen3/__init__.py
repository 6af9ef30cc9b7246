"""Qwen3-TTS in our own PyTorch, equal to the official package.

Source: the Qwen3-TTS technical report, arXiv 2601.15621, and PyPI's qwen-tts 0.1.1 as the reference of behaviour.
"""
