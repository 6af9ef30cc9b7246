"""Kokoro-82M v1.0 through ONNX Runtime: phonemes in, speech out.

`symbols` is its alphabet, `styles` its voices, `model` the graph.
"""
