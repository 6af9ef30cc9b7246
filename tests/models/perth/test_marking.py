"""The mark, embedded in a stream, and found again."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from torch.nn.functional import conv1d, leaky_relu

from makima.audio import files
from makima.events import Samples
from makima.models.perth.marker import HEAD_S, RAMP_S, Marker
from makima.models.perth.spectrum import RATE_HZ
from makima.models.perth.weights import installed, read_weights
from tests.support.marks import SPEECH_HZ, encoded, encoder, look, mark, resampled, speech
from tests.support.models.checkpoints import hum

pytestmark = pytest.mark.skipif(not installed(), reason="the extra watermark is not installed")


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 48_000])
def test_speech_is_marked_at_any_rate(rate_hz: int) -> None:
    plain = resampled(speech(), SPEECH_HZ, rate_hz)
    marked = mark(plain, rate_hz)
    assert len(marked) == len(plain)
    assert marked.dtype == np.float32
    assert look(plain, rate_hz).marked_s == 0
    found = look(marked, rate_hz)
    assert found.marked_s == found.sounding_s >= 5
    assert found.found


def test_pieces_of_any_size_give_the_same_to_the_last_bit() -> None:
    whole = mark(speech(), piece=len(speech()))
    for piece in (160, 1_000, 22_050):
        np.testing.assert_array_equal(mark(speech(), piece=piece), whole)


def test_a_stream_is_marked_as_a_whole_clip_is() -> None:
    """Against PyTorch's layers and its own short-time Fourier transform, over the clip at once."""
    plain = resampled(speech(), SPEECH_HZ, RATE_HZ)
    expected = mark_whole(plain)
    marked = mark(plain, RATE_HZ)
    settled = slice(round((HEAD_S + RAMP_S) * RATE_HZ), -RATE_HZ // 4)
    added = float(np.abs(expected - plain)[settled].max())
    np.testing.assert_allclose(marked[settled], expected[settled], atol=added * 1e-3)


def test_the_head_goes_through_at_once_and_untouched() -> None:
    marker = Marker(encoder(), 24_000)
    head = round(HEAD_S * 24_000)
    plain = resampled(speech(), SPEECH_HZ, 24_000)
    given = [marker.push(plain[start : start + 960]) for start in range(0, head, 960)]
    np.testing.assert_array_equal(np.concatenate(given), plain[:head])


@pytest.mark.parametrize("rate_hz", [22_050, 24_000, 48_000])
def test_what_is_held_back_is_bounded(rate_hz: int) -> None:
    marker = Marker(encoder(), rate_hz)
    held = most = 0
    for _ in range(100):
        piece = np.full(rate_hz // 50, 0.1, np.float32)
        held += len(piece) - len(marker.push(piece))
        most = max(most, held)
    assert most <= 0.35 * rate_hz
    assert len(marker.flush()) == held


@pytest.mark.parametrize("samples", [0, 1, 100, 5_000, 12_000])
def test_short_streams_keep_their_length(samples: int) -> None:
    assert len(mark(speech()[:samples])) == samples


def test_silence_stays_silent() -> None:
    assert not mark(np.zeros(22_050, np.float32)).any()


def test_only_what_is_below_two_kilohertz_changes() -> None:
    added = np.abs(np.fft.rfft(mark(speech()) - speech()))
    hertz = np.fft.rfftfreq(len(speech()), 1 / SPEECH_HZ)
    assert added[hertz > 2_200].max() < 1e-3 * added[hertz < 2_000].max()


@pytest.mark.parametrize(
    ("kind", "codec", "rate_hz"),
    [("mp3", "mp3", 24_000), ("mp3", "mp3", 48_000), ("ogg", "libopus", 48_000), ("adts", "aac", 24_000)],
)
def test_it_survives_64_kilobits_a_second(kind: str, codec: str, rate_hz: int) -> None:
    def sent(samples: Samples) -> Samples:
        return files.decode(io.BytesIO(encoded(resampled(samples, SPEECH_HZ, rate_hz), rate_hz, kind, codec)), RATE_HZ)

    found = look(sent(mark(speech())), RATE_HZ)
    assert found.marked_s == found.sounding_s >= 5
    assert look(sent(speech()), RATE_HZ).marked_s == 0


def test_it_survives_a_telephone_and_a_quieter_copy() -> None:
    marked = mark(speech())
    assert look(resampled(marked, SPEECH_HZ, 8_000), 8_000).found
    assert look(np.float32(0.1) * marked).found


def test_of_a_mixture_the_share_is_told() -> None:
    mixed = np.concatenate([mark(speech()), speech(), speech()])
    found = look(mixed)
    assert 0.2 < found.share < 0.5
    assert not found.found


def test_tones_are_not_taken_for_it() -> None:
    assert look(hum(3.0), 24_000).marked_s == 0


def test_nothing_to_look_at() -> None:
    found = look(np.zeros(SPEECH_HZ, np.float32))
    assert (found.sounding_s, found.marked_s, found.found) == (0, 0, False)
    assert look(np.zeros(0, np.float32)).sounding_s == 0


def mark_whole(samples: Samples) -> Samples:
    tensors = {name: torch.from_numpy(array.copy()) for name, array in read_weights().items()}
    window = torch.hann_window(2048)
    spectrum = torch.stft(torch.from_numpy(samples), 2048, 320, window=window, return_complex=True)
    level = (20 * torch.log10(spectrum.abs().clip(1e-9)) + 180) / 195
    sounding = level.sum(0) > 0.05 * level.sum(0).max()
    change = level[None, :128]
    for layer in range(7):
        weight, bias = (tensors[f"encoder.layers.{layer}.conv.{part}"] for part in ("weight", "bias"))
        change = conv1d(change, weight, bias, padding=weight.shape[-1] // 2)
        change = leaky_relu(change) if layer < 6 else change
    level[:128] += change[0] * sounding
    marked = torch.polar(10 ** ((level * 195 - 180) / 20), spectrum.angle())
    return np.asarray(torch.istft(marked, 2048, 320, window=window, length=len(samples)).numpy(), np.float32)
