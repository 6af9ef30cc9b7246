"""A checkpoint's large matrices packed for the native kernels, as plain arrays to run on or to store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from makima.errors import ConfigError
from makima.models.qwen3.code_predictor import CodePredictor
from makima.models.qwen3.codec.config import CodecDecoderConfig
from makima.models.qwen3.codec.decoder import CodecDecoder
from makima.models.qwen3.codec.stages import decoder_stages
from makima.models.qwen3.kernels.code_predictor import NativeCodePredictor
from makima.models.qwen3.kernels.codec import NativeCodecDecoder
from makima.models.qwen3.kernels.conversion import array_of, layer_arrays, shape_of
from makima.models.qwen3.kernels.linear import NativeLinear
from makima.models.qwen3.kernels.precision import pack_measured
from makima.models.qwen3.kernels.stack import NativeStack
from makima.models.qwen3.parts import SpeechModel
from makima.nn.native.codec import NativeStage
from makima.nn.native.memory import Arena
from makima.nn.native.predictor import PredictorWeights
from makima.nn.native.quantized import Kind, QuantizedMatrix
from makima.nn.native.shapes import DecoderShape, LayerArrays
from makima.nn.native.threads import Lanes
from makima.nn.native.weights import DecoderWeights
from makima.nn.transformer import DecoderConfig, DecoderLayer, DecoderStack, replace_linears

log = logging.getLogger(__name__)

Arrays = dict[str, NDArray[Any]]
Load = Callable[[str], None]
"""Loads the parameters of a model whose names begin so."""

SPEECH_PACKED: Final = ("talker.model.layers.", "talker.codec_head.", "predictor.model.layers.", "predictor.heads")
CODEC_PACKED: Final = ("decoder.upsample.", "decoder.decoder.", "decoder.pre_transformer.layers.")
"""Parameters that packed forms stand for: where these are there already, the others are not read."""

HEADS: Mapping[Kind, Kind] = {"float32": "float32", "bfloat16": "bfloat16", "int8": "int8", "int4": "int8"}
"""What the heads are kept in, by what the layers are: they pick codes directly, and are read once a frame each."""

TRIAL_FRAMES: Final = 4
"""Frames of random codes that the code predictor's rounding is measured on."""


def pack_speech(speech: SpeechModel, kind: Kind, load: Load, prompt: Callable[[], Tensor]) -> Arrays:
    """Pack talker and code predictor; each layer is let go of once it is packed.

    With int4 the rounding is measured on the scores of codes, after `prompt` [P, H] and on random codes, and what errs
    most stays in int8.

    Raises: ConfigError for sizes that the kernels do not take
    """
    talker, predictor = speech.talker, speech.predictor
    shapes = shape_of(talker.model.config), shape_of(predictor.model.config)
    load("talker.codec_head.")
    load("predictor.heads")
    layers = (
        _layers(talker.model, "talker.model", load),
        _layers(predictor.model, "predictor.model", load),
    )
    if kind == "int4":
        talker_weights, measured = pack_measured(talker.model, layers[0], prompt()[None], talker.logits)
        log.info("int4, talker: %s", measured)
        frames = _frames(predictor, talker.codec_embedding)
        predictor_weights, measured = pack_measured(predictor.model, layers[1], frames, partial(_scores, predictor))
        log.info("int4, code predictor: %s", measured)
    else:
        talker_weights, predictor_weights = (
            DecoderWeights.pack(shape, _arrays(stack.config, found), array_of(stack.norm.weight), kind, arena=Arena())
            for shape, stack, found in zip(shapes, (talker.model, predictor.model), layers, strict=True)
        )
    arena = Arena()
    arrays = _below("talker", talker_weights.arrays()) | _below("predictor", predictor_weights.arrays())
    arrays |= _below(
        "codec_head", QuantizedMatrix.pack(array_of(talker.codec_head.weight), HEADS[kind], arena=arena).arrays()
    )
    for index, head in enumerate(predictor.heads):
        arrays |= _below(f"heads.{index}", QuantizedMatrix.pack(array_of(head), HEADS[kind], arena=arena).arrays())
    if not isinstance(predictor.projection, nn.Identity):
        packed = QuantizedMatrix.pack(array_of(predictor.projection.weight), HEADS[kind], arena=arena)  # type: ignore[arg-type]
        arrays |= _below("projection", packed.arrays())
    return arrays


def use_packed_speech(speech: SpeechModel, arrays: Mapping[str, NDArray[Any]], lanes: Lanes) -> None:
    """Put a model's talker and code predictor on the kernels, in place.

    Raises: AssetError where the kernels were not compiled; ConfigError for sizes that they do not take
    """
    talker, predictor = speech.talker, speech.predictor
    config = talker.model.config
    layers = DecoderWeights.from_arrays(shape_of(config), _inside("talker", arrays))
    talker.model = NativeStack(config, layers, lambda: lanes.speech)  # type: ignore[assignment]
    head = QuantizedMatrix.from_arrays(_inside("codec_head", arrays))
    talker.codec_head = NativeLinear(head, lambda: lanes.speech)  # type: ignore[assignment]
    replace_linears(
        talker.text_projection, lambda linear: NativeLinear.unrounded(linear.weight, linear.bias, lambda: lanes.speech)
    )
    decoder = DecoderWeights.from_arrays(shape_of(predictor.model.config), _inside("predictor", arrays))
    heads = tuple(QuantizedMatrix.from_arrays(_inside(f"heads.{index}", arrays)) for index in range(predictor.rest))
    projection, bias = None, None
    if not isinstance(predictor.projection, nn.Identity):
        projection = QuantizedMatrix.from_arrays(_inside("projection", arrays))
        bias = predictor.projection.bias.float().numpy()  # type: ignore[operator]
    tables = tuple(array_of(table) for table in predictor.embeddings)
    weights = PredictorWeights(decoder, heads, tables, projection, bias)
    speech.predictor = NativeCodePredictor(weights, predictor.embeddings.data, lambda: lanes.speech)  # type: ignore[assignment]


def pack_codec(decoder: CodecDecoder, config: CodecDecoderConfig, load: Load, *, words: bool) -> Arrays:
    """Pack the codec's convolutions, and its transformer where its sizes fill vectors, as those of the release do.

    `words`: round the convolutions to 16 bits.
    """
    for prefix in CODEC_PACKED:
        load(prefix)
    tensors = {
        name: weight.detach().float().numpy()
        for name, weight in decoder.named_parameters()
        if name.startswith(("upsample.", "decoder."))
    }
    arrays: Arrays = {}
    for index, stage in enumerate(decoder_stages(tensors, config.upsample, config.rates, Arena(), words=words)):
        arrays |= _below(f"stages.{index}", stage.arrays())
    transformer = decoder.pre_transformer
    if (shape := _shape_on_kernels(transformer.config)) is not None:
        layers = _arrays(transformer.config, _layers(transformer, "", lambda prefix: None))
        packed = DecoderWeights.pack(shape, layers, array_of(transformer.norm.weight), "float32", arena=Arena())
        arrays |= _below("transformer", packed.arrays())
    return arrays


def use_packed_codec(
    decoder: CodecDecoder, arrays: Mapping[str, NDArray[Any]], load: Load, lanes: Lanes
) -> NativeCodecDecoder:
    """The decoder on the kernels. Raises: AssetError where the kernels were not compiled"""
    count = len({name.split(".")[1] for name in arrays if name.startswith("stages.")})
    stages = tuple(NativeStage.from_arrays(_inside(f"stages.{index}", arrays)) for index in range(count))
    transformer: DecoderStack | NativeStack = decoder.pre_transformer
    if (shape := _shape_on_kernels(transformer.config)) is not None:
        weights = DecoderWeights.from_arrays(shape, _inside("transformer", arrays))
        transformer = NativeStack(transformer.config, weights, lambda: lanes.codec)
    elif any(parameter.is_meta for parameter in decoder.pre_transformer.parameters()):
        load("decoder.pre_transformer.layers.")
    return NativeCodecDecoder(decoder, stages, transformer, lanes)


def _below(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def _inside(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    start = f"{prefix}."
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def _frames(predictor: CodePredictor, codec_embedding: Tensor) -> Tensor:
    """What the code predictor takes for some frames of random codes, with a code 0's embedding for the talker's state.

    Shapes: -> [TRIAL_FRAMES, K, H]
    """
    generator = torch.Generator().manual_seed(0)
    first = torch.randint(predictor.vocab, (2, TRIAL_FRAMES), generator=generator)
    rest = torch.randint(predictor.vocab, (predictor.rest - 1, TRIAL_FRAMES), generator=generator)
    embedded = [codec_embedding[ids].float() for ids in first]
    embedded += [table[ids].float() for table, ids in zip(predictor.embeddings, rest, strict=False)]
    out: Tensor = predictor.projection(torch.stack(embedded, dim=1))
    return out


def _scores(predictor: CodePredictor, hidden: Tensor) -> Tensor:
    """Scores of codes 1 to K - 1. Shapes: hidden [B, K, H] -> [B, K - 1, V]"""
    return torch.einsum("bkh,kvh->bkv", hidden[:, 1:], predictor.heads.float())


def _shape_on_kernels(config: DecoderConfig) -> DecoderShape | None:
    try:
        return shape_of(config)
    except ConfigError:
        return None


def _layers(stack: DecoderStack, name: str, load: Load) -> Iterator[DecoderLayer]:
    """A stack's layers, each loaded when its turn comes, and let go of after it."""
    for index, layer in enumerate(stack.layers):
        load(f"{name}.layers.{index}.")
        yield layer  # type: ignore[misc]
        stack.layers[index] = nn.Identity()


def _arrays(config: DecoderConfig, layers: Iterator[DecoderLayer]) -> Iterator[LayerArrays]:
    return (layer_arrays(config, layer) for layer in layers)
