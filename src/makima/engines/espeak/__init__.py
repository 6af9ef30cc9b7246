"""The embedded voice: espeak-ng, in helper processes.

`worker` is the program of a helper, `worker_process` such a process as seen from the server, `pool` shares the helpers
out sentence by sentence, `stream` is one utterance, `words` its word times, `engine` the engine's interface.
`phonemizer` turns letters into phonemes for other engines.
"""

from makima.engines.espeak.engine import EspeakEngine
from makima.engines.espeak.phonemizer import Phonemizer

__all__ = ["EspeakEngine", "Phonemizer"]
