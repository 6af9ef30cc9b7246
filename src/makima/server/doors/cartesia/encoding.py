"""PCM to the bytes that an `output_format` asks for, as they are made."""

from __future__ import annotations

import numpy as np

from makima.audio.muxing import make_muxer
from makima.server.doors.cartesia.wire import OutputFormat


class Encoder:
    """The bytes of one stream. Floats are made here, as no file format has them."""

    def __init__(self, form: OutputFormat) -> None:
        """Raises: AssetError where the encoders are not installed; InvalidMessage for a bit rate the format has not"""
        self._float = form.encoding == "pcm_f32le" and form.container == "raw"
        self._muxer = make_muxer(form.form, form.sample_rate, form.bit_rate)

    def push(self, pcm: bytes) -> bytes:
        """The bytes that are settled after `pcm`, mono s16le; may be empty."""
        if self._float:
            return (np.frombuffer(pcm, "<i2") / np.float32(32_767)).astype("<f4").tobytes()
        return self._muxer.push(pcm)

    def finish(self) -> bytes:
        """The rest."""
        return self._muxer.finish()
