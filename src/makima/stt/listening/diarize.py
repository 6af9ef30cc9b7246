"""Diarization: each utterance is assigned to a speaker by online clustering of voice embeddings.

`Speakers` does the clustering; `VoiceClusters` adds the embedding and implements `makima.stt.protocol.Diarizer`.
A model that does diarization itself, such as Sortformer, would implement the same protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from makima.events import Samples
from makima.stt.listening.voiceprint import SAME_VOICE, Voiceprint, voiceprint

MAX_SPEAKERS = 8
"""Beyond this, an utterance goes to the nearest speaker: further labels would mostly come from noise."""
_MEMORY = 8
"""The weight of a new utterance in its speaker's centre does not fall below one in this many."""


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
        if near:  # an utterance that was assigned only because the limit is reached must not move the centre
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
