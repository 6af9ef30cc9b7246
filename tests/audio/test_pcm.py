"""Samples to bytes and back."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.audio.pcm import Encoding, decode, encode

SAMPLES = st.lists(st.floats(-1, 1, width=32), max_size=50).map(lambda values: np.array(values, np.float32))


@given(SAMPLES)
def test_pcm32f_is_exact(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    np.testing.assert_array_equal(decode(encode(samples, Encoding.PCM32F), Encoding.PCM32F), samples)


@given(SAMPLES)
def test_pcm16_is_within_half_a_step(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    back = decode(encode(samples, Encoding.PCM16), Encoding.PCM16)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, samples, atol=0.5001 / 32767)


def test_pcm16_is_little_endian_and_whole_at_the_ends() -> None:
    samples = np.array([0.0, 1.0, -1.0, 0.5], np.float32)
    assert encode(samples, Encoding.PCM16) == struct.pack("<4h", 0, 32767, -32767, 16384)
    np.testing.assert_array_equal(decode(encode(samples[:3], Encoding.PCM16), Encoding.PCM16), samples[:3])


def test_what_is_too_loud_is_clipped_not_wrapped() -> None:
    loud = np.array([1.5, -7.0], np.float32)
    assert encode(loud, Encoding.PCM16) == struct.pack("<2h", 32767, -32767)
    np.testing.assert_array_equal(decode(encode(loud, Encoding.PCM32F), Encoding.PCM32F), loud)


@pytest.mark.parametrize(("encoding", "width", "name"), [("pcm16", 2, "pcm_s16le"), ("pcm32f", 4, "pcm_f32le")])
def test_what_the_wire_says_of_it(encoding: str, width: int, name: str) -> None:
    assert (Encoding(encoding).sample_bytes, Encoding(encoding).wire_format) == (width, name)
    assert len(encode(np.zeros(7, np.float32), Encoding(encoding))) == 7 * width


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        decode(b"\0\0\0", Encoding.PCM16)
