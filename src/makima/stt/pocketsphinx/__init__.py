"""The embedded recogniser: PocketSphinx with the English model that its package brings."""

from makima.stt.pocketsphinx.recognizer import PocketSphinxRecognizer

__all__ = ["PocketSphinxRecognizer"]
