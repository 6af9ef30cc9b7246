"""Decoding beside the making of the next frame: the same audio, and voices that are primed once."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
import torch

from makima.engines.qwen3.runner import runner as runner_module
from makima.engines.qwen3.runner.codec_thread import CodecThread
from makima.engines.qwen3.runner.rows import Frame
from makima.engines.qwen3.runner.runner import Runner
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling
from makima.nn import native

if not native.available():
    pytest.skip(f"the kernels were not compiled: {native.why_not()}", allow_module_level=True)

TEXT = "The quick brown fox is jumping over the lazy dog."


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Qwen3TTS:
    return load_model(write_random_checkpoint(tmp_path_factory.mktemp("tiny"), "tiny"), quantize="int8")


def speak(runner: Runner, frames: int, *, ahead: bool, context: torch.Tensor | None = None) -> list[np.ndarray]:
    """Audio of two slots, one of which is begun three frames later."""
    embeds, _ = runner.model.talker_prompt(TEXT, "English")
    pieces: list[list[np.ndarray]] = [[], []]

    def heard(audio: dict[int, np.ndarray]) -> None:
        for slot, samples in audio.items():
            pieces[slot].append(samples)

    for slot in (0, 1):
        runner.free(slot)
    runner.begin(0, embeds, context, Sampling(seed=5))
    for step in range(frames):
        slots = [0] if step < 3 else [0, 1]
        chosen = runner.choose(slots, unfinished=slots)
        if ahead:
            heard(runner.finish_decoding())
        codes = {slot: frame.codes for slot, frame in chosen.items() if isinstance(frame, Frame)}
        if ahead:
            runner.start_decoding(codes)
        else:
            heard(runner.decode(codes))
        runner.advance(dict.fromkeys(slots))
        if step == 2:
            heard(runner.finish_decoding())
            runner.begin(1, embeds, context, Sampling(seed=6))
    heard(runner.finish_decoding())
    return [np.concatenate(each) for each in pieces]


@pytest.mark.skipif(not CodecThread.possible(), reason="there is one core")
@pytest.mark.parametrize("least", [1, 2])
def test_audio_is_the_same(model: Qwen3TTS, least: int) -> None:
    runner = Runner(model, 2, 256)
    assert runner.decodes_ahead
    runner._least_ahead = least
    for expected, found in zip(speak(runner, 20, ahead=False), speak(runner, 20, ahead=True), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.skipif(not CodecThread.possible(), reason="there is one core")
def test_what_goes_wrong_comes_out_where_the_audio_is_awaited(model: Qwen3TTS) -> None:
    runner = Runner(model, 2, 256)
    runner._least_ahead = 1
    runner.start_decoding({0: torch.full((16,), 10**6)})
    with pytest.raises(IndexError):
        runner.finish_decoding()
    assert runner.finish_decoding() == {}
    assert len(speak(runner, 5, ahead=True)[0]) == 5 * 1920


@pytest.mark.parametrize("quantize", [None, "int8"])
def test_a_voice_is_heard_once(model: Qwen3TTS, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quantize: str) -> None:
    if quantize is None:
        model = load_model(write_random_checkpoint(tmp_path / "tiny", "tiny"))
    runner = Runner(model, 2, 256)
    context = torch.randint(64, (30, 16), generator=torch.Generator().manual_seed(0))
    expected = speak(runner, 5, ahead=False, context=context.clone())
    first = speak(runner, 5, ahead=False, context=context)

    def run_again(*_: object) -> None:
        raise AssertionError("run again")

    monkeypatch.setattr(runner, "run_context", run_again)
    for audio in (first, speak(runner, 5, ahead=False, context=context)):
        for slot in (0, 1):
            np.testing.assert_array_equal(audio[slot], expected[slot])


@pytest.mark.parametrize("frames", [1, 5, 21, 30, 200])
def test_a_reference_heard_in_pieces_is_the_reference(model: Qwen3TTS, frames: int) -> None:
    runner = Runner(model, 1, 256)
    embeds, _ = runner.model.talker_prompt(TEXT, "English")
    context = torch.randint(64, (frames, 16), generator=torch.Generator().manual_seed(frames))
    runner.begin(0, embeds, None, Sampling(seed=1))
    pieces = runner.context_pieces(0, context)
    assert torch.equal(torch.cat([piece.codes for piece in pieces]), context)
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    for piece in pieces:
        runner.run_context(0, piece)
    codes = torch.randint(64, (4, 16), generator=torch.Generator().manual_seed(0))
    heard = np.concatenate([runner.decode({0: frame})[0] for frame in codes])
    np.testing.assert_array_equal(heard, model.decoder_stream(context).push(codes).numpy())


def test_what_nobody_holds_is_forgotten(model: Qwen3TTS) -> None:
    runner = Runner(model, 1, 256)
    embeds, _ = runner.model.talker_prompt(TEXT, "English")
    (codec,) = runner.codec_rows
    context = torch.randint(64, (30, 16))
    runner.begin(0, embeds, context, Sampling(seed=1))
    assert len(codec.codec_cache) == 1
    del context
    gc.collect()
    assert len(codec.codec_cache) == 0


def test_pytorch_has_one_thread_beside_the_kernels(model: Qwen3TTS, monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    seen: list[int] = []
    forward = type(model.talker).forward

    def watched(*args: object) -> torch.Tensor:
        seen.append(torch.get_num_threads())
        return forward(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(type(model.talker), "forward", watched)
    try:
        speak(Runner(model, 2, 256), 4, ahead=False)
        assert set(seen) == {1}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(("cores", "quantize", "fills"), [(2, "int8", True), (2, "int4", False), (4, "int8", False)])
def test_where_one_stream_waits_for_its_codec(
    cores: int, quantize: str, *, fills: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "usable_cores", lambda: cores)
    sized = load_model(write_random_checkpoint(tmp_path / "tiny", "tiny"), quantize=quantize)
    weights = sized.talker.model.weights
    monkeypatch.setattr(type(weights), "bits_per_weight", property(lambda _: 4.5 if quantize == "int4" else 8.1))
    assert runner_module._fills_the_memory(sized) is fills
