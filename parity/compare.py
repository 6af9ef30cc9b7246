"""Compare with the official package on fresh random checkpoints: one table, and exit status 1 on any difference.

    python -m parity.compare --reference .venv-reference/bin/python [--sizes tiny 0.6b] [--seeds 1 2 3]

Ids, codes and greedy codes must be identical; vectors, prompts and logits within 1e-4 of the largest magnitude; audio
decoded in one piece within 1e-4 of its peak. A decoder with random weights magnifies the rounding of float32 to more
than that: the column `rounding` says by how much our float32 audio is off our own float64 audio. So streaming is held
to one piece in float64, where every chunking must agree to 1e-9, and in float32 to 1e-4 and three such roundings: its
own, one piece's, and one for chance. So is one piece of fewer than five frames.
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.models.qwen3.codec.decoder import CodecDecoder, DecoderStream
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling
from parity.plan import Case, Target, clips, plan, targets

CLOSE = 1e-4
EXACT = 1e-9
CHUNKS = (1, 4, 7)
SHORT_FRAMES = 5
"""Fewer frames than this are multiplied in another order than the official layers multiply them, at released size."""


@dataclass(frozen=True)
class Row:
    """One line of the table. Identity is a difference of 0 with a limit of 0."""

    what: str
    difference: float
    limit: float
    rounding: float | None = None

    @property
    def fine(self) -> bool:
        return self.difference <= self.limit

    def __str__(self) -> str:
        rounding = "" if self.rounding is None else f"{self.rounding:.1e}"
        verdict = "ok" if self.fine else "DIFFERS"
        return f"  {self.what:44} {self.difference:9.1e} {self.limit:9.1e} {rounding:>9}  {verdict}"


def identical(what: str, found: Tensor, wanted: Tensor) -> Row:
    """How many ids differ."""
    same_shape = found.shape == wanted.shape
    return Row(what, float((found != wanted).sum()) if same_shape else float("inf"), 0.0)


def distance(found: Tensor, wanted: Tensor) -> float:
    """Largest difference, relative to the largest magnitude wanted."""
    if found.shape != wanted.shape:
        return float("inf")
    return float((found.double() - wanted.double()).abs().max() / wanted.double().abs().max())


def close(what: str, found: Tensor, wanted: Tensor) -> Row:
    return Row(what, distance(found, wanted), CLOSE)


@dataclass(frozen=True)
class Comparison:
    """Our model beside the official outputs for the same checkpoint."""

    model: Qwen3TTS
    precise: CodecDecoder
    official: dict[str, Tensor]
    inputs: dict[str, Tensor]
    plan: dict[str, object]

    def rows(self) -> Iterator[Row]:
        yield from self._texts()
        for name, clip in self.inputs.items():
            yield from self._clip(name, clip)
        for fields in self.plan["cases"]:  # type: ignore[attr-defined]
            yield from self._case(Case(**fields))

    def _texts(self) -> Iterator[Row]:
        texts: tuple[str, ...] = self.plan["texts"]  # type: ignore[assignment]
        for kind, encode in (("text", self.model.assistant_ids), ("reference", self.model.reference_ids)):
            found = torch.tensor([number for text in texts for number in encode(text)])
            wanted = torch.cat([self.official[f"{kind}/{index}"] for index in range(len(texts))])
            yield identical(f"{kind} token ids", found, wanted)

    def _clip(self, name: str, clip: Tensor) -> Iterator[Row]:
        codes = self.official[f"{name}/codes"]
        yield close(f"{name} mel", self.model.mel(clip), self.official[f"{name}/mel"])
        if f"{name}/speaker" in self.official:
            yield close(f"{name} speaker vector", self.model.speaker_embedding(clip), self.official[f"{name}/speaker"])
        yield identical(f"{name} codes", self.model.encode_audio(clip), codes)
        yield from self._audio(name, codes, self.official[f"{name}/audio"])

    def _audio(self, name: str, codes: Tensor, wanted: Tensor) -> Iterator[Row]:
        found, exact = self.model.decode_codes(codes), self._stream(self.precise, codes, len(codes))
        rounding = distance(found, exact)
        yield Row(f"{name} audio in one piece", distance(found, wanted), CLOSE, rounding)
        heard = len(codes) // 3
        tail = len(wanted) * (len(codes) - heard) // len(codes)
        for step in CHUNKS:
            streams = {
                f"{name} streamed by {step}": (codes, None, len(wanted)),
                f"{name} streamed by {step}, with context": (codes[heard:], codes[:heard], tail),
            }
            for what, (rest, context, length) in streams.items():
                limit = CLOSE + 3 * rounding
                rounded = self._stream(self.model.decoder, rest, step, context)
                yield Row(what, distance(rounded, wanted[-length:]), limit, rounding)
                stepped = self._stream(self.precise, rest, step, context)
                yield Row(f"{what}, float64", distance(stepped, exact[-length:]), EXACT)

    def _stream(self, decoder: CodecDecoder, codes: Tensor, step: int, context: Tensor | None = None) -> Tensor:
        stream = DecoderStream(decoder, None if context is None else context.T[None])
        return torch.cat([stream.push(codes[start : start + step]) for start in range(0, len(codes), step)])

    def _case(self, case: Case) -> Iterator[Row]:
        texts: tuple[str, ...] = self.plan["texts"]  # type: ignore[assignment]
        voice = None
        if case.clip is not None:
            transcript = str(self.plan["transcript"]) if case.icl else None
            voice = self.model.clone_prompt(self.inputs[f"clip/{case.clip}"], transcript)
        spoken = (texts[case.text], case.language, voice, case.speaker, case.instruct, case.prefilled)
        embeds, trailing = self.model.talker_prompt(*spoken)
        parts = {"embeds": embeds, "trailing": trailing, "logits": self.model.prompt_logits(embeds)}
        for part, tensor in parts.items():
            yield close(f"{case.name}: {part}", tensor, self.official[f"{case.name}/{part}"])
        limit = int(str(self.plan["frames"]))
        frames = list(self.model.generate(*spoken, sampling=Sampling.greedy(), max_frames=limit))
        yield identical(f"{case.name}: greedy codes", torch.stack(frames), self.official[f"{case.name}/codes"])
        codes, audio = self.official[f"{case.name}/codes"], self.official[f"{case.name}/audio"]
        whole = codes if voice is None or voice.codes is None else torch.cat((voice.codes, codes))
        found, exact = (self._stream(decoder, whole, len(whole)) for decoder in (self.model.decoder, self.precise))
        rounding = distance(found, exact)
        tail = found[-len(audio) :]
        allowed = CLOSE if len(whole) >= SHORT_FRAMES else CLOSE + 3 * rounding
        yield Row(f"{case.name}: audio", distance(tail, audio), allowed, rounding)


def compare(target: Target, reference: str, folder: Path) -> list[Row]:
    """Write a checkpoint, run both sides on it."""
    checkpoint = write_random_checkpoint(folder / "checkpoint", target.size, target.kind, target.seed)
    inputs = {f"clip/{index}": torch.from_numpy(clip) for index, clip in enumerate(clips(target.seed))}
    what = plan(target)
    paths = [folder / name for name in ("plan.json", "inputs.safetensors", "outputs.safetensors")]
    paths[0].write_text(json.dumps(what), encoding="utf-8")
    save_file(inputs, paths[1])
    script = Path(__file__).with_name("official.py")
    done = subprocess.run([reference, script, checkpoint, *paths], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"The official package failed on {target}:\n{done.stderr[-4000:]}")
    model = load_model(checkpoint)
    precise = copy.deepcopy(model.decoder).double()
    return list(Comparison(model, precise, load_file(paths[2]), inputs, what).rows())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", required=True, help="the Python of the reference environment")
    parser.add_argument("--sizes", nargs="+", default=["tiny", "0.6b"], choices=["tiny", "0.6b"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    arguments = parser.parse_args()
    wrong = 0
    for target in targets(tuple(arguments.sizes), tuple(arguments.seeds)):
        with tempfile.TemporaryDirectory() as folder:
            rows = compare(target, arguments.reference, Path(folder))
        print(f"{target!s:46} {'difference':>9} {'limit':>9} {'rounding':>9}")
        for row in rows:
            print(row, flush=True)
        wrong += sum(not row.fine for row in rows)
    print(f"{wrong} differences." if wrong else "Equal.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
