"""Which engine is taken, and what is said about those that cannot be."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from makima.engines import registry
from makima.engines.fake import FakeEngine
from makima.engines.registry import ENGINES, EngineSpec, choose
from makima.errors import AssetError, ConfigError
from tests.support.servers import make_settings

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
    assert "pip install 'makima[heavy]'" in str(caught.value)


@pytest.mark.usefixtures("_with_broken")
def test_auto_goes_on_to_the_next_and_says_why() -> None:
    choice = choose(make_settings())
    assert choice.engine.name == "espeak"
    assert "not broken" in choice.reason


@pytest.mark.usefixtures("_with_broken")
def test_auto_with_nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "PREFERRED", ("broken",))
    with pytest.raises(AssetError, match=r"makima\[heavy\]"):
        choose(make_settings())
