"""Utterances found in audio, by a scripted detector and by the real one."""

from __future__ import annotations

import numpy as np
import pytest

from makima.events import Samples
from makima.stt.listening.endpoint import WINDOW_SAMPLES, EndpointRules
from makima.stt.listening.utterance_detector import Closed, Opened, Sound, Speech, UtteranceDetector
from makima.stt.listening.vad import SileroDetector
from makima.stt.protocol import RATE_HZ
from tests.support.speech import conversation, silence, spoken


def loud(window: Samples) -> float:
    """A detector that takes all that is loud for speech."""
    return float(np.abs(window).max() > 0.1)


def heard(detector: UtteranceDetector, audio: Samples, piece: int = 1_000) -> list[Sound]:
    sounds = [sound for at in range(0, len(audio), piece) for sound in detector.push(audio[at : at + piece])]
    return [*sounds, *detector.flush()]


def utterances(sounds: list[Sound]) -> list[tuple[int, int, Samples]]:
    """Start, end and audio of each."""
    found: list[tuple[int, int, Samples]] = []
    start, pieces = 0, list[Samples]()
    for sound in sounds:
        match sound:
            case Opened(at_ms, _):
                start, pieces = at_ms, []
            case Speech(samples):
                pieces.append(samples)
            case Closed(at_ms):
                found.append((start, at_ms, np.concatenate(pieces)))
    return found


def ramp(windows: int) -> Samples:
    """Loud audio in which each sample says where it is."""
    return np.linspace(0.2, 0.9, windows * WINDOW_SAMPLES, dtype=np.float32)


def test_an_utterance_has_its_pre_roll_and_its_tail() -> None:
    speech = ramp(20)
    audio = np.concatenate([silence(1.0)[: 30 * WINDOW_SAMPLES], speech, silence(2.0)])
    rules = EndpointRules(pre_roll_ms=64, silence_ms=320)
    ((start_ms, end_ms, samples),) = utterances(heard(UtteranceDetector(RATE_HZ, loud, rules), audio))
    assert (start_ms, end_ms) == (30 * 32, 50 * 32)
    np.testing.assert_array_equal(samples, audio[28 * WINDOW_SAMPLES : 60 * WINDOW_SAMPLES])


def test_cutting_a_long_utterance_loses_nothing() -> None:
    speech = ramp(100)
    rules = EndpointRules(longest_ms=960, pre_roll_ms=320)
    found = utterances(heard(UtteranceDetector(RATE_HZ, loud, rules), speech))
    assert len(found) == 4
    np.testing.assert_array_equal(np.concatenate([samples for *_, samples in found]), speech)


def test_a_pause_in_the_audio_closes_the_utterance() -> None:
    detector = UtteranceDetector(RATE_HZ, loud)
    sounds = list(detector.push(ramp(10)))
    assert detector.open
    assert list(detector.pause()) == [Closed(320)]
    assert not detector.open
    assert isinstance(sounds[0], Opened)


def test_the_rest_of_a_window_is_not_lost() -> None:
    audio = ramp(10)[:-200]
    ((_, _, samples),) = utterances(heard(UtteranceDetector(RATE_HZ, loud), audio))
    np.testing.assert_array_equal(samples, audio)


@pytest.mark.parametrize("piece", [1, 333, 512, 16_000])
def test_how_audio_is_cut_on_its_way_changes_nothing(piece: int) -> None:
    audio = np.concatenate([silence(0.3), ramp(9), silence(0.9), ramp(7), silence(0.9)])[:40_000]
    whole = utterances(heard(UtteranceDetector(48_000, loud), audio, 40_000))
    cut = utterances(heard(UtteranceDetector(48_000, loud), audio, piece))
    assert [(start, end) for start, end, _ in cut] == [(start, end) for start, end, _ in whole]
    for (*_, ours), (*_, theirs) in zip(cut, whole, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_what_is_no_number_is_silence() -> None:
    detector = UtteranceDetector(48_000, loud)
    list(detector.push(np.full(4_800, np.nan, np.float32)))
    list(detector.push(np.full(4_800, np.inf, np.float32)))
    ((_, _, samples),) = utterances(heard(detector, np.tile(ramp(20), 3)))
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1.2  # the filter overshoots a little


class Turns:
    """A turn detector with a script."""

    def __init__(self, *says: float) -> None:
        self.says = list(says)
        self.asked: list[int] = []

    def complete(self, utterance: Samples) -> float:
        self.asked.append(len(utterance))
        return self.says.pop(0)


def test_a_turn_detector_hears_the_whole_turn_and_decides() -> None:
    turns = Turns(0.1, 0.9)
    audio = np.concatenate([ramp(10), silence(0.5), ramp(10), silence(3.0)])
    found = utterances(heard(UtteranceDetector(RATE_HZ, loud, EndpointRules(ask_ms=96, silence_ms=960), turns), audio))
    assert len(found) == 1
    assert turns.asked[0] == 13 * WINDOW_SAMPLES
    assert turns.asked[1] > 30 * WINDOW_SAMPLES
    assert len(found[0][2]) == turns.asked[1]  # not waited for any longer


def test_an_hour_of_silence_leaves_nothing_behind() -> None:
    detector = UtteranceDetector(48_000, loud)
    second = silence(1.0, 48_000)
    assert [sound for _ in range(3_600) for sound in detector.push(second)] == []
    kept = sum(window.nbytes for window in detector._recent) + detector._rest.nbytes
    assert kept < 100_000
    ((start_ms, _, _),) = utterances(heard(detector, np.tile(ramp(20), 3)))
    assert start_ms == pytest.approx(3_600_000, abs=64)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_silero_finds_speech_at_any_rate(rate_hz: int) -> None:
    speech = spoken("Good morning. It is good to see you.", rate_hz=rate_hz)
    audio = conversation(1.0, speech, 1.5, speech, 1.5, rate_hz=rate_hz)
    found = utterances(heard(UtteranceDetector(rate_hz, SileroDetector()), audio))
    length_ms = 1000 * len(speech) / rate_hz
    assert [start for start, *_ in found] == pytest.approx([1_000, 2_500 + length_ms], abs=150)
    assert [end - start for start, end, _ in found] == pytest.approx([length_ms] * 2, abs=250)


def test_silero_hears_no_speech_in_noise_and_tones() -> None:
    rng = np.random.default_rng(2)
    noise = (0.1 * rng.standard_normal(4 * RATE_HZ)).astype(np.float32)
    hum = (0.3 * np.sin(2 * np.pi * 100 * np.arange(4 * RATE_HZ) / RATE_HZ)).astype(np.float32)
    detector = UtteranceDetector(RATE_HZ, SileroDetector())
    assert heard(detector, np.concatenate([silence(2.0), noise, silence(1.0), hum])) == []
