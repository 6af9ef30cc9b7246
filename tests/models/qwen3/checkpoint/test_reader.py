"""Weights: the names and shapes of the release, and what is said of files that do not fit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from makima.errors import AssetError
from makima.models.qwen3.checkpoint.layout import unused_tensors
from makima.models.qwen3.checkpoint.random_checkpoint import shapes_of, write_random_checkpoint
from makima.models.qwen3.checkpoint.reader import WeightFiles
from makima.models.qwen3.codec.config import read_codec_config
from makima.models.qwen3.config import read_model_config
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.parts import build
from tests.models.qwen3.conftest import Checkpoint
from tests.support.models.qwen3 import GOLDEN, KINDS, assemble

Tensors = dict[str, Tensor]
NORM = "talker.model.norm.weight"


def listed(path: Path) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in json.loads(path.read_text()).items()}


def test_the_released_names_and_shapes(tmp_path: Path) -> None:
    (tmp_path / "speech_tokenizer").mkdir()
    (tmp_path / "config.json").write_text((GOLDEN / "released" / "config.json").read_text())
    (tmp_path / "speech_tokenizer" / "config.json").write_text((GOLDEN / "released" / "codec.json").read_text())
    codec_config = read_codec_config(tmp_path)
    speech, codec = build(read_model_config(tmp_path), codec_config)
    wanted = json.loads((GOLDEN / "released" / "tensors.json").read_text())
    for file, found in (
        ("model.safetensors", shapes_of(speech, {})),
        ("speech_tokenizer/model.safetensors", shapes_of(codec, unused_tensors(codec_config))),
    ):
        assert found == {name: tuple(shape) for name, shape in wanted[file].items()}


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_shapes_of_each_kind(checkpoint: Checkpoint, kind: str) -> None:
    folder = checkpoint(kind)
    speech, _ = build(read_model_config(folder), read_codec_config(folder))
    assert shapes_of(speech, {}) == listed(GOLDEN / kind / "tensors.json")


def remove(tensors: Tensors) -> None:
    del tensors[NORM]


def add(tensors: Tensors) -> None:
    tensors["talker.model.surprise"] = torch.zeros(3)


def misshape(tensors: Tensors) -> None:
    tensors[NORM] = tensors[NORM][:-1].clone()


def misshape_a_part(tensors: Tensors) -> None:
    name = "talker.model.layers.1.self_attn.k_proj.weight"
    tensors[name] = tensors[name][:-1].clone()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (remove, f"The tensor {NORM} of shape [64] is missing"),
        (add, "There is a tensor talker.model.surprise too many"),
        (misshape, f"The tensor {NORM} is of shape [63] and should be [64]"),
        (misshape_a_part, "layers.1.self_attn.k_proj.weight is of shape [31, 64] and should be [32, 64]"),
    ],
    ids=["missing", "extra", "misshapen", "misshapen part"],
)
def test_a_tensor_that_does_not_fit_is_named(tmp_path: Path, edit: Callable[[Tensors], None], said: str) -> None:
    path = assemble("base", tmp_path) / "model.safetensors"
    tensors = load_file(path)
    edit(tensors)
    save_file(tensors, path)
    with pytest.raises(AssetError) as caught:
        load_model(tmp_path)
    assert said in str(caught.value)
    assert caught.value.asset == str(path)
    assert "makima models pull" in str(caught.value)


@pytest.mark.parametrize("file", ["model.safetensors", "speech_tokenizer/model.safetensors"])
@pytest.mark.parametrize("kept", [0.5, 0.0, 0.99999], ids=["half", "nothing", "nearly all"])
def test_a_truncated_file_is_named(tmp_path: Path, file: str, kept: float) -> None:
    path = assemble("base", tmp_path) / file
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(AssetError) as caught:
        load_model(tmp_path)
    assert caught.value.asset == str(path)
    assert "cut short" in str(caught.value)


def test_something_else_under_the_name(tmp_path: Path) -> None:
    path = assemble("base", tmp_path) / "model.safetensors"
    path.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(AssetError, match="not in safetensors format"):
        load_model(tmp_path)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "vocab.json", "speech_tokenizer/config.json"])
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    path = assemble("base", tmp_path) / file
    path.unlink()
    with pytest.raises(AssetError) as caught:
        load_model(tmp_path)
    assert str(caught.value).startswith(f"{path}: There is no such file.")


def test_wrong_folders(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="no such folder"):
        load_model(tmp_path / "nowhere")
    with pytest.raises(AssetError, match=r"config\.json: There is no such file"):
        load_model(tmp_path)


def test_a_checkpoint_in_parts(tmp_path: Path, checkpoint: Checkpoint) -> None:
    path = assemble("base", tmp_path) / "model.safetensors"
    tensors = load_file(path)
    path.unlink()
    where = {name: f"model-{index % 2 + 1:05}-of-00002.safetensors" for index, name in enumerate(tensors)}
    for file in set(where.values()):
        save_file({name: tensors[name] for name in tensors if where[name] == file}, tmp_path / file)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    found, wanted = load_model(tmp_path), load_model(checkpoint("base"))
    for (_, ours), (name, theirs) in zip(
        found.talker.named_parameters(), wanted.talker.named_parameters(), strict=True
    ):
        assert torch.equal(ours, theirs), name


def test_a_broken_index_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(AssetError, match=r"index\.json"):
        WeightFiles(tmp_path)


def test_no_module_needs_gradients(checkpoint: Checkpoint) -> None:
    model = load_model(checkpoint("base"))
    for module in (model.talker, model.predictor, model.decoder, model.encoder, model.speaker_encoder):
        assert module is not None
        assert not any(parameter.requires_grad or parameter.is_meta for parameter in module.parameters())


MEASURE = """
import sys, threading, time
import torch
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS

def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

before, peak, done = resident_bytes(), 0, False
def watch():
    global peak
    while not done:
        peak = max(peak, resident_bytes())
        time.sleep(0.001)
thread = threading.Thread(target=watch)
thread.start()
model = load_model(sys.argv[1])
done = True
thread.join()
parts = (model.talker, model.predictor, model.decoder, model.encoder, model.speaker_encoder)
print((peak - before) / sum(p.nbytes for part in parts for p in part.parameters()))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_of_the_released_size(tmp_path: Path) -> None:
    write_random_checkpoint(tmp_path, "0.6b")
    done = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.3


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="maps are found by /proc")
def test_nothing_stays_mapped(tmp_path: Path) -> None:
    write_random_checkpoint(tmp_path)
    model = load_model(tmp_path)
    assert str(tmp_path) not in Path("/proc/self/maps").read_text()
    whole = load_file(tmp_path / "model.safetensors")["talker.model.text_embedding.weight"]
    assert torch.equal(model.talker.text_embedding.float(), whole.float())
