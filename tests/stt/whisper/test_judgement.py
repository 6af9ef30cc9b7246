"""What of a decoder's output is taken for words."""

from __future__ import annotations

import json

import pytest

from makima.stt.protocol import HeardWord
from makima.stt.whisper.judgement import Heard, Order, credible, without_sound_names


def heard(text: str, no_speech: float = 0.1, log_probability: float = -0.3) -> Heard:
    return Heard(text, "en", no_speech, log_probability)


@pytest.mark.parametrize(
    ("found", "speech_ms", "peak"),
    [
        (heard("I would like a cup of coffee."), 1_500, 0.99),
        (heard("No."), 200, 0.95),
        (heard("Thank you."), 500, 0.99),
        (heard("ご視聴ありがとうございました"), 1_800, 0.99),
        (heard("Meet me at the station.", no_speech=0.8, log_probability=-0.5), 1_200, 0.9),
        (heard("What they say in loud noise", no_speech=0.4, log_probability=-1.0), 1_400, 0.8),
        (heard("7"), 300, 0.9),
        pytest.param(heard("Guten Morgen, ich habe gut geschlafen.", 0.73, -1.14), 3_200, 1.0, id="a robot's voice"),
    ],
)
def test_speech_is_believed(found: Heard, speech_ms: float, peak: float) -> None:
    assert credible(found, speech_ms, peak)


# Texts and probabilities that whisper-base gave for such sounds, as if the detector had taken them for speech.
@pytest.mark.parametrize(
    ("found", "speech_ms", "peak"),
    [
        pytest.param(heard("you", 0.92, -1.16), 1_000, 0.9, id="silence"),
        pytest.param(heard("I'm going to do it.", 0.75, -1.85), 1_000, 0.9, id="white noise"),
        pytest.param(heard("I'm going to get a little bit of a", 0.69, -1.01), 2_000, 0.9, id="pink noise"),
        pytest.param(heard("I'm going to go to the next room.", 0.80, -1.99), 2_000, 0.9, id="fan"),
        pytest.param(heard("I'm not a real man,", 0.55, -0.60), 32, 0.73, id="melody"),
        pytest.param(heard("Thank you.", 0.71, -1.35), 1_000, 0.9, id="wind"),
        pytest.param(heard("The", 0.40, -2.65), 600, 0.9, id="breath"),
        pytest.param(heard("Thank you for watching!", 0.2, -0.6), 1_000, 0.9, id="an unlikely stock phrase"),
        pytest.param(heard("Продолжение следует...", 0.7, -0.2), 1_000, 0.9, id="a stock phrase over no speech"),
        pytest.param(heard("It is so.", 0.3, -1.0), 200, 0.9, id="brief and unlikely"),
        pytest.param(heard("Hello there."), 1_000, 0.6, id="nothing that is clearly speech"),
        pytest.param(heard("..."), 1_000, 0.9, id="marks alone"),
        pytest.param(heard(""), 1_000, 0.9, id="nothing"),
        pytest.param(heard("word " * 40), 1_000, 0.9, id="more than one can say"),
    ],
)
def test_what_was_made_up_is_not(found: Heard, speech_ms: float, peak: float) -> None:
    assert not credible(found, speech_ms, peak)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[Music] Hello", "Hello"),
        ("(wind blowing)", ""),
        ("♪ la la la ♪ and so on", "and so on"),
        ("（拍手）こんにちは", "こんにちは"),
        ("A plain sentence, with marks.", "A plain sentence, with marks."),
    ],
)
def test_subtitles_of_sounds_are_no_words(text: str, kept: str) -> None:
    assert without_sound_names(text) == kept


def test_orders_and_answers_survive_the_pipe() -> None:
    order = Order(None, ("en", "zh"), "zh", True)
    assert Order.from_json(json.loads(json.dumps(order.as_json()))) == order
    found = Heard("Hi there", "en", 0.1, -0.2, (HeardWord("Hi", 0, 200), HeardWord("there", 200, 500)))
    assert Heard.from_json(json.loads(json.dumps(found.as_json()))) == found
