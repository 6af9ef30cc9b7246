"""A synthetic recording for the default voice: a preset speaker of the CustomVoice release speaks it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from makima import installation
from makima.audio.resample import Resampler
from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.device import AUTO
from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.voices.voices import preset_of
from makima.errors import AssetError, InvalidMessage, SynthesisFailed
from makima.events import AudioChunk, Loading, OnLoading, Samples
from makima.models import hub
from makima.models.qwen3.config import read_model_config
from makima.voices.library import DEFAULT_ID, Draft, Library
from makima.voices.manifest import ClonedVoice, Origin, find_voice
from makima.voices.recording import RATE_HZ, Recording, prepare

SOURCE: Final = "qwen3-tts-0.6b-custom"
"""The release whose preset speakers may be used by anyone for any purpose: Apache-2.0."""

TEXT: Final = (
    "Good evening. I will read to you whatever you write, as soon as you have written it. "
    "Some of it may be long, and some of it may be late, but I am never in a hurry."
)
"""Ten seconds of calm English, with all there is to be heard of a voice."""

EXPECTED_S: Final = 10.0
ATTEMPTS: Final = 4
"""A reading may end early or run away; another seed reads otherwise."""


def make_default_voice(
    library: Library,
    on_loading: OnLoading,
    *,
    source: str = SOURCE,
    device: str = AUTO,
    mirror: str | None = None,
    replace: bool = False,
) -> ClonedVoice:
    """Fetch the release if need be, have its speaker read, and keep that as the default voice's recording.

    Raises: InvalidMessage where the voice has a recording that was uploaded and `replace` is false; AssetError where
    the release cannot be loaded or has no preset voices; SynthesisFailed where no attempt gives a usable recording
    """
    present = find_voice(library.folder, DEFAULT_ID)
    if present is not None and present.reference is not None and present.manifest.origin is None and not replace:
        raise InvalidMessage(
            f"The voice {DEFAULT_ID!r} has a recording already.",
            mend=installation.run("voices setup-default --replace"),
        )
    on_loading(Loading(source, None))
    folder = hub.pull(source, mirror, lambda file: on_loading(Loading(f"{source}, checking {file}", None)))
    config = read_model_config(folder)
    if config.kind != "custom_voice":
        raise AssetError(source, "It has no preset speakers.", mend=f"Take {SOURCE}.")
    speaker = preset_of(config)
    recording = _reading(folder, device, speaker, on_loading)
    draft = Draft(
        name="Makima",
        recording=recording,
        transcript=TEXT,
        description=f"The default voice: the preset speaker {speaker} of Qwen3-TTS, reading English.",
        origin=Origin(model=hub.hub_id(source), speaker=speaker, text=TEXT),
    )
    return library.add(draft, DEFAULT_ID, replace=True)


def _reading(folder: Path, device: str, speaker: str, on_loading: OnLoading) -> Recording:
    engine = Qwen3Engine(str(folder), device, folder, slots=1, default_voice=speaker)
    try:
        engine.load(on_loading)
        findings: list[str] = []
        for seed in range(ATTEMPTS):
            recording = prepare(_read(engine, speaker, seed, on_loading), TEXT)
            findings = [finding.words for finding in recording.findings if finding.level == "error"]
            if not findings:
                return recording
    finally:
        engine.close()
    raise SynthesisFailed(f"{speaker} was not read in a way that is of use: {' '.join(findings)}", mend="Try again.")


def _read(engine: Qwen3Engine, speaker: str, seed: int, on_loading: OnLoading) -> Samples:
    """The text in the speaker's voice: [S] at `RATE_HZ`."""
    stream = engine.open(SpeechRequest(speaker, "English", seed))
    stream.feed(TEXT)
    stream.end_text()
    resampler = Resampler(stream.sample_rate_hz, RATE_HZ)
    pieces: list[Samples] = []
    try:
        for event in stream:
            if isinstance(event, AudioChunk):
                pieces.append(resampler.push(event.samples))
                heard_s = (event.start_sample + len(event.samples)) / stream.sample_rate_hz
                on_loading(Loading(f"the reading by {speaker}", min(1.0, heard_s / EXPECTED_S)))
            elif event.error is not None:
                raise event.error
    finally:
        stream.cancel()
    return np.concatenate([*pieces, resampler.flush()])
