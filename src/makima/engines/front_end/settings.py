"""How texts are read for one engine."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from makima.engines.protocol import NO_WISHES, TextWishes
from makima.text import kana
from makima.text.front_end import ALL_STAGES, Feeder, Sentence, Stage
from makima.text.pronunciations import NONE, Pronunciations, joined

SETTLE_S = 0.2


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """What is done to every text, and what the engine wishes.

    After `settle_s` without more text a sentence that could end is taken to have ended.
    """

    wishes: TextWishes = NO_WISHES
    stages: Collection[Stage] = ALL_STAGES
    pronunciations: Pronunciations = NONE
    settle_s: float = SETTLE_S

    def feeder(
        self, language: str, own: Pronunciations = NONE, previous: str | None = None, *, words: bool = False
    ) -> Feeder:
        """The way of one utterance; its `own` pronunciations go before the server's. `words`: say which there are."""
        return Feeder(
            language,
            previous=previous,
            pronunciations=joined(self.pronunciations, own),
            stages=self.stages,
            wording=self.worded if self.wishes.kana else None,
            words=words,
        )

    def worded(self, sentence: Sentence) -> Sentence:
        """A sentence in the letters that the engine can read."""
        if self.wishes.kana and sentence.language == "Japanese":
            return Sentence(kana.readings(sentence.text), sentence.language)
        return sentence
