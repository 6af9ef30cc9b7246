"""Which engine speaks, when the next one takes over, and what clients are told of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from makima.engines.fake import FakeEngine
from makima.engines.fallback import Candidate, FallbackEngine
from makima.engines.fallback.engine import BEHIND_UTTERANCES
from makima.engines.protocol import SpeechRequest
from makima.engines.registry import choose
from makima.errors import AssetError, MakimaError, VoiceNotFound
from makima.events import OnLoading
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.voices.catalog import Voice
from tests.conftest import StartServer
from tests.support.server.client import speak_client
from tests.support.server.servers import make_settings
from tests.support.server.streams import hear, speak

SLOW = AssetError("engine best", "It takes 2.0 times as long to speak here as the speech lasts.")


class Best(FakeEngine):
    """The better of two engines, with a voice of its own. `error`: it does not load."""

    name = "best"

    def __init__(self, error: MakimaError | None = None) -> None:
        super().__init__()
        self._error = error

    def load(self, on_loading: OnLoading) -> None:
        if self._error is not None:
            raise self._error
        super().load(on_loading)

    def voices(self) -> tuple[Voice, ...]:
        return (*super().voices(), Voice("alice", "Alice", "English", "", "best"))


def engine_of(best: Best, pace: Callable[[], MakimaError | None] = lambda: None) -> FallbackEngine:
    return FallbackEngine([Candidate("best", lambda: best, pace), Candidate("fake", FakeEngine)])


def loaded(engine: FallbackEngine) -> FallbackEngine:
    engine.load(lambda _: None)
    return engine


def test_the_best_one_speaks_where_it_can() -> None:
    engine = loaded(engine_of(Best()))
    assert (engine.name, engine.notice, engine.loaded) == ("best", "", True)


def test_the_next_one_speaks_where_the_best_one_does_not_load() -> None:
    changes: list[str] = []
    engine = engine_of(Best(AssetError("model.safetensors", "It is cut short.")))
    engine.on_change(lambda: changes.append(engine.name))
    loaded(engine)
    assert engine.name == "fake"
    assert engine.notice == "fake speaks instead of best: model.safetensors: It is cut short."
    assert changes == ["fake"]
    assert speak(engine, "Hello.").end.reason == "end"


def test_one_that_cannot_be_made_is_left_out() -> None:
    def broken() -> FakeEngine:
        raise AssetError("config.json", "It is no object.")

    assert FallbackEngine([Candidate("best", broken), Candidate("fake", FakeEngine)]).name == "fake"
    with pytest.raises(AssetError, match=r"config\.json"):
        FallbackEngine([Candidate("best", broken)])


def test_the_last_one_raises_what_it_raises() -> None:
    error = AssetError("a", "b")
    engine = FallbackEngine([Candidate("best", lambda: Best(error)), Candidate("best", lambda: Best(error))])
    with pytest.raises(AssetError, match="b"):
        loaded(engine)


def test_one_that_turns_out_to_be_slow_as_it_loads() -> None:
    engine = loaded(engine_of(Best(), lambda: SLOW))
    assert engine.name == "fake"
    assert "2.0 times" in engine.notice


@pytest.mark.parametrize(
    ("factors", "name"),
    [
        ([1.5] * BEHIND_UTTERANCES, "fake"),
        ([1.5] * (BEHIND_UTTERANCES - 1), "best"),
        ([*[1.5] * (BEHIND_UTTERANCES - 1), 0.9, 1.5], "best"),
    ],
)
def test_one_that_falls_behind(factors: list[float], name: str) -> None:
    engine = loaded(engine_of(Best()))
    begun = engine.open(SpeechRequest("makima"))
    begun.feed("This one was begun before.")
    for factor in factors:
        engine.paced(factor)
    assert engine.name == "best", "the change comes between utterances"
    loaded(engine)
    assert (engine.name, engine.loaded) == (name, True)
    begun.end_text()
    assert hear(begun).end.reason == "end"
    engine.close()


def test_one_that_is_never_too_slow() -> None:
    engine = loaded(FallbackEngine([Candidate("best", Best), Candidate("fake", FakeEngine)]))
    for _ in range(2 * BEHIND_UTTERANCES):
        engine.paced(3.0)
    assert engine.loaded


def test_a_voice_that_the_next_one_lacks_is_refused() -> None:
    engine = loaded(engine_of(Best(), lambda: SLOW))
    with pytest.raises(VoiceNotFound):
        engine.open(SpeechRequest("alice"))


@pytest.mark.parametrize("fallback", ["auto", "off"])
async def test_a_checkpoint_that_is_cut_short(
    start_server: StartServer, tmp_path: Path, fallback: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = write_random_checkpoint(tmp_path / "model") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1_000])
    monkeypatch.setattr("makima.engines.registry.PREFERRED", ("qwen3", "espeak"))
    settings = make_settings(model_id=str(tmp_path / "model"), voices_dir=tmp_path / "voices", fallback=fallback)
    server = start_server(choose(settings).engine)
    async with speak_client(server.url) as client:
        spoken = await client.say("Hello there.")
        if fallback == "off":
            assert (spoken.end["type"], spoken.end["code"]) == ("error", "TTS_LOAD_FAILED")
            return
        assert spoken.end["type"] == "complete"
        warning = next(message for message in spoken.messages if message["type"] == "speaking")["warning"]
        assert warning.startswith("espeak speaks instead of qwen3: ")
        assert "model.safetensors" in warning
        assert (await client.start())["warning"] == warning
        again = await client.say("Hello there.")
        assert "warning" not in next(message for message in again.messages if message["type"] == "speaking")
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        health = (await http.get("/health")).json()
        assert (health["engine"], health["engineReason"]) == ("espeak", warning)
        voices = (await http.get("/api/v1/voices")).json()["voices"]
        assert {voice["engine"] for voice in voices} == {"espeak"}
