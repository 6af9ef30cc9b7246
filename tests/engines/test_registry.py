"""Which engine is taken, and what is said about those that cannot be."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import pytest

from makima import installation
from makima.engines import registry
from makima.engines.fake import FakeEngine
from makima.engines.registry import ENGINES, EngineSpec, choose
from makima.errors import AssetError, ConfigError
from tests.support.models.checkpoints import make_home
from tests.support.server.servers import make_settings

BROKEN = EngineSpec("broken", "", lambda _: FakeEngine(), packages=("json", "no_such_package"), extra="heavy")


@pytest.fixture
def _with_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENGINES", MappingProxyType({**ENGINES, "broken": BROKEN}))
    monkeypatch.setattr(registry, "PREFERRED", ("broken", "espeak"))


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_by_name(name: str) -> None:
    problem = ENGINES[name].problem(make_settings())
    if problem is None:
        choice = choose(make_settings(engine=name))
        assert choice.engine.name == name
        assert not choice.engine.loaded
    else:
        assert problem.mend


def test_auto_takes_one_that_loads() -> None:
    assert choose(make_settings()).engine.name in registry.PREFERRED


def test_auto_never_takes_the_tones() -> None:
    assert "fake" not in registry.PREFERRED


def test_an_unknown_name() -> None:
    with pytest.raises(ConfigError, match=r"TTS_ENGINE.*'nonsense'.*auto, .*espeak"):
        choose(make_settings(engine="nonsense"))


@pytest.mark.usefixtures("_with_broken")
def test_what_is_missing_names_the_command_that_adds_it() -> None:
    with pytest.raises(AssetError) as caught:
        choose(make_settings(engine="broken"))
    assert "no_such_package" in str(caught.value)
    assert "json" not in str(caught.value)
    assert installation.install("heavy") in str(caught.value)


@pytest.mark.usefixtures("_with_broken")
def test_auto_goes_on_to_the_next_and_says_why() -> None:
    choice = choose(make_settings())
    assert choice.engine.name == "espeak"
    assert "not broken" in choice.reason


@pytest.mark.usefixtures("_with_broken")
def test_auto_with_nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "PREFERRED", ("broken",))
    with pytest.raises(AssetError, match=r"\[heavy\]"):
        choose(make_settings())


class TestQwen3:
    """Which is better than the embedded voice, where it can load."""

    def test_with_weights(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home")
        choice = choose(make_settings(model_id=str(home / "checkpoint"), voices_dir=home / "voices"))
        assert (choice.engine.name, choice.reason) == ("qwen3", "the best that can load here")
        assert not choice.engine.loaded

    def test_without(self) -> None:
        settings = make_settings(model_id="Qwen/Qwen3-TTS-12Hz-1.7B-Base")
        choice = choose(settings)
        assert choice.engine.name == "espeak"
        assert choice.reason.startswith("not qwen3: ")
        assert "makima models pull qwen3-tts-1.7b" in choice.reason
        with pytest.raises(AssetError, match=r"makima models pull qwen3-tts-1\.7b"):
            choose(make_settings(engine="qwen3", model_id="Qwen/Qwen3-TTS-12Hz-1.7B-Base"))

    def test_with_weights_that_are_no_use(self, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text("{}")
        choice = choose(make_settings(model_id=str(tmp_path)))
        assert choice.engine.name == "espeak"
        assert str(tmp_path / "config.json") in choice.reason
        asked_for = choose(make_settings(engine="qwen3", model_id=str(tmp_path))).engine
        with pytest.raises(AssetError, match=r"config\.json"):
            asked_for.load(lambda _: None)

    @pytest.mark.parametrize("package", ["torch", "tokenizers", "huggingface_hub", "av"])
    def test_without_its_packages(self, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
        monkeypatch.setattr(registry, "find_spec", lambda name: None if name == package else find_spec(name))
        with pytest.raises(AssetError) as caught:
            choose(make_settings(engine="qwen3"))
        assert f"It needs {package}." in str(caught.value)
        assert installation.install("qwen3") in str(caught.value)
        assert choose(make_settings()).engine.name == "espeak"


def _damaged(_: object) -> FakeEngine:
    raise AssetError("weights", "They are damaged.", mend="Fetch them again.")


def test_a_replacement_that_cannot_be_made_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    engines = {**ENGINES, "broken": BROKEN, "damaged": EngineSpec("damaged", "", _damaged)}
    monkeypatch.setattr(registry, "ENGINES", MappingProxyType(engines))
    monkeypatch.setattr(registry, "PREFERRED", ("damaged", "espeak"))
    choice = choose(make_settings(engine="broken", fallback="on"))
    assert choice.engine.name == "espeak"
    assert "not broken" in choice.reason
    assert "They are damaged." in choice.reason


def test_an_engine_by_name_whose_files_are_damaged_says_so_to_its_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    engines = {**ENGINES, "damaged": EngineSpec("damaged", "", _damaged)}
    monkeypatch.setattr(registry, "ENGINES", MappingProxyType(engines))
    choice = choose(make_settings(engine="damaged"))
    assert choice.engine.name == "damaged"
    with pytest.raises(AssetError, match="They are damaged"):
        choice.engine.load(lambda _: None)
