"""G.711 in, against FFmpeg's encoder."""

from __future__ import annotations

import numpy as np
import pytest

from makima.audio.companding import Law, expand
from makima.audio.muxing import Container, make_muxer


@pytest.mark.parametrize("law", ["mulaw", "alaw"])
def test_what_was_companded_comes_back(law: Law) -> None:
    samples = np.linspace(-32_000, 32_000, 4_001).astype("<i2")
    muxer = make_muxer(Container(law), 8_000)
    data = muxer.push(samples.tobytes()) + muxer.finish()
    back = expand(data, law)
    # The laws keep about five bits of each octave.
    assert np.all(np.abs(back * 32_768 - samples) <= np.abs(samples) / 30 + 24)
