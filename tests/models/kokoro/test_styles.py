"""Voices from files, and mixes from ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from makima.errors import AssetError
from makima.models.kokoro.styles import mixed, parse_mix, read_style


def test_a_voice_from_its_file(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=(510, 256)).astype(np.float32)
    values.tofile(tmp_path / "voice.bin")
    np.testing.assert_array_equal(read_style(tmp_path / "voice.bin"), values)


@pytest.mark.parametrize("values", [np.zeros(1000), np.full(510 * 256, np.nan), np.zeros(0)])
def test_a_file_that_is_no_voice(tmp_path: Path, values: np.ndarray) -> None:
    values.astype(np.float32).tofile(tmp_path / "voice.bin")
    with pytest.raises(AssetError, match=r"voice\.bin"):
        read_style(tmp_path / "voice.bin")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="cannot be read"):
        read_style(tmp_path / "voice.bin")


@pytest.mark.parametrize(
    ("voice_id", "parts"),
    [
        ("af_heart", {"af_heart": 1.0}),
        ("makima", {"makima": 1.0}),
        ("af_heart:0.6+jf_tebukuro:0.4", {"af_heart": 0.6, "jf_tebukuro": 0.4}),
        ("af_heart:3+jf_alpha", {"af_heart": 0.75, "jf_alpha": 0.25}),
        ("af_heart:.5+af_heart:.5", {"af_heart": 1.0}),
        ("af_heart:1+jf_alpha:0", {"af_heart": 1.0}),
        *(
            (wrong, None)
            for wrong in ("", "+", "af_heart:", "af_heart:-1", "af_heart:1e3", "AF_HEART", "af heart", "x")
        ),
        ("af_heart:0", None),
        ("+".join(["af_heart"] * 9), None),
        ("../../etc", None),
    ],
)
def test_ids(voice_id: str, parts: dict[str, float] | None) -> None:
    found = parse_mix(voice_id)
    assert found == (None if parts is None else pytest.approx(parts))


def test_a_mix_is_a_weighted_mean() -> None:
    styles = {"a": np.full((510, 256), 1, np.float32), "b": np.full((510, 256), 3, np.float32)}
    np.testing.assert_allclose(mixed({"a": 0.25, "b": 0.75}, styles), np.full((510, 256), 2.5))
