"""Who speaks: utterances are told apart by clustering an embedding of each voice, as they come.

`Speakers` is the clustering; `VoiceClusters` is it behind the seam, with an embedding. A model that tells speakers
apart by itself, such as Sortformer, goes behind the same seam (`makima.stt.protocol.Diarizer`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from makima.events import Samples
from makima.stt.listening.voiceprint import SAME_VOICE, Voiceprint, voiceprint

MAX_SPEAKERS = 8
"""Then the nearest one is taken: more labels than this say more about noise than about people."""
_MEMORY = 8
"""Utterances after which a speaker's centre moves no slower."""


@dataclass(slots=True)
class _Speaker:
    centre: Voiceprint
    utterances: int


class Speakers:
    """Online clustering by distance: each embedding joins the nearest speaker, or becomes a new one.

    `same` is the distance within which two embeddings are one voice; it goes with the embedding.
    """

    def __init__(self, same: float = SAME_VOICE, most: int = MAX_SPEAKERS) -> None:
        self._same = same
        self._most = most
        self._speakers: list[_Speaker] = []

    def assign(self, embedding: Voiceprint) -> int:
        """The speaker's number, from 1 in the order they first spoke. Shapes: embedding [E]"""
        distances = [float(np.linalg.norm(embedding - speaker.centre)) for speaker in self._speakers]
        nearest = int(np.argmin(distances)) if distances else -1
        near = nearest >= 0 and distances[nearest] <= self._same
        if not near and len(self._speakers) < self._most:
            self._speakers.append(_Speaker(embedding, 1))
            return len(self._speakers)
        if near:  # what is only the least unlike must not move a centre
            speaker = self._speakers[nearest]
            speaker.utterances += 1
            speaker.centre = speaker.centre + (embedding - speaker.centre) / min(speaker.utterances, _MEMORY)
        return nearest + 1


class VoiceClusters:
    """The embedded `Diarizer`. Labels are `S1`, `S2` and so on."""

    def __init__(
        self, embed: Callable[[Samples], Voiceprint | None] = voiceprint, speakers: Speakers | None = None
    ) -> None:
        self._embed = embed
        self._speakers = speakers or Speakers()

    def speaker(self, utterance: Samples) -> str | None:
        embedding = self._embed(utterance)
        return None if embedding is None else f"S{self._speakers.assign(embedding)}"
