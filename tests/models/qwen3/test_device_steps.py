"""What is recorded as a graph never waits for the host: run without any numbers, which nothing could be read from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from makima.models.qwen3.checkpoint.release import codec_json, model_json
from makima.models.qwen3.codec.config import read_codec_config
from makima.models.qwen3.config import read_model_config
from makima.models.qwen3.generation import FrameGenerator, GenerationState
from makima.models.qwen3.parts import CodecModel, SpeechModel, build
from makima.models.qwen3.sampling import Sampling
from tests.models.qwen3.conftest import Checkpoint

META = torch.device("meta")
WAITING = ("_local_scalar_dense", "is_nonzero", "nonzero", "item", "equal", "masked_select", "unique")
SLOTS = 4
GIB = 2**30


class DeviceOnly(TorchDispatchMode):
    """Refuses operations that wait for a device, and tensors that are not on it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        assert func.name().removeprefix("aten::").partition(".")[0] not in WAITING, f"{func} waits for the device"
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves((args, kwargs, made)):
            if isinstance(tensor, Tensor):
                assert tensor.device == META, f"{func} has a tensor on the host"
        self.operations += 1
        return made


@pytest.fixture(scope="module")
def parts(checkpoint: Checkpoint) -> tuple[SpeechModel, CodecModel]:
    folder = checkpoint("wide")
    return build(read_model_config(folder), read_codec_config(folder))


@pytest.fixture
def generator(parts: tuple[SpeechModel, CodecModel]) -> FrameGenerator:
    return FrameGenerator(parts[0].talker, parts[0].predictor)


@pytest.fixture
def state(generator: FrameGenerator) -> GenerationState:
    state = generator.init_state(SLOTS, 64)
    state.sampler.set(0, Sampling(seed=1, top_p=0.5), generator.vocab, generator.predictor_vocab)
    return state


def mask() -> Tensor:
    return torch.ones(SLOTS, dtype=torch.bool, device=META)


def test_choosing_a_frame(generator: FrameGenerator, state: GenerationState) -> None:
    assert state.sampler.talker.depth > 0
    with torch.inference_mode(), DeviceOnly() as mode:
        told = generator.choose_frame(state, mask(), mask())
    assert told.shape == (SLOTS, 2 + generator.predictor.rest + 1)
    assert mode.operations > 0


def test_the_talkers_step(generator: FrameGenerator, state: GenerationState) -> None:
    with torch.inference_mode(), DeviceOnly() as mode:
        generator.advance(state, torch.empty_like(state.said), mask())
    assert mode.operations > 0


def test_the_codecs_frame(parts: tuple[SpeechModel, CodecModel]) -> None:
    decoder = parts[1].decoder
    state = decoder.init_state(SLOTS)
    codes = torch.empty(SLOTS, 16, 1, dtype=torch.int64, device=META)
    with torch.inference_mode(), DeviceOnly() as mode:
        decoder(codes, state, mask())
    assert mode.operations > 0


@pytest.mark.parametrize(
    "waits",
    [
        lambda x: x.sum().item(),
        lambda x: x.nonzero(),
        lambda x: bool(x.any()),
        lambda x: x[x > 0],
        lambda x: x.cpu(),
        lambda x: x * torch.tensor(2.0),
        lambda x: x + torch.arange(3),
    ],
    ids=["item", "nonzero", "bool", "index by mask", "transfer", "number of the host", "tensor of the host"],
)
def test_what_waits_is_found(waits: Callable[[Tensor], object]) -> None:
    with pytest.raises((AssertionError, RuntimeError, NotImplementedError)), DeviceOnly():
        waits(torch.empty(3, device=META))


def test_ten_streams_of_the_released_size_leave_room_below_4_gb(tmp_path: Path) -> None:
    """What is kept on a GPU between frames: weights and the states of ten slots. Graphs and CUDA itself come on top."""
    (tmp_path / "speech_tokenizer").mkdir()
    ids = dict.fromkeys(("assistant", "im_start", "im_end", "tts_pad", "tts_bos", "tts_eos"), 1)
    (tmp_path / "config.json").write_text(json.dumps(model_json("0.6b", "base", ids, 151936)))
    (tmp_path / "speech_tokenizer" / "config.json").write_text(json.dumps(codec_json("0.6b")))
    speech, codec = build(read_model_config(tmp_path), read_codec_config(tmp_path))
    text = speech.talker.text_embedding  # which stays on the host
    speech.to(torch.bfloat16)
    assert speech.speaker_encoder is not None
    speech.speaker_encoder.float()
    codec.float()
    weights = sum(_bytes(each) for part in (speech, codec) for each in part.parameters()) - 2 * text.numel()
    states = FrameGenerator(speech.talker, speech.predictor).init_state(10, 1024), codec.decoder.init_state(10)
    kept = sum(_bytes(each) for state in states for each in state.tensors())
    assert weights / GIB == pytest.approx(1.74, rel=0.02)
    assert kept / GIB == pytest.approx(1.15, rel=0.02)
    assert (weights + kept) / GIB < 3


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
