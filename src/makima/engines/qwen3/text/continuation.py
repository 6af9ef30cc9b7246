"""What one segment of an utterance hands on to the next, so that voice and melody go on where they were.

The last frames and their words stand at the end of the next segment's reference, as if the recording had gone on with
them, and the codec runs over these frames too before the first new one (docs/decisions/0006-carried-context.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from makima.engines.qwen3.voices.conditioning import Carried, Conditioning

CARRIED_FRAMES = 37
"""3 s: a clause or a short sentence, and no more than a third of a usual reference on top of it."""

_FIRST_WIDE = 0x2E80
"""From here on, characters are those of scripts that put no space between words."""


def carried_from(frames: Sequence[Tensor], text: str) -> Carried | None:
    """What a segment hands on that was said as these frames; None where it made none. Shapes: frames [K] each"""
    if not frames or not text:
        return None
    last = frames[-CARRIED_FRAMES:]
    return Carried(torch.stack(list(last)), last_part(text, len(last) / len(frames)))


def last_part(text: str, share: float) -> str:
    """About the last `share` of a text, from the beginning of a word on where there are any. Never empty."""
    start = int(len(text) * (1 - share))
    if start <= 0:
        return text
    space = text.find(" ", start - 1)
    return text[space + 1 :] if 0 <= space < len(text) - 1 else text[min(start, len(text) - 1) :]


def continued(conditioning: Conditioning, carried: Carried | None) -> Conditioning:
    """A role whose recording goes on with what is carried. Voices that are not cloned have none to go on."""
    voice = conditioning.voice
    if voice is None or carried is None:
        return conditioning
    codes = carried.codes.to(voice.speaker.device)
    if voice.codes is None or not voice.transcript:
        return replace(conditioning, voice=replace(voice, codes=codes, transcript=carried.text))
    gap = "" if ord(voice.transcript[-1]) >= _FIRST_WIDE else " "
    longer = replace(voice, codes=torch.cat((voice.codes, codes)), transcript=voice.transcript + gap + carried.text)
    return replace(conditioning, voice=longer)


def codec_context(conditioning: Conditioning, carried: Carried | None) -> Tensor | None:
    """The codec's context of a segment in the role of `continued`. Shapes: -> [R, K] int64"""
    if conditioning.voice is not None:
        return conditioning.voice.codes
    return None if carried is None else carried.codes
