"""How long a frame of the released 0.6B takes in the native kernels, next to PyTorch's linear layers in the same run.

    python -m makima.bench.qwen3.native --kinds int8,int4 --threads 1,2 --rows 1,8 --instruction-sets avx2

A frame is one talker step, its codec head, and the whole code predictor with sampling; `codec` is one frame from latent
to audio, `codec-int16` the same with weights and rows in words. Weights are random: they cost what real ones do.
PyTorch is timed on the linear layers alone, which flatters it. How much of the machine others used is printed,
since it decides what the figures are worth.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from makima.bench.qwen3.native_codec import CodecFrames
from makima.bench.report import Figure, json_line
from makima.nn import native
from makima.nn.native.decoder import NativeDecoder
from makima.nn.native.memory import Arena
from makima.nn.native.predictor import NativePredictor, PredictorWeights, RowSampling
from makima.nn.native.quantized import KINDS, Kind, QuantizedMatrix
from makima.nn.native.shapes import DecoderShape, LayerArrays
from makima.nn.native.threads import ThreadPool, usable_cores
from makima.nn.native.weights import DecoderWeights

TALKER = DecoderShape(layers=28, hidden=1024, heads=16, kv_heads=8, head_dim=128, mlp=3072)
PREDICTOR = DecoderShape(layers=5, hidden=1024, heads=16, kv_heads=8, head_dim=128, mlp=3072)
CODECS = {"codec": False, "codec-int16": True}
STEPS, CODES, TALKER_VOCABULARY = 15, 2048, 3072


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to time; `frame` runs it once."""

    kind: str
    instruction_set: str
    threads: int
    rows: int
    frame: Callable[[], None]

    @property
    def name(self) -> str:
        return f"{self.kind} {self.instruction_set} {self.threads} threads {self.rows} rows"


def main() -> None:
    """Parse the command line, measure, print a table and one JSON line."""
    options = _options()
    console = Console(stderr=True)
    if (reason := native.why_not()) is not None:
        raise SystemExit(reason)
    table = Table(title="ms a frame: least and median", title_justify="left")
    for column in ("weights", "instruction set", "threads", "rows", "least", "median", "rows / s"):
        table.add_column(column, justify="left" if column in ("weights", "instruction set") else "right")
    figures: list[Figure] = []
    for group in _groups(options):
        before, start = busy_elsewhere_s(), time.perf_counter()
        measured = measure(group, options.frames)
        elsewhere = (busy_elsewhere_s() - before) / (time.perf_counter() - start)
        for case, times in zip(group, measured, strict=True):
            least, median = min(times), float(np.median(times))
            speed = f"{case.rows * 1000 / least:.0f}"
            table.add_row(
                case.kind,
                case.instruction_set,
                str(case.threads),
                str(case.rows),
                f"{least:.1f}",
                f"{median:.1f}",
                speed,
            )
            figures += [Figure(f"{case.name}, least", least, "ms"), Figure(f"{case.name}, median", median, "ms")]
        figures.append(Figure(f"{group[0].kind} {group[0].instruction_set}, used by others", elsewhere, "cores"))
        console.print(f"measured {group[0].kind}; others used {elsewhere:.2f} cores meanwhile")
    console.print(table)
    print(json_line("native kernels, ms a frame", figures, {"position": options.position, "frames": options.frames}))


def measure(cases: Sequence[Case], frames: int) -> list[list[float]]:
    """Milliseconds of `frames` frames of each case, all cases in turn, so that a busy machine is busy for all."""
    times: list[list[float]] = [[] for _ in cases]
    for case in cases:
        case.frame()
    for _ in range(frames):
        for case, taken in zip(cases, times, strict=True):
            start = time.perf_counter()
            case.frame()
            taken.append((time.perf_counter() - start) * 1000)
    return times


def busy_elsewhere_s() -> float:
    """Processor time that others have used since the machine started; 0 where the system does not tell."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    ticks = [int(part) for part in stat.read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK") - time.process_time()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default=",".join((*KINDS, *CODECS)), help="weights, or a codec's: %(default)s")
    parser.add_argument("--threads", default=f"1,{usable_cores()}", help="default %(default)s")
    parser.add_argument("--rows", default="1,2,4,8,10", help="streams at once: %(default)s")
    parser.add_argument("--instruction-sets", default="", help="default all the machine has but the portable one")
    parser.add_argument("--position", type=int, default=200, help="how far the streams are: %(default)s")
    parser.add_argument("--frames", type=int, default=20, help="frames of each case: %(default)s")
    parser.add_argument("--no-torch", action="store_true", help="leave PyTorch out")
    return parser.parse_args()


def _groups(options: argparse.Namespace) -> Iterator[list[Case]]:
    """The cases of one kind of weights at a time: all kinds at once would not fit small machines."""
    threads, rows = ([int(part) for part in text.split(",")] for text in (options.threads, options.rows))
    sets = options.instruction_sets.split(",") if options.instruction_sets else native.instruction_sets()[1:]
    pools = {count: ThreadPool(count) for count in threads}
    for kind in options.kinds.split(","):
        codec = CODECS.get(kind)
        frames = NativeFrames(cast("Kind", kind), options.position) if codec is None else CodecFrames(words=codec)
        yield [Case(kind, name, t, b, frames.of(name, pools[t], b)) for b in rows for t in threads for name in sets]
    if find_spec("torch") is not None and not options.no_torch:
        for kind in ("float32", "bfloat16"):
            make = torch_frames(kind)
            yield [Case(kind, "PyTorch", t, b, make(t, b)) for b in rows for t in threads]


class NativeFrames:
    """A random model of one kind, and frames of it."""

    def __init__(self, kind: Kind, position: int) -> None:
        rng, arena = np.random.default_rng(0), Arena()
        self.position = position

        def draw(*size: int) -> NDArray[np.float32]:
            return rng.standard_normal(size, np.float32) * np.float32(0.02)

        def pack(weight: NDArray[np.float32]) -> QuantizedMatrix:
            return QuantizedMatrix.pack(weight, kind, search=False, arena=arena)

        def stack(shape: DecoderShape) -> DecoderWeights:
            layers = [_layer(shape, draw)] * shape.layers
            norm = np.ones(shape.hidden, np.float32)
            return DecoderWeights.pack(shape, layers, norm, kind, search=False, arena=arena)

        self.talker = stack(TALKER)
        self.codec_head = pack(draw(TALKER_VOCABULARY, TALKER.hidden))
        heads = tuple(pack(draw(CODES, PREDICTOR.hidden)) for _ in range(STEPS))
        table = draw(CODES, TALKER.hidden)
        self.predictor = PredictorWeights(stack(PREDICTOR), heads, (table,) * STEPS)

    def of(self, instruction_set: str, pool: ThreadPool, rows: int) -> Callable[[], None]:
        """What runs one frame for `rows` streams."""
        common = {"pool": pool, "instruction_set": instruction_set}
        talker = NativeDecoder(self.talker, slots=rows, positions=self.position + 1, **common)  # type: ignore[arg-type]
        predictor = NativePredictor(self.predictor, rows=rows, **common)  # type: ignore[arg-type]
        rng = np.random.default_rng(1)
        x, noise = rng.standard_normal((rows, TALKER.hidden), np.float32), rng.random((rows, STEPS), np.float32)
        sampling = [RowSampling()] * rows

        def frame() -> None:
            hidden, _ = talker.step(x, np.full(rows, self.position), np.arange(rows), head=self.codec_head)
            predictor.frame(hidden, x, sampling, noise)

        return frame


def _layer(shape: DecoderShape, draw: Callable[..., NDArray[np.float32]]) -> LayerArrays:
    query, key = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    matrices = [(query, shape.hidden), (key, shape.hidden), (key, shape.hidden), (shape.hidden, query)]
    matrices += [(shape.mlp, shape.hidden), (shape.mlp, shape.hidden), (shape.hidden, shape.mlp)]
    norms = [np.ones(width, np.float32) for width in (shape.hidden, shape.hidden, shape.head_dim, shape.head_dim)]
    return LayerArrays(*(draw(*size) for size in matrices), *norms)


def torch_frames(kind: str) -> Callable[[int, int], Callable[[], None]]:
    """The same matrices as PyTorch linear layers, and what runs them once for a number of threads and rows."""
    import torch
    import torch.nn.functional as F  # noqa: N812

    def matrix(outputs: int, inputs: int) -> torch.Tensor:
        return (torch.randn(outputs, inputs) * 0.02).to(getattr(torch, kind))

    def stack(shape: DecoderShape) -> list[torch.Tensor]:
        query, both = shape.heads * shape.head_dim, (shape.heads + 2 * shape.kv_heads) * shape.head_dim
        sizes = [(both, shape.hidden), (shape.hidden, query), (2 * shape.mlp, shape.hidden), (shape.hidden, shape.mlp)]
        return [matrix(*size) for _ in range(shape.layers) for size in sizes]

    talker, predictor = [*stack(TALKER), matrix(TALKER_VOCABULARY, TALKER.hidden)], stack(PREDICTOR)
    order = talker + [weight for _ in range(STEPS) for weight in [*predictor, matrix(CODES, PREDICTOR.hidden)]]

    def of(threads: int, rows: int) -> Callable[[], None]:
        inputs = {weight.shape[1]: torch.randn(rows, weight.shape[1]).to(weight.dtype) for weight in order}

        def frame() -> None:
            torch.set_num_threads(threads)
            with torch.inference_mode():
                for weight in order:
                    F.linear(inputs[weight.shape[1]], weight)

        return frame

    return of


if __name__ == "__main__":
    main()
