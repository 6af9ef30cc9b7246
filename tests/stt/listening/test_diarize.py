"""Speakers told apart: scripted points, and real voices."""

from __future__ import annotations

import numpy as np

from makima.stt.listening.diarize import MAX_SPEAKERS, Speakers, VoiceClusters
from makima.stt.listening.voiceprint import voiceprint
from tests.support.speech import silence, spoken

SENTENCES = (
    "Good morning. It is good to see you.",
    "The weather is fine today and we will go for a walk.",
    "Please turn on the light in the kitchen.",
    "I would like a cup of coffee with milk.",
)


def test_points_nearby_are_one_speaker() -> None:
    speakers = Speakers(same=1.0)
    points = [(0.0, 0.0), (5.0, 0.0), (0.3, 0.0), (5.0, 0.5), (0.0, 9.0), (0.0, 0.4)]
    assert [speakers.assign(np.array(point)) for point in points] == [1, 2, 1, 2, 3, 1]


def test_a_centre_follows_its_speaker() -> None:
    speakers = Speakers(same=1.0)
    drifting = [speakers.assign(np.array([0.1 * step])) for step in range(40)]
    assert set(drifting) == {1}
    assert speakers.assign(np.array([0.0])) == 2


def test_there_is_an_end_to_the_speakers() -> None:
    speakers = Speakers(same=0.1)
    assert [speakers.assign(np.array([10.0 * n])) for n in range(MAX_SPEAKERS)] == list(range(1, MAX_SPEAKERS + 1))
    assert speakers.assign(np.array([22.0])) == 3
    assert speakers.assign(np.array([1000.0])) == MAX_SPEAKERS
    assert speakers.assign(np.array([22.0])) == 3  # an outlier moves no centre


def test_two_voices_in_turns_are_two_speakers() -> None:
    clusters = VoiceClusters()
    turns = [(sentence, voice) for sentence in SENTENCES for voice in ("makima", "tenor")]
    labels = [clusters.speaker(spoken(sentence, voice)) for sentence, voice in turns]
    assert labels == ["S1", "S2"] * len(SENTENCES)


def test_loudness_is_not_a_voice() -> None:
    clusters = VoiceClusters()
    for gain in (1.0, 0.1, 0.3):
        assert clusters.speaker(np.float32(gain) * spoken(SENTENCES[0], "tenor")) == "S1"


def test_too_little_voice_has_no_label() -> None:
    assert voiceprint(silence(2.0)) is None
    assert voiceprint(spoken(SENTENCES[0])[:4_000]) is None
    assert voiceprint(silence(0.01)) is None
    assert VoiceClusters().speaker(silence(1.0)) is None
