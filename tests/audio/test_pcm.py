"""Samples to bytes and back."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.audio.pcm import MAX_CHANNELS, WIDTHS, Encoding, Unpacker, decode, encode

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


def _packed(value: float, width: int) -> bytes:
    if width == 1:
        return bytes([round(value * 127) + 128])
    return round(value * ((1 << (8 * width - 1)) - 1)).to_bytes(width, "little", signed=True)


@given(st.sampled_from(WIDTHS), st.lists(st.floats(-1, 1), max_size=30))
def test_integers_of_each_width_are_the_same_samples(width: int, values: list[float]) -> None:
    data = b"".join(_packed(value, width) for value in values)
    found = Unpacker(width, 1).push(data)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, values, atol=2 / 2 ** (8 * width - 1) + 1e-6)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=MAX_CHANNELS), st.sampled_from(WIDTHS))
def test_channels_are_averaged(values: list[float], width: int) -> None:
    data = b"".join(_packed(value, width) for value in values)
    found = Unpacker(width, len(values)).push(data * 3)
    np.testing.assert_allclose(found, [np.mean(values)] * 3, atol=2 / 2 ** (8 * width - 1) + 1e-6)


@given(st.binary(max_size=100), st.sampled_from(WIDTHS), st.integers(1, 3), st.integers(1, 7))
def test_where_the_bytes_are_cut_changes_nothing(data: bytes, width: int, channels: int, piece: int) -> None:
    unpacker = Unpacker(width, channels)
    pieces = [unpacker.push(data[at : at + piece]) for at in range(0, len(data), piece)]
    cut = np.concatenate([np.zeros(0, np.float32), *pieces])
    np.testing.assert_array_equal(cut, Unpacker(width, channels).push(data))
