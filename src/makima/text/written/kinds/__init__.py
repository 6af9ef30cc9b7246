"""Kinds of text that no grammar reads in any language, each with the words of all ten."""
