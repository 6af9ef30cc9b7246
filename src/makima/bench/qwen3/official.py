"""Runs in the reference environment: times the official qwen-tts package, as `subject` times ours.

python official.py CHECKPOINT CLIP.npy DEVICE DTYPE

A voice cloned in ICL from the clip, in the package's default layout, greedy, so that it draws no noise, and never at
an end. On a CPU the codec runs in float32 whatever the rest does: the package would take bfloat16 for it as well, in
which convolutions take minutes a second on most CPUs.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from itertools import pairwise
from pathlib import Path
from typing import Any

ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the package prints is no answer

# Imported by the package for its 25 Hz tokenizer alone, which is not used here.
for _name in ("torchaudio", "torchaudio.compliance", "torchaudio.compliance.kaldi", "sox"):
    _module = types.ModuleType(_name)
    _module.__spec__ = ModuleSpec(_name, loader=None, is_package=True)
    sys.modules.setdefault(_name, _module)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from qwen_tts import Qwen3TTSModel  # type: ignore[import-not-found]  # noqa: E402

TEXT = "The quick brown fox is jumping over the lazy dog."
TRANSCRIPT = "The brown fox is a quick one."
RATE_HZ = 24000
WHOLE_FRAMES = 48
CONTEXT_FRAMES, WINDOW_FRAMES = 25, 4
"""How the package is streamed: each window of 4 frames is decoded anew with 25 before it."""


class Official:
    """The package with a checkpoint and a voice."""

    def __init__(self, checkpoint: str, clip: str, device: str, dtype: str) -> None:
        begun = time.perf_counter()
        self.tts = Qwen3TTSModel.from_pretrained(checkpoint, dtype=getattr(torch, dtype), device_map=device)
        self.model = self.tts.model
        if device == "cpu":
            self.model.speech_tokenizer.model.float()
        self.cuda = device.startswith("cuda")
        self.load_s = self.now() - begun
        self.voice = self.tts.create_voice_clone_prompt(ref_audio=(np.load(clip), RATE_HZ), ref_text=TRANSCRIPT)
        self.steps: list[float] = []
        self.predictions: list[float] = []
        self.model.talker.register_forward_hook(lambda *_: self.steps.append(self.now()))
        self._watch(self.model.talker.code_predictor)

    def now(self) -> float:
        """The time once all that was begun is done."""
        if self.cuda:
            torch.cuda.synchronize()
        return time.perf_counter()

    def _watch(self, predictor: Any) -> None:
        generate = predictor.generate

        def timed(*arguments: Any, **settings: Any) -> Any:
            with self._timed(self.predictions):
                return generate(*arguments, **settings)

        predictor.generate = timed

    @contextmanager
    def _timed(self, into: list[float]) -> Iterator[None]:
        begun = self.now()
        yield
        into.append(1000 * (self.now() - begun))

    def round(self, frames: int) -> dict[str, Any]:
        """Milliseconds of `frames` frames, each by itself, and of the codec per frame in one piece and windowed."""
        self.steps.clear()
        self.predictions.clear()
        texts = self.tts._tokenize_texts([self.tts._build_assistant_text(TEXT)])
        reference = self.tts._tokenize_texts([self.tts._build_ref_text(TRANSCRIPT)])
        begun = self.now()
        codes, _ = self.model.generate(
            input_ids=texts,
            ref_ids=reference,
            voice_clone_prompt=self.tts._prompt_items_to_voice_clone_prompt(self.voice),
            languages=["English"],
            do_sample=False,
            subtalker_dosample=False,
            eos_token_id=-1,
            max_new_tokens=frames + 1,
        )
        return {
            "prompt_ms": 1000 * (self.steps[0] - begun),
            "step_ms": [1000 * (b - a) for a, b in pairwise(self.steps)],
            "predictor_ms": list(self.predictions),
            "codec_whole_ms": self._decode_ms(codes[0], WHOLE_FRAMES) / WHOLE_FRAMES,
            "codec_windowed_ms": self._decode_ms(codes[0], CONTEXT_FRAMES + WINDOW_FRAMES) / WINDOW_FRAMES,
        }

    def _decode_ms(self, codes: torch.Tensor, frames: int) -> float:
        decoder = self.model.speech_tokenizer.model.decoder
        laid_out = codes[torch.arange(frames) % len(codes)].T[None].to(decoder.device)
        taken: list[float] = []
        with torch.inference_mode(), self._timed(taken):
            decoder(laid_out)
        return taken[0]

    def memory(self) -> dict[str, float]:
        """MiB."""
        if self.cuda:
            return {"peak": torch.cuda.max_memory_reserved() / 2**20}
        status = Path("/proc/self/status")
        if status.exists():
            peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            return {"peak": float(peak.split()[1]) / 1024}
        return {
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
        }


def main(checkpoint: str, clip: str, device: str, dtype: str) -> None:
    """Load, then answer requests until there are no more."""
    official = Official(checkpoint, clip, device, dtype)
    answer({"load_s": official.load_s, "device": device, "dtype": dtype, "threads": torch.get_num_threads()})
    for line in sys.stdin:
        request = json.loads(line)
        answer(official.round(request["frames"]) if request["do"] == "round" else official.memory())


def answer(what: dict[str, Any]) -> None:
    print(json.dumps(what), file=ANSWERS, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
