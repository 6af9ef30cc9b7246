"""Small ONNX graphs with the interface of Chatterbox Turbo, driven to tokens that can be worked out beside them.

Text is read byte by byte. After it, `Plan.length` tokens follow, each worked out from all that the graph has been given
so far, by way of every tensor of its past: a past that is lost, or handed back under another name, gives other tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

from makima.engines.chatterbox import ChatterboxEngine
from makima.events import Samples
from makima.models.chatterbox.layout import GRAPHS, data_path, graph_path
from makima.models.chatterbox.model import CLOSING_SILENCE_TOKENS, SAMPLE_RATE_HZ, SILENCE, STOP
from tests.support.models.checkpoints import hum, write_voice

VOCAB = 6563
FIRST_SOUND = 300
"""Tokens from here on are sounds; below, bytes of text."""
SOUNDS = 6000
TOKEN_SAMPLES = 960
PROMPT_TOKENS = 5
COND_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What the graphs are like, and how they speak: a number of tokens for each byte of text, and a few more.

    `peak` is how much the token that was worked out is preferred: a small one leaves room for chance.
    """

    layers: int = 2
    heads: int = 2
    width: int = 3
    past_name: str = "past_key_values.{}.{}"
    present_name: str = "present.{}.{}"
    past_type: int = TensorProto.FLOAT
    open_sizes: bool = False
    tokens_per_byte: float = 0.25
    extra_tokens: int = 6
    peak: float = 40.0

    @property
    def hidden(self) -> int:
        return self.heads * self.width

    def length(self, text_bytes: int) -> int:
        """How many tokens follow a text."""
        return int(self.tokens_per_byte * text_bytes) + self.extra_tokens

    def token(self, text: bytes, said: Sequence[int], timbre: int) -> int:
        """What comes after `text` and the tokens `said`, in a voice: as the graph works it out."""
        if len(said) >= self.length(len(text)):
            return STOP
        # Each tensor of the past holds the sum of the ids; that of the n-th counts n times, so none is another.
        values = COND_FRAMES * timbre + sum(text) + sum(said)
        weights = sum(range(1, 2 * self.layers + 1))
        return FIRST_SOUND + (values * weights + 17 * (len(text) + len(said))) % SOUNDS

    def tokens(self, text: str, timbre: int) -> list[int]:
        """All of them, the end left out."""
        said: list[int] = []
        while (token := self.token(text.encode(), said, timbre)) != STOP:
            said.append(token)
        return said


def timbre_of(samples: Samples) -> int:
    """What the speech encoder makes of a recording: its mean level, in thousandths."""
    return int(np.floor(np.abs(samples).mean(dtype=np.float32) * np.float32(1000)))


def audio_of(tokens: Sequence[int], timbre: int) -> Samples:
    """What the decoder makes of tokens: a tone each, and silence at the end."""
    closed = np.array([*tokens, *[SILENCE] * CLOSING_SILENCE_TOKENS])
    pitch_hz = 100.0 + closed % 500 + timbre
    time_s = np.arange(TOKEN_SAMPLES) / SAMPLE_RATE_HZ
    tones = 0.3 * np.sin(2 * np.pi * pitch_hz[:, None] * time_s) * (closed != SILENCE)[:, None]
    return np.asarray(tones.reshape(-1), np.float32)


def write_release(folder: Path, plan: Plan | None = None, suffix: str = "_q4", *, external: bool = False) -> Path:
    """A release in `folder`; with `external` its weights lie beside the graphs, as the real ones do."""
    plan = plan or Plan()
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    makers = (_speech_encoder, _embed_tokens, _language_model, _conditional_decoder)
    for name, make in zip(GRAPHS, makers, strict=True):
        path = graph_path(folder, name, suffix)
        onnx.save_model(
            make(plan),
            path,
            save_as_external_data=external,
            location=data_path(path).name,
            size_threshold=256,  # what shapes are worked out from has to stay in the graph
        )
        if external:
            data_path(path).touch()
    _write_tokenizer(folder / "tokenizer.json")
    return folder


def make_home(folder: Path, plan: Plan | None = None) -> Path:
    """A folder with a release and two voices, `makima` and `hummer`; made once."""
    if not folder.exists():
        write_release(folder / "release", plan)
        write_voice(folder / "voices", "makima", hum(1.0, 220.0), "Hum.")
        write_voice(folder / "voices", "hummer", 0.5 * hum())
    return folder


def engine_at(folder: Path, **options: Any) -> ChatterboxEngine:
    """An engine over what is in the folder of `make_home`."""
    return ChatterboxEngine(str(folder / "release"), "cpu", folder / "voices", **{"threads": 1, **options})


class _Graph:
    """Collects the nodes of a graph. `add` gives the name of its output."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def last(self, value: str, axis: int) -> str:
        """The last entry along an axis."""
        return self.add("Gather", value, self.constant(-1, np.int64), axis=axis)

    def model(self, inputs: list[Any], outputs: list[Any]) -> onnx.ModelProto:
        graph = helper.make_graph(self._nodes, "graph", inputs, outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        return model


def _port(name: str, kind: int, *shape: int | str) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def _speech_encoder(plan: Plan) -> onnx.ModelProto:
    graph = _Graph()
    level = graph.add("ReduceMean", graph.add("Abs", "audio_values"), axes=[0, 1], keepdims=0)
    timbre = graph.add("Floor", graph.add("Mul", level, graph.constant(1000.0)))
    frame = np.zeros((1, COND_FRAMES, plan.hidden))
    frame[:, :, 0] = 1
    graph.add("Mul", graph.constant(frame), timbre, output="audio_features")
    tokens = np.arange(FIRST_SOUND, FIRST_SOUND + PROMPT_TOKENS)[None]
    graph.add("Identity", graph.constant(tokens, np.int64), output="audio_tokens")
    graph.add("Mul", graph.constant(np.ones((1, 4))), timbre, output="speaker_embeddings")
    graph.add("Mul", graph.constant(np.ones((1, 10, 80))), timbre, output="speaker_features")
    return graph.model(
        [_port("audio_values", TensorProto.FLOAT, 1, "samples")],
        [
            _port("audio_features", TensorProto.FLOAT, 1, COND_FRAMES, plan.hidden),
            _port("audio_tokens", TensorProto.INT64, 1, PROMPT_TOKENS),
            _port("speaker_embeddings", TensorProto.FLOAT, 1, 4),
            _port("speaker_features", TensorProto.FLOAT, 1, 10, 80),
        ],
    )


def _embed_tokens(plan: Plan) -> onnx.ModelProto:
    """Of each id: itself, whether it is a byte, and whether it is a sound."""
    table: NDArray[np.float32] = np.zeros((VOCAB, plan.hidden), np.float32)
    table[:, 0] = np.arange(VOCAB)
    table[:FIRST_SOUND, 1] = 1
    table[FIRST_SOUND:, 2] = 1
    graph = _Graph()
    graph.add("Gather", graph.constant(table), "input_ids", output="inputs_embeds", axis=0)
    return graph.model(
        [_port("input_ids", TensorProto.INT64, 1, "length")],
        [_port("inputs_embeds", TensorProto.FLOAT, 1, "length", plan.hidden)],
    )


def _language_model(plan: Plan) -> onnx.ModelProto:
    graph = _Graph()
    sizes = ("batch", "heads", "past", "width") if plan.open_sizes else (1, plan.heads, "past", plan.width)
    inputs = [
        _port("inputs_embeds", TensorProto.FLOAT, 1, "length", plan.hidden),
        _port("attention_mask", TensorProto.INT64, 1, "total"),
        _port("position_ids", TensorProto.INT64, 1, "length"),
    ]
    outputs = [_port("logits", TensorProto.FLOAT, 1, 1, VOCAB)]
    split = graph.add("Reshape", "inputs_embeds", graph.constant([1, -1, plan.heads, plan.width], np.int64))
    heads = graph.add("Cast", graph.add("Transpose", split, perm=[0, 2, 1, 3]), to=plan.past_type)
    total, counts = "", ""
    for place in range(2 * plan.layers):
        names = place // 2, ("key", "value")[place % 2]
        past, present = plan.past_name.format(*names), plan.present_name.format(*names)
        inputs.append(_port(past, plan.past_type, *sizes))
        outputs.append(_port(present, plan.past_type, *sizes[:2], "total", sizes[3]))
        graph.add("Concat", past, heads, output=present, axis=2)
        summed = graph.add("ReduceSum", graph.add("Cast", present, to=TensorProto.FLOAT), graph.constant([2], np.int64))
        flat = graph.add("Reshape", summed, graph.constant([plan.hidden], np.int64))
        counts = counts or flat
        ids = graph.add("Gather", flat, graph.constant(0, np.int64))
        counted = graph.add("Mul", ids, graph.constant(place + 1.0))
        total = graph.add("Add", total, counted) if total else counted
    whole = graph.add("Cast", total, to=TensorProto.INT64)
    text, sounds = (graph.add("Gather", counts, graph.constant(place, np.int64)) for place in (1, 2))
    token = _next_token(graph, whole, graph.add("Cast", graph.add("Add", text, sounds), to=TensorProto.INT64))
    # What the mask and the last position say must be what the past holds, or else every token is another one.
    masked = graph.add("ReduceSum", "attention_mask", keepdims=0)
    position = graph.add("Squeeze", graph.last("position_ids", 1))
    held = graph.add("Gather", graph.add("Shape", plan.present_name.format(0, "key")), graph.constant(2, np.int64))
    off = graph.add("Sub", graph.add("Sub", graph.add("Add", masked, position), held), held)
    off = graph.add("Add", off, graph.constant(1, np.int64))
    token = graph.add("Add", token, off)
    length = graph.add("Floor", graph.add("Mul", text, graph.constant(plan.tokens_per_byte)))
    length = graph.add("Add", length, graph.constant(float(plan.extra_tokens)))
    over = graph.add("GreaterOrEqual", sounds, length)
    chosen = graph.add("Where", over, graph.constant(STOP, np.int64), token)
    chosen = graph.add("Reshape", chosen, graph.constant([1], np.int64))  # as OneHot asks
    peak = graph.add("Where", over, graph.constant(60.0), graph.constant(plan.peak))
    one_hot = graph.add("OneHot", chosen, graph.constant(VOCAB, np.int64), graph.constant([0.0, 1.0]), axis=-1)
    graph.add("Reshape", graph.add("Mul", one_hot, peak), graph.constant([1, 1, VOCAB], np.int64), output="logits")
    return graph.model(inputs, outputs)


def _next_token(graph: _Graph, ids: str, count: str) -> str:
    mixed = graph.add("Add", ids, graph.add("Mul", count, graph.constant(17, np.int64)))
    return graph.add(
        "Add", graph.add("Mod", mixed, graph.constant(SOUNDS, np.int64)), graph.constant(FIRST_SOUND, np.int64)
    )


def _conditional_decoder(plan: Plan) -> onnx.ModelProto:
    del plan
    graph = _Graph()
    starts, ends, axes = (graph.constant([value], np.int64) for value in (PROMPT_TOKENS, 2**31 - 1, 1))
    tokens = graph.add("Slice", "speech_tokens", starts, ends, axes)
    timbre = graph.add("ReduceMean", "speaker_embeddings", axes=[0, 1], keepdims=0)
    steps = graph.add("Cast", graph.add("Mod", tokens, graph.constant(500, np.int64)), to=TensorProto.DOUBLE)
    offset = graph.add("Cast", graph.add("Add", timbre, graph.constant(100.0)), to=TensorProto.DOUBLE)
    pitch = graph.add("Unsqueeze", graph.add("Add", steps, offset), graph.constant([2], np.int64))
    turn = 2 * np.pi * np.arange(TOKEN_SAMPLES) / SAMPLE_RATE_HZ
    phase = graph.add("Mul", pitch, graph.constant(turn[None, None], np.float64))
    tones = graph.add("Sin", graph.add("Cast", phase, to=TensorProto.FLOAT))
    # The features are looked at too: they say the same as the embeddings, so that their quotient is one.
    level = graph.add("ReduceMean", "speaker_features", axes=[0, 1, 2], keepdims=0)
    loudness = graph.add("Mul", graph.add("Div", level, timbre), graph.constant(0.3))
    silent = graph.add("Equal", tokens, graph.constant(SILENCE, np.int64))
    gain = graph.add("Where", silent, graph.constant(0.0), loudness)
    audio = graph.add("Mul", tones, graph.add("Unsqueeze", gain, graph.constant([2], np.int64)))
    graph.add("Reshape", audio, graph.constant([1, -1], np.int64), output="waveform")
    return graph.model(
        [
            _port("speech_tokens", TensorProto.INT64, 1, "tokens"),
            _port("speaker_embeddings", TensorProto.FLOAT, 1, 4),
            _port("speaker_features", TensorProto.FLOAT, 1, "frames", 80),
        ],
        [_port("waveform", TensorProto.FLOAT, 1, "samples")],
    )


def _write_tokenizer(path: Path) -> None:
    alphabet = {letter: place for place, letter in enumerate(_byte_letters())}
    tokenizer = Tokenizer(BPE(alphabet, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(path))


def _byte_letters() -> list[str]:
    """How byte-level tokenizers write the 256 bytes: those with a printed form as they are, the others from U+0100."""
    printed = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = (chr(256 + place) for place in range(256))
    return [chr(byte) if byte in printed else next(others) for byte in range(256)]
