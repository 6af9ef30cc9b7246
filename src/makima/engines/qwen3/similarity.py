"""How alike a voice and its clone are, to the model's own speaker encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch.nn.functional import cosine_similarity

from makima.engines.qwen3.device import chosen_device, chosen_quantization
from makima.engines.qwen3.voices.prompt_files import enrol_samples
from makima.errors import InvalidMessage
from makima.events import OnLoading, Samples
from makima.models import hub
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling

MAX_FRAMES: Final = 250
"""20 s: the sentence takes five; what runs on is no measure."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """Cosines of speaker vectors: 1 is the same voice, around 0 any other."""

    cosine: float
    spoken_s: float


def load_for_similarity(model_id: str, device: str, quantize: str, on_loading: OnLoading) -> Qwen3TTS:
    """The model to compare with.

    Raises: AssetError where its weights are not here; InvalidMessage where it clones no voices
    """
    folder = hub.find(model_id)
    if folder is None:
        raise hub.missing(model_id)
    place = chosen_device(device)
    on_cpu = place.type == "cpu"
    model = load_model(
        folder,
        place,
        torch.float32 if on_cpu else torch.bfloat16,
        chosen_quantization(quantize) if on_cpu else None,
        on_loading=on_loading,
    )
    if model.speaker_encoder is None:
        raise InvalidMessage(f"{model_id} clones no voices.", mend="Set TTS_MODEL_ID to a Base model.")
    return model


def similarity(
    model: Qwen3TTS, reference: Samples, transcript: str | None, text: str, language: str, seed: int = 0
) -> Similarity:
    """Clone the voice of `reference` [S], have it say `text`, and compare the two.

    Raises: InvalidAudio
    """
    prompt = enrol_samples(model, reference, transcript)
    frames = model.generate(text, language, prompt, sampling=Sampling(seed=seed), max_frames=MAX_FRAMES)
    with torch.inference_mode():
        codes = list(frames)
        if not codes:
            return Similarity(0.0, 0.0)
        audio = model.decode_codes(torch.stack(codes)).float()
        spoken = model.speaker_embedding(audio)
        cosine = float(cosine_similarity(prompt.speaker.float(), spoken.float(), dim=0))
    return Similarity(cosine, len(audio) / model.sample_rate_hz)
