"""Our engine as it is measured: a process that loads a checkpoint and then answers requests, each a line of JSON.

    python -m makima.bench.qwen3.subject FOLDER CLIP.npy --device cpu --dtype bfloat16 [--quantize int4] --slots 10

Frames are made as they are for the server: slots of one `Runner`, each utterance cloned in ICL, sampled with the usual
settings, streamed through the codec frame by frame. Ends are ruled out, as random models would find them anywhere.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch
from torch import Tensor

from makima.bench.memory import MIB, process_memory_mib
from makima.bench.qwen3.clip import TRANSCRIPT
from makima.engines.qwen3.runner.rows import Frame
from makima.engines.qwen3.runner.runner import Runner
from makima.errors import MakimaError, SynthesisFailed
from makima.events import Loading
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling

TEXT = "The quick brown fox is jumping over the lazy dog."
CAPACITY = 1024
"""Positions of a slot, as the engine has them."""


class Subject:
    """A loaded model with its slots."""

    def __init__(self, model: Qwen3TTS, clip: Path, slots: int) -> None:
        self.model = model
        self._cuda = model.device.type == "cuda"
        begun_s = self._now()
        self._voice = model.clone_prompt(np.load(clip), TRANSCRIPT)
        self._begins = 0
        self._trailing = torch.empty(0)
        self.voice_s = self._now() - begun_s
        self._runner = Runner(model, slots, CAPACITY)
        self._said = [0] * slots
        self._begun = [False] * slots

    def round(self, streams: int, frames: int) -> dict[str, Any]:
        """Milliseconds to an utterance's first audio, and of `frames` frames of `streams` utterances at once.

        Each frame by itself: its parts, and all of it.
        """
        first_ms = self._begin(0)
        for slot in range(1, streams):
            if not self._begun[slot] or self._runner.room(slot) <= frames + 1:
                self._begin(slot)
        slots = list(range(streams))
        self._step(slots)
        parts = [self._step(slots, apart=True) for _ in range(frames)]
        talker, predictor, codec, _ = zip(*parts, strict=True)
        step = [sum(times) for times in parts]
        if self._cuda:  # the host runs ahead of the device, and waiting for it after each part costs
            step = [sum(self._step(slots)) for _ in range(frames)]
        elif self._runner.decodes_ahead:
            step = self._codec_thread(slots, frames)
        return {"first_audio_ms": first_ms, "talker_ms": talker, "predictor_ms": predictor, "codec_ms": codec} | {
            "step_ms": step
        }

    def memory(self) -> dict[str, float]:
        """MiB: the device's, or the process's."""
        if self._cuda:
            # Reserved, not allocated: what graphs work in is held for them between their steps.
            held = torch.cuda.memory_reserved() / MIB
            return {"peak": torch.cuda.max_memory_reserved() / MIB, "resident": held, "own": held}
        return process_memory_mib()

    def _begin(self, slot: int) -> float:
        """Start an utterance; milliseconds to its first audio."""
        self._runner.free(slot)
        begun_s = self._now()
        self._begins += 1  # another text each time: a prompt that comes again would be recalled
        text = f"{self._begins} {TEXT}"
        embeds, self._trailing = self.model.talker_prompt(text, "English", self._voice)
        self._runner.begin(slot, embeds, self._voice.codes, Sampling(seed=slot))
        self._begun[slot], self._said[slot] = True, 0
        self._runner.decode(self._choose([slot]))
        first_ms = 1000 * (self._now() - begun_s)
        self._advance([slot])
        return first_ms

    def _step(self, slots: list[int], *, apart: bool = False) -> tuple[float, float, float, float]:
        """One frame of each slot; milliseconds of talker, predictor and codec, and of what is left, if not `apart`."""
        times = [self._now(wait=True)]
        codes = self._choose(slots)
        times.append(self._now(wait=apart))
        self._runner.decode(codes)
        times.append(self._now(wait=apart))
        self._advance(slots)
        times.append(self._now(wait=apart))
        predictor, codec, talker = (1000 * (b - a) for a, b in pairwise(times))
        return talker, predictor, codec, 1000 * (self._now(wait=True) - times[-1])

    def _codec_thread(self, slots: list[int], frames: int) -> list[float]:
        """Milliseconds of frames that are decoded beside the making of the next; the last waits for its audio too."""
        times = [self._now()]
        for _ in range(frames):
            codes = self._choose(slots)
            self._runner.finish_decoding()
            self._runner.start_decoding(codes)
            self._advance(slots)
            times.append(self._now())
        self._runner.finish_decoding()
        times[-1] = self._now()
        return [1000 * (b - a) for a, b in pairwise(times)]

    def _choose(self, slots: list[int]) -> dict[int, Tensor]:
        """The next codes of each slot; an end is ruled out."""
        chosen = self._runner.choose(slots, unfinished=slots)
        frames = {slot: frame.codes for slot, frame in chosen.items() if isinstance(frame, Frame)}
        if len(frames) < len(slots):
            raise SynthesisFailed("The model's scores are no numbers.")
        return frames

    def _advance(self, slots: list[int]) -> None:
        self._runner.advance({slot: self._text(slot) for slot in slots})

    def _text(self, slot: int) -> Tensor | None:
        said = self._said[slot]
        self._said[slot] += 1
        return self._trailing[said] if said < len(self._trailing) else None

    def _now(self, *, wait: bool = True) -> float:
        if wait and self._cuda:
            torch.cuda.synchronize()
        return time.perf_counter()


def main() -> None:
    """Load, say so, then answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing but answers among the answers
    try:
        _serve(_options(), answers)
    except MakimaError as exc:
        _answer(answers, {"error": str(exc)})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--quantize")
    parser.add_argument("--slots", type=int, default=1)
    return parser.parse_args()


def _serve(options: argparse.Namespace, answers: TextIO) -> None:
    def news(loading: Loading) -> None:
        _answer(answers, {"loading": loading.what, "progress": loading.progress})

    begun_s = time.perf_counter()
    dtype = getattr(torch, options.dtype)
    model = load_model(options.folder, options.device, dtype, options.quantize, on_loading=news)
    load_s = time.perf_counter() - begun_s
    with torch.inference_mode():
        subject = Subject(model, options.clip, options.slots)
        frame_ms = 1000 * model.codec_config.frame_samples / model.sample_rate_hz
        about = {"load_s": load_s, "voice_s": subject.voice_s, "frame_ms": frame_ms, "device": str(model.device)}
        _answer(answers, about | {"threads": torch.get_num_threads(), "loaded": subject.memory()})
        for line in sys.stdin:
            request = json.loads(line)
            round_asked = request["do"] == "round"
            _answer(answers, subject.round(request["streams"], request["frames"]) if round_asked else subject.memory())


def _answer(answers: TextIO, what: dict[str, Any]) -> None:
    print(json.dumps(what), file=answers, flush=True)


if __name__ == "__main__":
    main()
