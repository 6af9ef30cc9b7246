"""Equality with the official package, through the facade."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

from makima.errors import ConfigError, InvalidAudio, InvalidMessage
from makima.events import Loading, Samples
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.prompt import VoicePrompt
from makima.models.qwen3.sampling import Sampling
from tests.models.qwen3.conftest import Checkpoint, Load
from tests.support.models.qwen3 import KINDS, Case, cases, described, difference, goldens

ALL = cases(*KINDS)
CLOSE = 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_token_ids(load: Load, kind: str) -> None:
    model, about = load(kind), described(kind)
    for index, text in enumerate(about["texts"]):
        assert model.assistant_ids(text) == goldens(kind)[f"text/{index}/ids"].tolist()
    assert model.reference_ids(about["ref_text"]) == goldens(kind)["text/ref/ids"].tolist()


@pytest.mark.parametrize("clip", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_mel(load: Load, kind: str, clip: int) -> None:
    golden = goldens(kind)
    assert difference(load(kind).mel(golden[f"audio/{clip}"]), golden[f"speaker/{clip}/mel"]) < CLOSE


@pytest.mark.parametrize("clip", [0, 1])
@pytest.mark.parametrize("kind", ["base", "wide"])
def test_speaker_embedding(load: Load, kind: str, clip: int) -> None:
    golden = goldens(kind)
    embedding = load(kind).speaker_embedding(golden[f"audio/{clip}"])
    assert difference(embedding, golden[f"speaker/{clip}/embedding"]) < CLOSE


@pytest.mark.parametrize("clip", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_codes_of_a_clip(load: Load, kind: str, clip: int) -> None:
    golden = goldens(kind)
    assert torch.equal(load(kind).encode_audio(golden[f"audio/{clip}"]), golden[f"codec/{clip}/codes"])


@pytest.mark.parametrize("case", ALL, ids=str)
def test_prompt(load: Load, case: Case) -> None:
    model = load(case.kind)
    embeds, trailing = model.talker_prompt(**case.prompt(model))
    assert difference(embeds, case.golden("prompt", "embeds")) < CLOSE
    assert difference(trailing, case.golden("prompt", "trailing")) < CLOSE
    assert difference(model.prompt_logits(embeds), case.golden("prompt", "logits")) < CLOSE


@pytest.mark.parametrize("case", ALL, ids=str)
def test_greedy_codes(load: Load, case: Case) -> None:
    model = load(case.kind)
    # The official loop chooses one frame more than it gives back.
    limit = described(case.kind)["frames"] - 1
    frames = list(model.generate(**case.prompt(model), sampling=Sampling.greedy(), max_frames=limit))
    assert torch.equal(torch.stack(frames), case.golden("generate", "codes"))


def test_arrays_are_as_good_as_tensors(base: Qwen3TTS) -> None:
    clip = goldens("base")["audio/0"]
    codes = base.encode_audio(clip.numpy())
    assert isinstance(codes, torch.Tensor)
    assert torch.equal(codes, base.encode_audio(clip))
    audio = base.decode_codes(codes.numpy())
    assert isinstance(audio, torch.Tensor)
    stream = base.decoder_stream(codes[:3].numpy())
    assert stream.push(codes[3:].numpy()).shape == audio[3 * 1920 :].shape
    assert torch.equal(base.speaker_embedding(clip.numpy()), base.speaker_embedding(clip))


def test_read_only_arrays(base: Qwen3TTS) -> None:
    clip = goldens("base")["audio/0"].numpy().astype(np.float64)
    clip.flags.writeable = False
    codes = base.encode_audio(clip)
    assert torch.equal(codes, goldens("base")["codec/0/codes"])
    voice = VoicePrompt(base.speaker_embedding(clip).numpy(), codes.numpy(), "Hello.")  # type: ignore[arg-type]
    wanted = base.clone_prompt(clip, "Hello.")
    embeds = [base.talker_prompt("Hello.", "Auto", given)[0] for given in (voice, wanted)]
    assert torch.equal(*embeds)


def test_any_clip_has_codes(base: Qwen3TTS) -> None:
    assert [len(base.encode_audio(np.zeros(count))) for count in (1, 1920, 1921)] == [1, 1, 2]


def test_a_voice_without_transcript_is_its_vector(base: Qwen3TTS) -> None:
    voice = base.clone_prompt(goldens("base")["audio/0"], None)
    assert voice.codes is None
    assert voice.transcript is None
    assert voice.speaker.shape == (64,)


def test_surface() -> None:
    generate = inspect.signature(Qwen3TTS.generate)
    names = ["self", "text", "language", "voice", "speaker", "instruct", "prefilled", "sampling", "max_frames"]
    assert list(generate.parameters) == names
    assert list(inspect.signature(Qwen3TTS.talker_prompt).parameters) == names[:7]
    load = inspect.signature(load_model).parameters
    assert list(load)[:4] == ["path", "device", "dtype", "quantize"]
    assert (load["device"].default, load["dtype"].default, load["quantize"].default) == ("cpu", torch.float32, None)


def test_unknown_quantization_is_refused() -> None:
    with pytest.raises(ConfigError, match="int3"):
        load_model("anywhere", quantize="int3")


@pytest.mark.parametrize("clip", [np.zeros(100, np.float32), np.zeros((2, 24000), np.float32)], ids=["short", "stereo"])
def test_a_clip_that_serves_nothing(base: Qwen3TTS, clip: Samples) -> None:
    with pytest.raises(InvalidAudio):
        base.speaker_embedding(clip)


def test_only_a_base_clones(load: Load) -> None:
    with pytest.raises(InvalidMessage, match="custom_voice"):
        load("custom").clone_prompt(goldens("custom")["audio/0"], None)


def test_loading_tells_how_far_it_is(checkpoint: Checkpoint) -> None:
    told: list[Loading] = []
    load_model(checkpoint("base"), on_loading=told.append)
    shares = [news.progress or 0.0 for news in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_bfloat16(checkpoint: Checkpoint) -> None:
    model = load_model(checkpoint("wide"), dtype=torch.bfloat16)
    case = cases("wide")[0]
    frames = list(model.generate(**case.prompt(model), sampling=Sampling.greedy(), max_frames=3))
    assert [frame.dtype for frame in frames] == [torch.int64] * 3
    assert model.decode_codes(torch.stack(frames)).dtype == torch.float32
