"""Utterances for a framework, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from makima.client import AsyncClient, AsyncSpeech, ServerError
from makima.engines.fake import FAIL_WORD
from makima.integrations.speeches import Speeches
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings
from tests.support.server.streams import eventually
from tests.support.tones import tones_pcm16


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadServer]:
    with ThreadServer(WatchedEngine(), make_settings()) as running:
        yield running


@pytest.fixture
async def speeches(server: ThreadServer) -> AsyncIterator[Speeches]:
    async with AsyncClient(server.url) as client:
        made = Speeches(client, 24_000)
        yield made
        await made.close()


async def _texts(*pieces: str) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


async def _pcm(speeches: Speeches, speech: AsyncSpeech) -> bytes:
    async with asyncio.timeout(20):
        pcm = b"".join([audio.pcm async for audio in speeches.audio(speech)])
    await speeches.release(speech)
    return pcm


async def test_a_session_is_used_again_and_two_at_once_have_one_each(speeches: Speeches) -> None:
    await speeches.connect()
    first, second = await speeches.begin(), await speeches.begin(voice="second")
    await speeches.append(first, "Hello ")
    await speeches.write(second, _texts("Hi."))
    assert await _pcm(speeches, second) == tones_pcm16("Hi.", octave=2.0)
    third = await speeches.begin()
    assert third.id[:8] == second.id[:8] != first.id[:8]
    await speeches.write(third, _texts("And ", "again."))
    assert await _pcm(speeches, third) == tones_pcm16("And again.")
    await speeches.write(first, _texts("there."))
    assert await _pcm(speeches, first) == tones_pcm16("Hello there.")


@pytest.mark.parametrize("text", ["", " ", "\N{PARTY POPPER}", "\x00"])
async def test_a_text_without_a_sound_is_silence(speeches: Speeches, text: str) -> None:
    speech = await speeches.begin()
    await speeches.write(speech, _texts(text))
    assert await _pcm(speeches, speech) == bytes(4_800)


async def test_control_characters_are_left_out(speeches: Speeches) -> None:
    speech = await speeches.begin()
    await speeches.write(speech, _texts("Hel\x07lo."))
    assert await _pcm(speeches, speech) == tones_pcm16("Hello.")


async def test_an_engine_that_fails_is_an_error(speeches: Speeches) -> None:
    speech = await speeches.begin()
    await speeches.write(speech, _texts(FAIL_WORD))
    with pytest.raises(ServerError, match="fake engine"):
        await _pcm(speeches, speech)


async def test_an_error_of_the_text_s_source_ends_the_audio(speeches: Speeches) -> None:
    async def broken() -> AsyncIterator[str]:
        yield "Hello there, "
        raise ValueError("the model is gone")

    speech = await speeches.begin()
    with pytest.raises(ValueError, match="the model is gone"):
        await speeches.write(speech, broken())
    assert len(await _pcm(speeches, speech)) <= len(tones_pcm16("Hello there, "))


async def test_releasing_cancels(speeches: Speeches, server: ThreadServer) -> None:
    engine = server.engine
    assert isinstance(engine, WatchedEngine)
    speech = await speeches.begin()
    await speeches.append(speech, "A text that goes on and ")
    assert await asyncio.to_thread(eventually, lambda: bool(engine.streams) and not engine.streams[-1].ended)
    await speeches.release(speech)
    await speeches.release(speech)
    assert await asyncio.to_thread(eventually, lambda: engine.streams[-1].ended)


async def test_a_lost_session_is_replaced(server: ThreadServer) -> None:
    async with AsyncClient(server.url) as client:
        speeches = Speeches(client, 24_000)
        first = await speeches.begin()
        await speeches.release(first)
        for session in speeches._sessions.values():
            await session.aclose()
        second = await speeches.begin()
        await speeches.write(second, _texts("Hi."))
        assert await _pcm(speeches, second) == tones_pcm16("Hi.")
        await speeches.close()
