"""What one segment hands on to the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.stepper import Stepper
from makima.engines.qwen3.text.continuation import CARRIED_FRAMES, carried_from, continued, last_part
from makima.engines.qwen3.text.segment import Preparing, Segment
from makima.engines.qwen3.voices.conditioning import Carried, Conditioning
from makima.models.qwen3.prompt import VoicePrompt
from tests.engines.qwen3.conftest import KeptRunner, MakeEngine
from tests.support.models.checkpoints import write_checkpoint
from tests.support.server.streams import speak

TEXT = "Hello there, this is the first. And this is all that comes after it."
CODEBOOKS = 4


class Segments:
    """What segments were prepared with, and how they came out."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.prepared: list[Preparing] = []
        self.made: list[Segment] = []
        begin = Stepper.begin

        def begun(stepper: Stepper, slot: int, item: Preparing) -> None:
            begin(stepper, slot, item)
            self.prepared.append(item)
            self.made.append(stepper.slots[slot])

        patch.setattr(Stepper, "begin", begun)


@pytest.fixture
def segments(monkeypatch: pytest.MonkeyPatch) -> Segments:
    return Segments(monkeypatch)


def voice_of(item: Preparing) -> VoicePrompt:
    assert item.conditioning.voice is not None
    return item.conditioning.voice


def codes_of(item: Preparing) -> torch.Tensor:
    codes = voice_of(item).codes
    assert codes is not None
    return codes


@pytest.mark.parametrize(
    ("share", "part"),
    [
        (1.0, "One two three."),
        (0.99, "One two three."),
        (0.75, "two three."),
        (0.5, "three."),
        (0.01, "."),
    ],
)
def test_the_last_part_of_a_text_begins_with_a_word(share: float, part: str) -> None:
    assert last_part("One two three.", share) == part


def test_the_last_part_of_a_text_without_spaces() -> None:
    assert last_part("今天天气很好。", 0.5) == "气很好。"


def test_no_more_is_carried_than_so_many_frames_and_their_share_of_the_text() -> None:
    frames = [torch.full((CODEBOOKS,), frame) for frame in range(2 * CARRIED_FRAMES)]
    carried = carried_from(frames, "These words come first, and these come last.")
    assert carried is not None
    assert carried.codes[:, 0].tolist() == list(range(CARRIED_FRAMES, 2 * CARRIED_FRAMES))
    assert carried.text == "and these come last."
    short = carried_from(frames[:5], "All of it.")
    assert short is not None
    assert (len(short.codes), short.text) == (5, "All of it.")
    assert carried_from([], "Nothing came of it.") is None


@pytest.mark.parametrize(
    ("before", "after", "joined"), [("Hum.", "And on.", "Hum. And on."), ("你好。", "今天。", "你好。今天。")]
)
def test_a_reference_goes_on_with_what_is_carried(before: str, after: str, joined: str) -> None:
    codes = [torch.full((length, CODEBOOKS), length) for length in (6, 3)]
    conditioning = continued(Conditioning(VoicePrompt(torch.zeros(8), codes[0], before)), Carried(codes[1], after))
    assert conditioning.voice is not None
    assert conditioning.voice.transcript == joined
    assert conditioning.voice.codes is not None
    assert conditioning.voice.codes[:, 0].tolist() == [6] * 6 + [3] * 3


def test_nothing_is_carried_into_the_first_segment_or_by_voices_that_are_not_cloned() -> None:
    conditioning = Conditioning(VoicePrompt(torch.zeros(8)))
    assert continued(conditioning, None) is conditioning
    preset = Conditioning(speaker="ryan")
    assert continued(preset, Carried(torch.zeros(3, CODEBOOKS, dtype=torch.int64), "Hm.")) is preset


def test_the_second_prompt_holds_the_end_of_the_first_segment(make_engine: MakeEngine, segments: Segments) -> None:
    engine = make_engine()
    speak(engine, TEXT)
    first, second = segments.prepared
    reference, longer = codes_of(first), codes_of(second)
    last = segments.made[0].frames[-CARRIED_FRAMES:]
    assert torch.equal(longer[: len(reference)], reference), "the voice's recording comes first, as ever"
    assert torch.equal(longer[len(reference) :], torch.stack(last))
    said = last_part("Hello there, this is the first.", len(last) / len(segments.made[0].frames))
    assert (voice_of(first).transcript, voice_of(second).transcript) == ("Hum.", f"Hum. {said}")


def test_the_codec_goes_on_from_there(make_engine: MakeEngine, segments: Segments) -> None:
    """It has run over the same frames as the talker, so that no seam can be heard."""
    kept = KeptRunner()
    heard = speak(make_engine(make_runner=kept), TEXT)
    second = segments.made[1]
    assert second.context is codes_of(segments.prepared[1])
    with torch.inference_mode():
        expected = kept.runner.model.decoder_stream(second.context).push(torch.stack(second.frames)).numpy()
    found = heard.samples[-second.sent_samples :]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 * np.abs(expected).max())


def test_a_voice_by_its_vector_alone_goes_on_with_what_it_has_said(make_engine: MakeEngine, segments: Segments) -> None:
    assert speak(make_engine(), TEXT, voice="hummer").end.reason == "end"
    first, second = segments.prepared
    assert (voice_of(first).codes, voice_of(first).transcript) == (None, None)
    assert torch.equal(codes_of(second), torch.stack(segments.made[0].frames[-CARRIED_FRAMES:]))
    assert voice_of(second).transcript
    assert "Hello there, this is the first.".endswith(voice_of(second).transcript or "-")


@pytest.mark.parametrize("voice", ["makima", "hummer"])
def test_any_split_and_any_company_give_the_same_speech(make_engine: MakeEngine, calm: Qwen3Engine, voice: str) -> None:
    expected = speak(calm, TEXT, voice=voice).samples
    engine = make_engine(slots=2)
    company = engine.open(SpeechRequest("hummer" if voice == "makima" else "makima", seed=1))
    company.feed(TEXT * 3)
    for size in (1, 13):
        pieces = [TEXT[start : start + size] for start in range(0, len(TEXT), size)]
        np.testing.assert_array_equal(speak(engine, *pieces, voice=voice).samples, expected)
    company.cancel()


@pytest.mark.parametrize("kind", ["custom_voice", "voice_design"])
def test_voices_that_are_not_cloned_carry_on_in_the_codec_alone(
    make_engine: MakeEngine, segments: Segments, tmp_path: Path, kind: str
) -> None:
    write_checkpoint(tmp_path / "checkpoint", kind)  # type: ignore[arg-type]
    assert speak(make_engine(tmp_path), TEXT).end.reason == "end"
    first, second = segments.made
    assert first.context is None
    assert second.context is not None
    assert torch.equal(second.context, torch.stack(first.frames[-CARRIED_FRAMES:]))
    assert segments.prepared[1].conditioning.voice is None
