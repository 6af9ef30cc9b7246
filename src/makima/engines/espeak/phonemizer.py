"""Letters to phonemes by espeak-ng, for engines whose models read phonemes. Works without the espeak engine."""

from __future__ import annotations

import re

from makima.engines.espeak.voices import DIALECTS
from makima.engines.espeak.worker_process import ANSWER_S, WorkerProcess, program
from makima.errors import SynthesisFailed
from makima.native_process import ProcessPool

# Around a word that is read by another language's rules: "(en)dˈaʊnləʊd(de)".
_LANGUAGE_SWITCH = re.compile(r"\([a-z]{2,3}(?:-[a-z0-9]+)*\)")

MAX_TIE = "\uffff"


class Phonemizer:
    """One helper process, started at the first request and replaced where it fails. From any thread, one at a time.

    Each request is answered independently of those before it, in about 1 ms.
    """

    def __init__(self, *, tie: str = "", answer_s: float = ANSWER_S) -> None:
        """`tie` is one character, written between the letters of one phoneme: with `^`, "church" is `t^ʃˈɜːt^ʃ`."""
        if len(tie) > 1 or tie > MAX_TIE:
            raise ValueError(f"A tie is one character up to U+FFFF, not {tie!r}.")
        self._tie = tie
        self._processes = ProcessPool(
            lambda: WorkerProcess(program(answer_s)), 1, lambda: SynthesisFailed("The phonemizer was closed.")
        )

    def phonemes(self, text: str, language: str) -> str:
        """The phonemes of `text` in IPA with stress marks.

        `language` is a name of `makima.text.language.LANGUAGES`, or a language of espeak-ng, such as `en-gb` or `hi`.
        Punctuation leaves no trace but a space between clauses: a caller that needs it asks for each clause by itself.

        Raises: AssetError where espeak-ng is not installed; SynthesisFailed where it knows no such language, crashed
        on the text or does not answer
        """
        voice = DIALECTS.get(language, language)
        if not voice:
            raise SynthesisFailed("No language is named.", mend="Name one, such as English or en-gb.")
        # The library reads up to the first zero.
        plain = text.replace("\0", " ")
        phonemes = self._processes.ask(lambda process: process.phonemes(plain, voice, self._tie))
        return " ".join(_LANGUAGE_SWITCH.sub("", phonemes).split())

    def pids(self) -> list[int]:
        """The process, if it is running."""
        return self._processes.pids()

    def close(self) -> None:
        """End the process. Idempotent."""
        self._processes.close()
