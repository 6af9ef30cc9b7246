"""The models of this machine, as the Models page shows and chooses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.cli.managed.choice import ModelChoice, load_choice
from makima.cli.managed.depot import LocalDepot
from makima.config import load_settings
from makima.engines.registry import EngineSpec
from makima.errors import AssetError, InvalidMessage
from makima.models import hub
from makima.models.assets.bundles import BUNDLES
from makima.server.access.administered import Item
from makima.stt.registry import RecognizerSpec


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalDepot:
    for spec in (EngineSpec, RecognizerSpec):  # to look for what is missing reads large files
        monkeypatch.setattr(spec, "problem", lambda *_: None)
    return LocalDepot(load_settings(cache_dir=tmp_path, data_dir=tmp_path, device="cpu"), "espeak", "pocketsphinx")


def item(depot: LocalDepot, name: str) -> Item:
    return next(item for item in depot.items() if item.name == name)


def test_the_models_of_this_machine(depot: LocalDepot) -> None:
    assert depot.machine().cores >= 1
    assert {item.name for item in depot.items()} == {*BUNDLES, *hub.MODELS}
    assert all(item.size_bytes > 0 and item.licence and item.summary for item in depot.items())
    assert {runner.name for runner in depot.runners() if runner.in_use} == {"espeak", "pocketsphinx"}
    with pytest.raises(InvalidMessage, match="There is no model"):
        depot.fetch("../../etc", lambda done, total: None)
    with pytest.raises(InvalidMessage, match="There is no model"):
        depot.remove("someone/else")


def test_it_is_told_whether_a_model_would_run(depot: LocalDepot) -> None:
    small, large = item(depot, "qwen3-tts-0.6b"), item(depot, "qwen3-tts-1.7b")
    assert small.factor is not None
    assert large.factor is not None
    assert 0 < small.factor < large.factor, "it takes longer the more weights there are to read"
    assert small.memory_bytes is not None
    assert small.memory_bytes < small.size_bytes, "8 bits are kept of each 16"
    assert (item(depot, "kokoro").factor, item(depot, "parakeet").factor) == (None, None)
    assert (depot.machine().free_bytes or 1) > 0


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("qwen3-tts-1.7b", ModelChoice("qwen3", hub.MODELS["qwen3-tts-1.7b"])),
        ("chatterbox-turbo", ModelChoice("chatterbox", hub.CHATTERBOX_ID)),
        ("kokoro", ModelChoice("kokoro")),
        ("parakeet", ModelChoice(recognizer="parakeet")),
        ("whisper", ModelChoice(recognizer="whisper")),
    ],
)
def test_what_is_chosen_is_kept(depot: LocalDepot, tmp_path: Path, name: str, chosen: ModelChoice) -> None:
    depot.choose(name)
    assert load_choice(tmp_path) == chosen


def test_an_engine_and_a_recogniser_are_chosen_apart(depot: LocalDepot, tmp_path: Path) -> None:
    depot.choose("kokoro")
    depot.choose("whisper")
    assert load_choice(tmp_path) == ModelChoice("kokoro", None, "whisper")


@pytest.mark.parametrize("name", ["smart-turn", "kokoro-voices", "nope"])
def test_what_only_helps_others_is_not_chosen(depot: LocalDepot, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidMessage, match="not chosen"):
        depot.choose(name)
    assert load_choice(tmp_path) == ModelChoice()


def test_what_cannot_load_is_not_chosen(depot: LocalDepot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EngineSpec, "problem", lambda *_: AssetError("qwen3", "It needs torch."))
    with pytest.raises(AssetError, match="torch"):
        depot.choose("qwen3-tts-0.6b")
    assert load_choice(tmp_path) == ModelChoice()
