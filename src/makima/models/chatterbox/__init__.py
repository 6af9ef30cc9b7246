"""Chatterbox Turbo through ONNX Runtime: four graphs, and the loop over them.

`layout` says which files a release has, `graph` is one graph in a session, `language_model` the one with a past,
`sampling` chooses tokens, `wording` writes a text as the model knows it, `model` is all of it together.
"""
