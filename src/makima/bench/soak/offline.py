"""What the texts of a soak sound like without a server."""

from __future__ import annotations

from makima.bench.soak.texts import LONG_TEXT, SEED, TEXTS, Reference
from makima.config import load_settings
from makima.engines.output import Format, SpeechOutput
from makima.engines.protocol import Engine, SpeechRequest
from makima.engines.registry import choose
from makima.errors import EngineError
from makima.server.wire import DEFAULT_RATE_HZ


def spoken_offline(engine_name: str, voices: int) -> Reference:
    """All texts in some voices of the engine, spoken one after the other without a server.

    Raises: AssetError, EngineError
    """
    engine = choose(load_settings(engine=engine_name)).engine
    engine.load(lambda _: None)
    try:
        names = english_voices(engine)[:voices]
        return {(voice, text): _spoken(engine, voice, text) for voice in names for text in (*TEXTS, LONG_TEXT)}
    finally:
        engine.close()


def english_voices(engine: Engine) -> list[str]:
    """The ids of voices that speak English, the default voice first."""
    default = load_settings().default_voice
    found = [voice.id for voice in engine.voices() if voice.language == "English"]
    return sorted(found, key=lambda name: name != default)


def _spoken(engine: Engine, voice: str, text: str) -> bytes:
    with SpeechOutput(Format(DEFAULT_RATE_HZ)) as output:
        output.open(engine, SpeechRequest(voice, seed=SEED))
        output.feed(text, complete=True)
        pcm = b"".join(piece.pcm for piece in output)
    if not pcm:
        raise EngineError(f"{engine.name} said nothing of {text!r}.")
    return pcm
