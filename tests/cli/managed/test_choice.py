"""Which models the Models page chose, and when that holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.cli.managed.choice import FILE, ModelChoice, as_chosen, load_choice, save_choice
from makima.config import Settings
from makima.engines.registry import EngineSpec
from makima.errors import AssetError
from makima.stt.registry import RecognizerSpec
from tests.support.server.servers import make_settings

CHOICE = ModelChoice("qwen3", "someone/else", "parakeet")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for spec in (EngineSpec, RecognizerSpec):
        monkeypatch.setattr(spec, "problem", lambda *_: None)
    save_choice(tmp_path, CHOICE)
    return make_settings(data_dir=tmp_path, engine="auto", stt="auto")


def test_it_is_kept(tmp_path: Path) -> None:
    assert load_choice(tmp_path) == ModelChoice()
    save_choice(tmp_path / "new", CHOICE)
    assert load_choice(tmp_path / "new") == CHOICE


@pytest.mark.parametrize("content", ["", "[]", "1", "null", '{"voice": "makima"}', '{"engine": 1}', "\0"])
def test_a_file_that_is_no_choice_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert load_choice(tmp_path) == ModelChoice()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AssetError, match="cannot be written"):
        save_choice(tmp_path / "file", CHOICE)


def test_it_holds_where_the_settings_leave_it_open(settings: Settings) -> None:
    chosen = as_chosen(settings)
    assert (chosen.engine, chosen.model_id, chosen.stt) == ("qwen3", "someone/else", "parakeet")


def test_what_the_settings_name_goes_before_it_but_not_just_after_the_choice(settings: Settings) -> None:
    named = settings.model_copy(update={"engine": "espeak", "stt": "none"})
    assert as_chosen(named) == named
    chosen = as_chosen(named, over_all=True)
    assert (chosen.engine, chosen.model_id, chosen.stt) == ("qwen3", "someone/else", "parakeet")


def test_what_cannot_load_is_not_taken(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EngineSpec, "problem", lambda *_: AssetError("engine", "It needs torch."))
    chosen = as_chosen(settings, over_all=True)
    assert (chosen.engine, chosen.model_id, chosen.stt) == ("auto", settings.model_id, "parakeet")


@pytest.mark.parametrize("choice", [ModelChoice(), ModelChoice("gone", "someone/else", "gone too")])
def test_what_there_is_none_of_is_left_out(settings: Settings, tmp_path: Path, choice: ModelChoice) -> None:
    save_choice(tmp_path, choice)
    assert as_chosen(settings, over_all=True) == settings
