"""The embedded voice: espeak-ng, in processes of its own.

`worker` is the program those processes run, `worker_process` one of them seen from here, `pool` shares them out
sentence by sentence, `stream` is one utterance, `engine` is the seam.
"""

from makima.engines.espeak.engine import EspeakEngine

__all__ = ["EspeakEngine"]
