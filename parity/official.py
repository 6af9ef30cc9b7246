"""Runs in the reference environment: what the official package makes of a checkpoint.

python official.py CHECKPOINT PLAN.json INPUTS.safetensors OUTPUTS.safetensors
"""

from __future__ import annotations

import json
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

# Imported by the package for its 25 Hz tokenizer alone, which is not used here.
for _name in ("torchaudio", "torchaudio.compliance", "torchaudio.compliance.kaldi", "sox"):
    _module = types.ModuleType(_name)
    _module.__spec__ = ModuleSpec(_name, loader=None, is_package=True)
    sys.modules.setdefault(_name, _module)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from qwen_tts import Qwen3TTSModel  # type: ignore[import-not-found]  # noqa: E402
from qwen_tts.core.models import modeling_qwen3_tts as modeling  # type: ignore[import-not-found]  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

GREEDY = {"do_sample": False, "subtalker_dosample": False, "repetition_penalty": 1.05}


class Recorder:
    """Keeps what passes between the wrapper and the talker."""

    def __init__(self, wrapper: Any) -> None:
        self.seen: dict[str, torch.Tensor] = {}
        self._talker, self._model = wrapper.model.talker.generate, wrapper.model.generate
        wrapper.model.talker.generate = self._talker_generate
        wrapper.model.generate = self._model_generate
        wrapper.model.talker.register_forward_hook(self._after_forward, with_kwargs=True)

    def _talker_generate(self, **arguments: Any) -> Any:
        self.seen["embeds"] = arguments["inputs_embeds"][0]
        self.seen["trailing"] = arguments["trailing_text_hidden"][0]
        return self._talker(**arguments)

    def _model_generate(self, **arguments: Any) -> Any:
        result = self._model(**arguments)
        self.seen["codes"] = result[0][0]
        return result

    def _after_forward(self, _module: Any, _inputs: Any, arguments: dict[str, Any], output: Any) -> None:
        embeds = arguments.get("inputs_embeds")
        if embeds is not None and embeds.shape[1] > 1:
            self.seen["logits"] = output.logits[0, -1]


def encode_clips(wrapper: Any, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Mel frames, speaker vectors, codes, and the codes decoded in one piece."""
    model, out = wrapper.model, {}
    for name, clip in inputs.items():
        mel = modeling.mel_spectrogram(clip[None], 1024, 128, 24000, 256, 1024, 0, 12000)
        out[f"{name}/mel"] = mel[0].T
        if model.speaker_encoder is not None:
            out[f"{name}/speaker"] = model.extract_speaker_embedding(clip.numpy(), 24000)
        codes = model.speech_tokenizer.encode(clip.numpy(), sr=24000).audio_codes[0]
        out[f"{name}/codes"] = codes
        out[f"{name}/audio"] = model.speech_tokenizer.model.decoder(codes.T[None])[0, 0]
    return out


def speak(wrapper: Any, case: dict[str, Any], plan: dict[str, Any], inputs: dict[str, torch.Tensor]) -> Any:
    """Say one case the way the wrapper is meant to be used for its kind."""
    # The loop chooses one frame more than it gives back.
    settings = GREEDY | {"max_new_tokens": plan["frames"] + 1, "non_streaming_mode": case["prefilled"]}
    text, language, kind = plan["texts"][case["text"]], case["language"], wrapper.model.tts_model_type
    if kind == "custom_voice":
        return wrapper.generate_custom_voice(text, case["speaker"], language, case["instruct"], **settings)
    if kind == "voice_design":
        return wrapper.generate_voice_design(text, case["instruct"], language, **settings)
    clip = (inputs[f"clip/{case['clip']}"].numpy(), 24000)
    transcript = plan["transcript"] if case["icl"] else None
    return wrapper.generate_voice_clone(text, language, clip, transcript, not case["icl"], **settings)


def main(checkpoint: str, plan_path: str, inputs_path: str, outputs_path: str) -> None:
    """Do what the plan says, and write every outcome."""
    plan = json.loads(Path(plan_path).read_text(encoding="utf-8"))
    inputs = load_file(inputs_path)
    wrapper = Qwen3TTSModel.from_pretrained(checkpoint, dtype=torch.float32, device_map="cpu")
    out: dict[str, torch.Tensor] = {}
    with torch.inference_mode():
        for index, text in enumerate(plan["texts"]):
            out[f"text/{index}"] = wrapper._tokenize_texts([wrapper._build_assistant_text(text)])[0][0]
            out[f"reference/{index}"] = wrapper._tokenize_texts([wrapper._build_ref_text(text)])[0][0]
        out |= encode_clips(wrapper, inputs)
        recorder = Recorder(wrapper)
        for case in plan["cases"]:
            waves, _ = speak(wrapper, case, plan, inputs)
            for part, tensor in recorder.seen.items():
                out[f"{case['name']}/{part}"] = tensor
            out[f"{case['name']}/audio"] = torch.from_numpy(np.asarray(waves[0], dtype=np.float32))
    save_file({name: tensor.clone().contiguous() for name, tensor in out.items()}, outputs_path)


if __name__ == "__main__":
    main(*sys.argv[1:])
