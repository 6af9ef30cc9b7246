"""Reading a checkpoint's own account of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makima.errors import AssetError
from makima.models.qwen3.checkpoint.release import codec_json
from makima.models.qwen3.codec.config import read_codec_config
from makima.models.qwen3.config import read_model_config
from tests.models.qwen3.conftest import Checkpoint
from tests.support.models.qwen3 import GOLDEN, assemble

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def released(tmp_path: Path) -> Path:
    (tmp_path / "speech_tokenizer").mkdir()
    (tmp_path / "config.json").write_text((GOLDEN / "released" / "config.json").read_text())
    (tmp_path / "speech_tokenizer" / "config.json").write_text((GOLDEN / "released" / "codec.json").read_text())
    return tmp_path


def test_the_released_model(released: Path) -> None:
    config = read_model_config(released)
    talker, predictor = config.talker, config.predictor
    assert (config.kind, config.size) == ("base", "0b6")
    assert (talker.stack.width, talker.stack.layers, talker.stack.heads, talker.stack.kv_heads) == (1024, 28, 16, 8)
    assert (talker.vocab, talker.text_vocab, talker.text_width, talker.codebooks) == (3072, 151936, 2048, 16)
    assert (talker.ids.eos, talker.ids.bos, talker.ids.pad) == (2150, 2149, 2148)
    assert talker.languages["korean"] == 2064
    assert len(talker.languages) == 10
    assert (predictor.stack.layers, predictor.vocab) == (5, 2048)
    assert config.speaker_encoder is not None
    assert config.speaker_encoder.channels == (512, 512, 512, 512, 1536)


def test_the_released_codec(released: Path) -> None:
    config = read_codec_config(released)
    assert (config.sample_rate_hz, config.frame_samples) == (24000, 1920)
    assert (config.decoder.stack.window, config.decoder.quantizers, config.decoder.rates) == (72, 16, (8, 5, 4, 3))
    assert (config.encoder.quantizers, config.encoder.used, config.encoder.downsample) == (32, 16, 2)


def test_our_own_codec_configuration_says_the_same(released: Path, tmp_path: Path) -> None:
    wanted = read_codec_config(released)
    (tmp_path / "speech_tokenizer" / "config.json").write_text(json.dumps(codec_json("0.6b")))
    assert read_codec_config(tmp_path) == wanted


def test_a_custom_voice(checkpoint: Checkpoint) -> None:
    config = read_model_config(checkpoint("custom"))
    assert config.kind == "custom_voice"
    assert config.speaker_encoder is None
    assert set(config.talker.speakers) == {"ryan", "dylan"}
    assert config.talker.dialects == {"dylan": "beijing_dialect"}


def drop(key: str) -> Edit:
    return lambda data: data["talker_config"].pop(key)


def put(key: str, value: object) -> Edit:
    return lambda data: data["talker_config"].update({key: value})


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (drop("hidden_size"), "talker_config.hidden_size is missing"),
        (put("hidden_size", "wide"), "talker_config.hidden_size is 'wide'"),
        (put("use_sliding_window", True), "use_sliding_window is True, and only False is supported"),
        (put("hidden_act", "relu"), "talker_config.hidden_act is 'relu'"),
        (put("code_predictor_config", []), "talker_config.code_predictor_config"),
        (lambda data: data.update(model_type="qwen2"), "model_type is 'qwen2', and only 'qwen3_tts'"),
        (lambda data: data.update(tts_model_type="singing"), "tts_model_type is 'singing', and should be one of base"),
        (lambda data: data["speaker_encoder_config"].update(enc_channels=["a"]), "speaker_encoder_config.enc_channels"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, edit: Edit, said: str) -> None:
    path = assemble("base", tmp_path) / "config.json"
    data = json.loads(path.read_text())
    edit(data)
    path.write_text(json.dumps(data))
    with pytest.raises(AssetError) as caught:
        read_model_config(tmp_path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "makima models pull" in str(caught.value)


@pytest.mark.parametrize("content", [None, "{", "[]", b"\xff\xfe"])
def test_a_file_that_is_none(tmp_path: Path, content: str | bytes | None) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(AssetError, match=r"config\.json"):
        read_model_config(tmp_path)
