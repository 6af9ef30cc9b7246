"""Which recogniser is taken, and what is said about those that cannot be."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from makima import installation
from makima.errors import AssetError, ConfigError
from makima.stt import registry
from makima.stt.listening.endpoint import EndpointRules
from makima.stt.listening.smart_turn import SmartTurn
from makima.stt.registry import choose
from makima.stt.whisper import weights
from makima.text.language import LANGUAGES
from tests.support.models.onnx_graphs import write_parakeet, write_smart_turn
from tests.support.server.servers import make_settings

NOWHERE = "unknown/nothing"


def test_the_embedded_one_is_taken_where_nothing_was_fetched() -> None:
    choice = choose(make_settings(stt_model_id=NOWHERE))
    assert choice is not None
    assert choice.listener.recognizer.name == "pocketsphinx"
    assert not choice.listener.recognizer.loaded
    assert "parakeet" in choice.reason


def test_whisper_is_taken_before_the_embedded_one_and_after_parakeet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ctranslate2")
    assert registry.PREFERRED == ("parakeet", "whisper", "pocketsphinx")
    choice = choose(make_settings(stt_model_id=NOWHERE, cache_dir=tmp_path))
    assert choice is not None
    assert choice.listener.recognizer.name == "pocketsphinx"
    assert "models pull whisper" in choice.reason
    monkeypatch.setattr(weights, "WHISPER", ())
    choice = choose(make_settings(stt_model_id=NOWHERE, cache_dir=tmp_path))
    assert choice is not None
    assert choice.listener.recognizer.name == "whisper"
    assert choice.listener.recognizer.capabilities.languages == LANGUAGES
    assert not choice.listener.recognizer.capabilities.embedded


def test_weights_are_taken_where_they_are(tmp_path: Path) -> None:
    pytest.importorskip("onnx_asr")
    choice = choose(make_settings(stt_model_id=str(write_parakeet(tmp_path))))
    assert choice is not None
    assert choice.listener.recognizer.name == "parakeet"
    assert "German" in choice.listener.recognizer.capabilities.languages


def test_one_by_name() -> None:
    choice = choose(make_settings(stt="pocketsphinx"))
    assert choice is not None
    assert choice.reason == "chosen in the settings"
    with pytest.raises(AssetError, match="makima models pull"):
        choose(make_settings(stt="parakeet", stt_model_id=NOWHERE))
    with pytest.raises(ConfigError, match=r"MAKIMA_STT.*'ears'.*parakeet"):
        choose(make_settings(stt="ears"))


def test_none_is_none() -> None:
    assert choose(make_settings(stt="none")) is None


def test_without_packages_there_is_none_and_the_reason_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _: None)
    assert choose(make_settings()) is None
    with pytest.raises(AssetError, match=re.escape(installation.install())):
        choose(make_settings(stt="pocketsphinx"))
    with pytest.raises(AssetError, match=re.escape(installation.install("parakeet"))):
        choose(make_settings(stt="parakeet"))


def test_settings_reach_the_rules() -> None:
    choice = choose(make_settings(stt_threshold=0.9, stt_silence_ms=320))
    assert choice is not None
    rules = choice.listener.rules
    assert rules is not None
    assert (rules.start, rules.guarded_start, rules.silence_ms) == (0.9, 0.9, 320)
    assert rules.keep < rules.start
    choice = choose(make_settings())
    assert choice is not None
    assert choice.listener.rules == EndpointRules()


def test_smart_turn_is_asked_where_its_weights_are(tmp_path: Path) -> None:
    if find_spec("onnxruntime") is None:
        pytest.skip("onnxruntime is not installed")
    choice = choose(make_settings(turn_model_id=str(write_smart_turn(tmp_path))))
    assert choice is not None
    assert isinstance(choice.listener._turns, SmartTurn)
    for name in ("none", NOWHERE):
        choice = choose(make_settings(turn_model_id=name))
        assert choice is not None
        assert choice.listener._turns is None
