"""The loop over the graphs, against tokens worked out beside them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from makima import installation
from makima.errors import AssetError, ConfigError
from makima.events import Loading, Samples
from makima.models.chatterbox.graph import chosen_device
from makima.models.chatterbox.layout import GRAPHS, SUFFIXES, data_path, graph_path, is_whole
from makima.models.chatterbox.model import MAX_REFERENCE_S, MAX_TOKENS, SAMPLE_RATE_HZ, STOP, Chatterbox
from makima.models.chatterbox.sampling import Sampling
from tests.support.models.chatterbox import Plan, audio_of, timbre_of, write_release
from tests.support.models.checkpoints import hum

TEXT = "Hello there."


def say(model: Chatterbox, samples: Samples, text: str = TEXT, seed: int = 1) -> list[int]:
    return list(model.tokens(model.voice(samples), text, Sampling(), np.random.default_rng(seed)))


PLANS = {
    "as released": Plan(),
    "more layers": Plan(layers=5, heads=3, width=4),
    "other names": Plan(layers=3, past_name="past.{}.{}", present_name="present_key_values.{}.{}"),
    "the released sizes, left open": Plan(layers=1, heads=16, width=64, open_sizes=True),
}


@pytest.mark.parametrize("name", PLANS)
def test_names_sizes_and_layers_are_read_from_the_graph(tmp_path: Path, name: str) -> None:
    plan = PLANS[name]
    model = Chatterbox.load(write_release(tmp_path, plan), threads=1)
    assert model.language_model.layers == plan.layers
    tokens = say(model, hum())
    assert len(tokens) == plan.length(len(TEXT))
    assert tokens == plan.tokens(TEXT, timbre_of(hum()))


def test_weights_beside_the_graphs(tmp_path: Path) -> None:
    model = Chatterbox.load(write_release(tmp_path, external=True), threads=1)
    assert say(model, hum()) == Plan().tokens(TEXT, timbre_of(hum()))


def test_a_past_in_half_precision(tmp_path: Path) -> None:
    plan = Plan(past_type=TensorProto.FLOAT16)
    model = Chatterbox.load(write_release(tmp_path, plan), threads=1)
    assert len(say(model, hum())) == plan.length(len(TEXT))


def test_audio_has_every_token_and_the_closing_silence(tmp_path: Path) -> None:
    model = Chatterbox.load(write_release(tmp_path), threads=1)
    tokens = [400, 500, 600]
    audio = model.decode(model.voice(hum()), tokens)
    assert audio.dtype == np.float32
    np.testing.assert_allclose(audio, audio_of(tokens, timbre_of(hum())), atol=1e-4)


def test_tokens_that_are_no_sounds_are_left_out(tmp_path: Path) -> None:
    model = Chatterbox.load(write_release(tmp_path), threads=1)
    voice = model.voice(hum())
    np.testing.assert_array_equal(model.decode(voice, [6561, 400, 6561]), model.decode(voice, [400]))
    assert len(model.decode(voice, [6561])) == 0
    assert len(model.decode(voice, [])) == 0


def test_it_stops_at_the_cap(tmp_path: Path) -> None:
    model = Chatterbox.load(write_release(tmp_path, Plan(extra_tokens=5_000)), threads=1)
    tokens = say(model, hum())
    assert len(tokens) == MAX_TOKENS == 1024
    assert STOP not in tokens


def test_it_makes_no_more_than_is_asked_for(tmp_path: Path) -> None:
    """Which is how it is cancelled: not asking for the next token stops it."""
    model = Chatterbox.load(write_release(tmp_path, Plan(extra_tokens=5_000)), threads=1)
    tokens = model.tokens(model.voice(hum()), TEXT, Sampling(), np.random.default_rng(1))
    assert list(islice(tokens, 3)) == Plan(extra_tokens=5_000).tokens(TEXT, timbre_of(hum()))[:3]


def test_the_seed_decides_where_there_is_a_choice(tmp_path: Path) -> None:
    model = Chatterbox.load(write_release(tmp_path, Plan(peak=1.0)), threads=1)
    assert say(model, hum(), seed=1) == say(model, hum(), seed=1)
    assert say(model, hum(), seed=1) != say(model, hum(), seed=2)


def test_of_a_long_recording_its_beginning_counts(tmp_path: Path) -> None:
    model = Chatterbox.load(write_release(tmp_path), threads=1)
    head = hum(MAX_REFERENCE_S)
    whole = np.concatenate([head, np.ones(5 * SAMPLE_RATE_HZ, np.float32)])
    np.testing.assert_array_equal(model.voice(whole).embeds, model.voice(head).embeds)


def test_news_of_loading(tmp_path: Path) -> None:
    news: list[Loading] = []
    Chatterbox.load(write_release(tmp_path), threads=1, on_loading=news.append)
    assert [latest.progress for latest in news] == [0, 0.25, 0.5, 0.75]


class TestFiles:
    """What is missing or broken is named, with the command that fixes it."""

    @pytest.mark.parametrize("name", [*GRAPHS, "tokenizer"])
    def test_missing(self, tmp_path: Path, name: str) -> None:
        write_release(tmp_path)
        path = tmp_path / "tokenizer.json" if name == "tokenizer" else graph_path(tmp_path, name, "_q4")
        path.unlink()
        self.check(tmp_path, path)

    @pytest.mark.parametrize("name", [*GRAPHS, "tokenizer"])
    def test_broken(self, tmp_path: Path, name: str) -> None:
        write_release(tmp_path)
        path = tmp_path / "tokenizer.json" if name == "tokenizer" else graph_path(tmp_path, name, "_q4")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        self.check(tmp_path, path)

    def test_without_its_weights(self, tmp_path: Path) -> None:
        write_release(tmp_path, external=True)
        path = graph_path(tmp_path, "embed_tokens", "_q4")
        data_path(path).unlink()
        self.check(tmp_path, path)

    @pytest.mark.parametrize(
        ("place", "other"), [("language_model", "embed_tokens"), ("embed_tokens", "speech_encoder")]
    )
    def test_another_graph_under_its_name(self, tmp_path: Path, place: str, other: str) -> None:
        write_release(tmp_path)
        path = graph_path(tmp_path, place, "_q4")
        path.write_bytes(graph_path(tmp_path, other, "_q4").read_bytes())
        self.check(tmp_path, path)

    def test_a_past_that_does_not_come_back(self, tmp_path: Path) -> None:
        write_release(tmp_path, Plan(present_name="cache.{}.{}"))
        self.check(tmp_path, graph_path(tmp_path, "language_model", "_q4"))

    def test_a_precision_that_is_not_there(self, tmp_path: Path) -> None:
        write_release(tmp_path)
        with pytest.raises(AssetError, match=r"speech_encoder\.onnx.*MAKIMA_QUANTIZE=none .*makima models pull"):
            Chatterbox.load(tmp_path, quantize="none")
        with pytest.raises(ConfigError, match=r"MAKIMA_QUANTIZE: There is no 'int3'.*int4"):
            Chatterbox.load(tmp_path, quantize="int3")

    @staticmethod
    def check(folder: Path, path: Path) -> None:
        with pytest.raises(AssetError) as caught:
            Chatterbox.load(folder, threads=1)
        assert caught.value.asset == str(path)
        assert caught.value.mend == installation.run("models pull chatterbox-turbo")


@pytest.mark.parametrize("quantize", SUFFIXES)
def test_a_precision_by_name_and_by_what_is_there(tmp_path: Path, quantize: str) -> None:
    write_release(tmp_path, suffix=SUFFIXES[quantize])
    for name in (quantize, "auto"):
        assert say(Chatterbox.load(tmp_path, quantize=name, threads=1), hum())


def test_a_fetch_is_whole_once_all_is_there(tmp_path: Path) -> None:
    write_release(tmp_path, external=True)
    assert is_whole(tmp_path)
    data_path(graph_path(tmp_path, GRAPHS[-1], "_q4")).unlink()
    assert not is_whole(tmp_path)


def test_devices() -> None:
    assert chosen_device("cpu") == "cpu"
    with pytest.raises(ConfigError, match=r"TTS_DEVICE.*'mps'"):
        chosen_device("mps")
