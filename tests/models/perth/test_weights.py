"""Reading the weights, and refusing what is none."""

from __future__ import annotations

import pickle
import re
import zipfile
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
import torch

from makima import installation
from makima.errors import AssetError
from makima.models.perth import weights
from makima.models.perth.weights import read_weights


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the weights are looked for."""
    spec = ModuleSpec("perth", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(weights, "find_spec", lambda _: spec)
    folder = tmp_path / "perth_net" / "pretrained" / "implicit"
    folder.mkdir(parents=True)
    return folder


def test_tensors_are_read_as_pytorch_reads_them(folder: Path) -> None:
    whole = torch.arange(24.0).reshape(2, 3, 4)
    saved = {"model": {"a.weight": whole, "b": whole[1, 2], "c": torch.zeros(0)}, "step": 7}
    torch.save(saved, folder / "net_7.pth.tar")
    read = read_weights()
    assert set(read) == {"a.weight", "b", "c"}
    for name, tensor in saved["model"].items():  # type: ignore[attr-defined]
        np.testing.assert_array_equal(read[name], tensor.numpy())


def test_the_latest_is_taken(folder: Path) -> None:
    for step in (1, 2):
        torch.save({"model": {"a": torch.full((1,), float(step))}}, folder / f"net_{step:06}.pth.tar")
    assert read_weights()["a"] == 2


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    assert not weights.installed()
    with pytest.raises(AssetError, match=re.escape(installation.install("watermark"))):
        read_weights()


def test_nothing_in_it(folder: Path) -> None:
    with pytest.raises(AssetError, match="There are no weights") as caught:
        read_weights()
    assert caught.value.asset == str(folder)


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("caught",)


@pytest.mark.parametrize("content", [b"", b"no archive", pickle.dumps({})])
def test_broken(folder: Path, content: bytes) -> None:
    (folder / "net.pth.tar").write_bytes(content)
    with pytest.raises(AssetError, match=r"net\.pth\.tar.*cannot be read.*pip install"):
        read_weights()


def test_a_file_cannot_run_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(folder / "net.pth.tar", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"model": Trap()}))
    with pytest.raises(AssetError, match="does not belong there"):
        read_weights()
    assert "caught" not in capsys.readouterr().out
