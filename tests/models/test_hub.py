"""Weights from a hub: a small one, served here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from makima.audio import wav
from makima.models.chatterbox.layout import GRAPHS
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.stt.protocol import RATE_HZ
from tests.support import commands
from tests.support.commands import Done
from tests.support.models.chatterbox import write_release
from tests.support.models.checkpoints import hum, write_voice
from tests.support.models.onnx_graphs import write_parakeet
from tests.support.server.hub import COMMIT, HUGE, LARGE, MODEL_ID, Hub, serve
from tests.support.speech import conversation, spoken

pytest.importorskip("huggingface_hub")

NAME = "qwen3-tts-0.6b"

Run: TypeAlias = Callable[..., Done]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_random_checkpoint(tmp_path_factory.mktemp("released"))
    (folder / "README.md").write_text("About the model.")
    return folder


@pytest.fixture
def huge(files: Path) -> Iterator[None]:
    """A file of more than the 10 MiB that huggingface_hub writes at a time."""
    (files / HUGE).write_bytes(bytes(range(256)) * (100 << 10))
    yield
    (files / HUGE).unlink()


@pytest.fixture
def hub(files: Path) -> Iterator[Hub]:
    yield from serve(Hub(files))


@pytest.fixture
def makima(hub: Hub, tmp_path: Path) -> Run:
    """Runs `makima ...` with a cache of its own and this hub as its only one."""

    def run(*arguments: str, **environment: str) -> Done:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
        ours = {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_TELEMETRY": "1"}
        direct = {"NO_PROXY": "127.0.0.1", "HF_HUB_DISABLE_XET": "1"}
        return commands.run(tmp_path, arguments, kept | ours | direct | environment)

    return run


def fetched(tmp_path: Path) -> list[str]:
    (snapshot,) = (tmp_path / "home" / "hub").glob("models--*/snapshots/*")
    return sorted(str(path.relative_to(snapshot)) for path in snapshot.rglob("*") if path.exists() and path.is_file())


def test_pull_find_list_remove(makima: Run, hub: Hub, tmp_path: Path) -> None:
    listed = makima("models", "list")
    assert listed.status == 0, listed.err
    assert "GB" not in listed.text

    pulled = makima("models", "pull", NAME)
    assert pulled.status == 0, pulled.err
    assert str(tmp_path / "home") in pulled.text, "HF_HOME holds"
    assert "checking model.safetensors" in pulled.err
    assert fetched(tmp_path) == [name for name in hub.files() if name != "README.md"]

    hub.requests.clear()
    again = makima("models", "pull", NAME)
    assert again.status == 0, again.err
    assert hub.downloads == []

    hub.requests.clear()
    listed = makima("models", "list", HF_HUB_OFFLINE="1")
    line = next(line for line in listed.text.splitlines() if line.startswith(f"{NAME} "))
    assert "GB (in use)" in line
    voices = makima("voices", "--engine", "qwen3", HF_HUB_OFFLINE="1")
    assert "Cloned from the embedded voice" in voices.text, voices.err
    assert "qwen3" in makima("voices").text, "and so `auto` takes it"
    assert hub.requests == [], "what is here is found without the hub"

    removed = makima("models", "remove", NAME)
    assert removed.status == 0, removed.err
    assert "freed" in removed.text
    assert not list((tmp_path / "home" / "hub").glob("models--*"))
    missing = makima("voices", "--engine", "qwen3")
    assert missing.status == 1
    assert f"makima models pull {NAME}" in missing.err
    assert "espeak" in makima("voices").text


@pytest.mark.parametrize("file", ["config.json", LARGE[1]])
def test_a_file_that_is_not_what_the_hub_has(makima: Run, hub: Hub, tmp_path: Path, file: str) -> None:
    hub.corrupt = file
    pulled = makima("models", "pull", NAME)
    assert pulled.status == 1
    assert file in pulled.err.replace("\n", "")
    assert "removed" in pulled.err
    assert "Traceback" not in pulled.err
    assert file not in fetched(tmp_path)
    assert makima("voices", "--engine", "qwen3").status == 1, "what is there in part does not count"

    hub.corrupt = None
    hub.requests.clear()
    assert makima("models", "pull", NAME).status == 0
    assert hub.downloads == [f"/{MODEL_ID}/resolve/{COMMIT}/{file}"]


@pytest.mark.usefixtures("huge")
def test_a_fetch_that_breaks_off_goes_on(makima: Run, hub: Hub, tmp_path: Path) -> None:
    hub.break_off = HUGE
    pulled = makima("models", "pull", NAME)
    assert pulled.status == 0, pulled.err
    first, second = hub.attempts(HUGE)
    assert first is None
    assert second is not None, "from where it stopped"
    assert int(second.removeprefix("bytes=").partition("-")[0]) >= 10 << 20
    assert HUGE in fetched(tmp_path)


def test_a_fetch_that_fails_keeps_what_it_has(makima: Run, hub: Hub, tmp_path: Path) -> None:
    hub.refused = LARGE[0]
    pulled = makima("models", "pull", NAME)
    assert pulled.status == 1
    assert "what is here is kept" in pulled.err.replace("\n", " ")
    assert "Traceback" not in pulled.err
    assert LARGE[0] not in fetched(tmp_path)
    assert makima("voices", "--engine", "qwen3").status == 1, "what is there in part does not count"
    assert "espeak" in makima("voices").text

    hub.refused = None
    kept = fetched(tmp_path)
    hub.requests.clear()
    assert makima("models", "pull", NAME).status == 0
    fetched_now = {path.split("/", 5)[5] for path in hub.downloads}
    assert LARGE[0] in fetched_now
    assert fetched_now.isdisjoint(kept)


def test_one_that_is_here_in_part_can_be_removed(makima: Run, hub: Hub, tmp_path: Path) -> None:
    hub.corrupt = LARGE[1]
    assert makima("models", "pull", NAME).status == 1
    assert makima("models", "remove", NAME).status == 0
    assert makima("models", "remove", NAME).status == 1


def test_offline(makima: Run, hub: Hub) -> None:
    pulled = makima("models", "pull", NAME, HF_HUB_OFFLINE="1")
    assert pulled.status == 1
    assert "HF_HUB_OFFLINE" in pulled.err
    assert hub.requests == []


@pytest.mark.parametrize("name", ["unknown/nothing", "../../etc"])
def test_a_model_there_is_none_of(makima: Run, name: str) -> None:
    pulled = makima("models", "pull", name)
    assert pulled.status == 1
    assert "no such model" in pulled.err
    assert NAME in pulled.err


def test_a_hub_that_is_not_there(makima: Run) -> None:
    pulled = makima("models", "pull", NAME, HF_ENDPOINT="http://127.0.0.1:9")
    assert pulled.status == 1
    assert "cannot be fetched" in pulled.err
    assert "Traceback" not in pulled.err


def test_a_mirror(makima: Run, hub: Hub, tmp_path: Path) -> None:
    pulled = makima("models", "pull", NAME, "--mirror", hub.url, HF_ENDPOINT="http://127.0.0.1:9")
    assert pulled.status == 0, pulled.err
    assert LARGE[0] in fetched(tmp_path)


def test_a_folder_in_place_of_a_name(makima: Run, hub: Hub, files: Path) -> None:
    assert str(files) in makima("models", "pull", str(files)).text
    listed = makima("models", "list", TTS_MODEL_ID=str(files)).text
    assert "a folder (in use)" in listed
    assert "qwen3" in makima("voices", TTS_MODEL_ID=str(files)).text
    assert hub.requests == []


def test_what_is_not_in_the_cache_cannot_be_removed(makima: Run) -> None:
    for name in (NAME, "unknown/nothing", "not a name"):
        removed = makima("models", "remove", name)
        assert removed.status == 1
        assert "not in the cache" in removed.err


class TestChatterbox:
    """A release of graphs, in several precisions, of which one is fetched."""

    @pytest.fixture
    def hub(self, tmp_path: Path) -> Iterator[Hub]:
        released = tmp_path / "released"
        for suffix in ("_q4", "_quantized", ""):
            write_release(released, suffix=suffix, external=True)
        (released / "README.md").write_text("About the model.")
        yield from serve(Hub(released, "ResembleAI/chatterbox-turbo-ONNX"))

    def test_pull_and_speak(self, makima: Run, hub: Hub, tmp_path: Path) -> None:
        write_voice(tmp_path / "voices", "makima", hum())
        missing = makima("say", "Hello.", "-o", "a.wav", "-e", "chatterbox")
        assert missing.status == 1
        assert "makima models pull chatterbox-turbo" in missing.err

        pulled = makima("models", "pull", "chatterbox-turbo")
        assert pulled.status == 0, pulled.err
        assert "TTS_ENGINE=chatterbox makima serve" in pulled.text
        graphs = [f"onnx/{name}_q4.onnx{end}" for name in sorted(GRAPHS) for end in ("", "_data")]
        assert fetched(tmp_path) == [*graphs, "tokenizer.json"]

        # From the cache, where every file is a link to another place and the weights lie beside the graphs.
        hub.requests.clear()
        said = makima("say", "Hello.", "-o", "a.wav", "-e", "chatterbox", HF_HUB_OFFLINE="1")
        assert said.status == 0, said.err
        assert hub.requests == []
        assert "GB" in next(
            line for line in makima("models", "list").text.splitlines() if line.startswith("chatterbox-turbo ")
        )
        assert makima("say", "Hello.", "-o", "a.wav").status == 0
        assert "espeak" in makima("voices").text, "`auto` does not take it"

    def test_another_precision(self, makima: Run, tmp_path: Path) -> None:
        pulled = makima("models", "pull", "chatterbox-turbo", MAKIMA_QUANTIZE="none")
        assert pulled.status == 0, pulled.err
        assert "onnx/language_model.onnx_data" in fetched(tmp_path)
        assert not any("_q" in name for name in fetched(tmp_path))

    def test_a_fetch_that_fails_does_not_count(self, makima: Run, hub: Hub) -> None:
        hub.refused = "onnx/embed_tokens_q4.onnx_data"
        assert makima("models", "pull", "chatterbox-turbo").status == 1
        assert makima("voices", "-e", "chatterbox").status == 1
        hub.refused = None
        assert makima("models", "pull", "chatterbox-turbo").status == 0
        assert makima("voices", "-e", "chatterbox").status == 0


def test_a_model_that_listens(makima: Run, hub: Hub, tmp_path: Path) -> None:
    pytest.importorskip("onnx_asr")
    hub.folder = write_parakeet(tmp_path / "released")
    hub.model_id = "istupakov/parakeet-tdt-0.6b-v3-onnx"
    read = hub.files()
    (hub.folder / "encoder-model.onnx").write_bytes(b"the same, four times as large")
    assert "cannot load" in _line(makima("doctor").text, "parakeet")

    pulled = makima("models", "pull", "parakeet")
    assert pulled.status == 0, pulled.err
    assert "TTS_MODEL_ID" not in pulled.text, "it is not to speak with"
    assert fetched(tmp_path) == read
    assert "(in use)" in _line(makima("models", "list").text, "parakeet")
    assert "can load" in _line(makima("doctor").text, "parakeet")

    wav.write(tmp_path / "talk.wav", conversation(0.5, spoken("I would like a cup of coffee."), 0.5), RATE_HZ)
    heard = makima("transcribe", "talk.wav", HF_HUB_OFFLINE="1")
    assert heard.status == 0, heard.err
    assert {"lo", "hi"} >= set(heard.text.split()) > set(), "`auto` takes it"

    (vocabulary,) = (tmp_path / "home" / "hub").glob("models--*/snapshots/*/vocab.txt")
    vocabulary.unlink()
    assert "cannot load" in _line(makima("doctor").text, "parakeet"), "what is there in part does not count"


def _line(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"{name} "))
