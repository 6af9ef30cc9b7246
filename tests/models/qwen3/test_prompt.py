"""What a prompt takes and what it refuses; equality is tested through the facade."""

from __future__ import annotations

import pytest
import torch

from makima.errors import InvalidMessage, InvalidText, VoiceNotFound
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.prompt import VoicePrompt
from tests.models.qwen3.conftest import Load
from tests.support.models.qwen3 import goldens


def embeds(model: Qwen3TTS, *, text: str = "Hello world.", language: str = "English", **fields: object) -> torch.Tensor:
    return model.talker_prompt(text, language, **fields)[0]  # type: ignore[arg-type]


def test_no_text(base: Qwen3TTS) -> None:
    with pytest.raises(InvalidText):
        base.talker_prompt("", "English")


@pytest.mark.parametrize("language", ["Klingon", "", "beijing_dialect"])
def test_a_language_it_does_not_speak(load: Load, language: str) -> None:
    with pytest.raises(InvalidMessage, match="It speaks: auto, chinese"):
        load("custom").talker_prompt("Hello.", language, speaker="ryan")


def test_a_speaker_it_does_not_know(load: Load) -> None:
    with pytest.raises(VoiceNotFound, match="dylan, ryan"):
        load("custom").talker_prompt("Hello.", "English", speaker="unknown")


def test_generate_refuses_before_the_first_frame(base: Qwen3TTS) -> None:
    with pytest.raises(InvalidMessage):
        base.generate("Hello.", "Klingon")


def test_names_in_any_case(load: Load) -> None:
    model = load("custom")
    wanted = embeds(model, speaker="ryan")
    assert torch.equal(embeds(model, language="ENGLISH", speaker="RYAN"), wanted)


def test_a_dialect_is_spoken_where_chinese_may_be(load: Load) -> None:
    model = load("custom")
    chinese, left_open = (embeds(model, language=name, speaker="Dylan") for name in ("Chinese", "Auto"))
    assert torch.equal(chinese, left_open)
    assert not torch.equal(embeds(model, language="English", speaker="Dylan"), chinese)
    assert not torch.equal(embeds(model, language="Chinese", speaker="Ryan"), chinese)


def test_an_instruction_stands_first(load: Load) -> None:
    model = load("custom")
    plain, told = (embeds(model, speaker="ryan", instruct=instruct) for instruct in (None, "Softly."))
    count = len(told) - len(plain)
    assert count == len(model.prompts.instruct_ids("Softly."))
    assert torch.equal(told[count:], plain)
    assert torch.equal(embeds(model, speaker="ryan", instruct=""), plain)


def test_without_transcript_codes_go_unused(base: Qwen3TTS) -> None:
    voice = base.clone_prompt(goldens("base")["audio/0"], "Hello world.")
    bare = VoicePrompt(voice.speaker)
    mute = VoicePrompt(voice.speaker, voice.codes, None)
    assert torch.equal(embeds(base, voice=mute), embeds(base, voice=bare))
    assert len(embeds(base, voice=voice)) > len(embeds(base, voice=bare))


def test_streaming_text_is_all_there(base: Qwen3TTS) -> None:
    """Streaming and prefilled layouts say the same text: its tokens and one for the end."""
    body = len(base.assistant_ids("Hello world.")) - 8
    streaming, trailing = base.talker_prompt("Hello world.", "English")
    prefilled, nothing = base.talker_prompt("Hello world.", "English", prefilled=True)
    assert len(trailing) == body
    assert len(prefilled) == len(streaming) + body + 1
    torch.testing.assert_close(nothing[0], base.prompts.pad_embedding())
