"""How the released files name and cut the weights: the one table between our parameter names and theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from makima.models.qwen3.codec.config import CodecConfig
from makima.nn.transformer import Linear

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """How a parameter is made of tensors of the file, and of which shapes these are.

    `shapes` takes the parameter's shape and, for a fused linear map, the widths that it is made of.
    """

    combine: Callable[[Sequence[Tensor]], Tensor]
    shapes: Callable[[Shape, Sequence[int]], list[Shape]]


def _means(parts: Sequence[Tensor]) -> Tensor:
    """Means of clusters from their sums and counts. Source: both codecs take a count for at least 1e-5."""
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return torch.stack([total / count.clamp(min=1e-5)[:, None] for total, count in pairs])


SAME: Final = Form(lambda parts: parts[0], lambda shape, _: [shape])
FUSED: Final = Form(
    lambda parts: torch.cat(list(parts)), lambda shape, widths: [(width, *shape[1:]) for width in widths]
)
STACKED: Final = Form(lambda parts: torch.stack(list(parts)), lambda shape, _: [shape[1:]] * shape[0])
POINTWISE: Final = Form(lambda parts: parts[0][..., 0], lambda shape, _: [(*shape, 1)])
CODEBOOKS: Final = Form(_means, lambda shape, _: [shape[1:], shape[1:2]] * shape[0])
FREQUENCY: Final = Form(lambda parts: parts[0].float().exp(), lambda shape, _: [shape])
AMPLITUDE: Final = Form(lambda parts: 1.0 / (parts[0].float().exp() + 1e-9), lambda shape, _: [shape])

_RVQ: Final = r"encoder.quantizer.\1_residual_vector_quantizer"

TABLE: Final[tuple[tuple[str, Form, tuple[str, ...]], ...]] = (
    # our name, as a pattern for all of it -> the file's; {i} counts along the first axis
    (r"(.*)\.qkv\.(\w+)", FUSED, (r"\1.q_proj.\2", r"\1.k_proj.\2", r"\1.v_proj.\2")),
    (r"(.*)\.gate_up\.(\w+)", FUSED, (r"\1.gate_proj.\2", r"\1.up_proj.\2")),
    (r"talker\.(text_embedding|codec_embedding)", SAME, (r"talker.model.\1.weight",)),
    (r"predictor\.embeddings", STACKED, ("predictor.model.codec_embedding.{i}.weight",)),
    (r"predictor\.heads", STACKED, ("predictor.lm_head.{i}.weight",)),
    (r"predictor\.projection\.(\w+)", SAME, (r"predictor.small_to_mtp_projection.\1",)),
    (r"(decoder\..*\.alpha)", FREQUENCY, (r"\1",)),
    (r"(decoder\..*\.beta)", AMPLITUDE, (r"\1",)),
    (r"decoder\.quantizer\.(first|rest)_proj\.weight", POINTWISE, (r"decoder.quantizer.rvq_\1.output_proj.weight",)),
    (
        r"decoder\.quantizer\.(first|rest)_codebooks",
        CODEBOOKS,
        (
            r"decoder.quantizer.rvq_\1.vq.layers.{i}._codebook.embedding_sum",
            r"decoder.quantizer.rvq_\1.vq.layers.{i}._codebook.cluster_usage",
        ),
    ),
    (r"encoder\.(semantic|acoustic)\.input_proj\.weight", POINTWISE, (f"{_RVQ}.input_proj.weight",)),
    (
        r"encoder\.(semantic|acoustic)\.codebooks",
        CODEBOOKS,
        (f"{_RVQ}.layers.{{i}}.codebook.embed_sum", f"{_RVQ}.layers.{{i}}.codebook.cluster_usage"),
    ),
)
"""A parameter that no pattern matches has the same name and shape in the file."""


@dataclass(frozen=True, slots=True)
class Target:
    """One of our parameters and the tensors of the file that it is made of, in order."""

    name: str
    form: Form
    sources: tuple[tuple[str, Shape], ...]


def targets(model: nn.Module) -> Iterator[Target]:
    """All parameters of a model, with where they come from."""
    for name, parameter in model.named_parameters():
        owner = model.get_submodule(name.rpartition(".")[0])
        widths = owner.outputs if isinstance(owner, Linear) else ()
        form, names = _row(name)
        shapes = form.shapes(tuple(parameter.shape), widths)
        files = [n.replace("{i}", str(i)) for i in range(len(shapes) // len(names)) for n in names]
        yield Target(name, form, tuple(zip(map(_outside, files), shapes, strict=True)))


def _row(name: str) -> tuple[Form, tuple[str, ...]]:
    for pattern, form, templates in TABLE:
        match = re.fullmatch(pattern, name)
        if match:
            return form, tuple(match.expand(template) for template in templates)
    return SAME, (name,)


def _outside(name: str) -> str:
    """In the file the code predictor is a part of the talker."""
    return re.sub(r"^predictor\.", "talker.code_predictor.", name)


def unused_tensors(config: CodecConfig) -> dict[str, Shape]:
    """What the codec's file holds and synthesis has no use for, with shapes."""
    d, e = config.decoder, config.encoder
    unused: dict[str, Shape] = {}
    for part in ("first", "rest"):
        unused[f"decoder.quantizer.rvq_{part}.input_proj.weight"] = (d.code_width // 2, d.code_width, 1)
    for part, used, count in (
        ("semantic", e.semantic, e.semantic),
        ("acoustic", e.used - e.semantic, e.quantizers - e.semantic),
    ):
        prefix = f"encoder.quantizer.{part}_residual_vector_quantizer"
        unused[f"{prefix}.output_proj.weight"] = (e.width, e.code_width, 1)
        for index in range(count):
            book = f"{prefix}.layers.{index}.codebook"
            unused[f"{book}.initialized"] = (1,)
            if index >= used:
                unused[f"{book}.cluster_usage"] = (e.codes,)
                unused[f"{book}.embed_sum"] = (e.codes, e.code_width)
    return unused
