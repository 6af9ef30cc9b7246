"""A speak session that stays open, against a real server: order, ends, cancelling, refusals and word times."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from makima.client import AsyncClient, AsyncSpeech, Audio, ServerError
from makima.engines.fake import FAIL_WORD, FakeScript
from tests.conftest import StartServer
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings
from tests.support.server.streams import eventually
from tests.support.tones import tones_pcm16


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadServer]:
    with ThreadServer(WatchedEngine(), make_settings()) as running:
        yield running


async def _all(speech: AsyncSpeech) -> list[Audio]:
    async with asyncio.timeout(20):
        return [audio async for audio in speech]


async def _last(audio: AsyncIterator[Audio]) -> None:
    while True:
        await anext(audio)


async def _pcm(speech: AsyncSpeech) -> bytes:
    return b"".join(audio.pcm for audio in await _all(speech))


async def test_one_after_another_on_one_socket(server: ThreadServer) -> None:
    async with AsyncClient(server.url) as client, client.speaker() as speaker:
        for text in ("Hello there.", "And again."):
            speech = speaker.begin()
            for piece in (text[:3], "", text[3:]):
                await speech.append(piece)
            await speech.end()
            await speech.end()
            assert await _pcm(speech) == tones_pcm16(text)


async def test_the_text_of_a_later_one_waits_for_the_end_of_the_one_before(server: ThreadServer) -> None:
    async with AsyncClient(server.url) as client, client.speaker() as speaker:
        first, second = speaker.begin(), speaker.begin(voice="second")
        await first.append("Hello ")
        await second.append("Hi.")
        await second.end()
        assert second.text == "Hi."
        await first.append("there.")
        await first.end()
        assert await _pcm(first) == tones_pcm16("Hello there.")
        assert await _pcm(second) == tones_pcm16("Hi.", octave=2.0)


async def test_cancelling_while_it_is_written(start_server: StartServer) -> None:
    engine = WatchedEngine(FakeScript(character_s=0.02))
    async with AsyncClient(start_server(engine).url) as client, client.speaker() as speaker:
        speech = speaker.begin()
        await speech.append("A text of some length, " * 20)
        audio = aiter(speech)
        await anext(audio)
        await speech.cancel()
        await speech.append("more of it")
        with pytest.raises(StopAsyncIteration):
            await _last(audio)
        second = speaker.begin()
        await second.append("Hi.")
        await second.end()
        assert await _pcm(second) == tones_pcm16("Hi.")
        assert await asyncio.to_thread(eventually, lambda: engine.streams[0].ended)
    assert engine.streams[0].made_samples < 20 * 23 * 960


async def test_cancelling_what_waits_and_what_has_no_text(server: ThreadServer) -> None:
    async with AsyncClient(server.url) as client, client.speaker() as speaker:
        first, second, third = (speaker.begin() for _ in range(3))
        await first.append("Hello ")
        await second.append("never spoken")
        for speech in (second, third, third):
            await speech.cancel()
        await first.append("there.")
        await first.end()
        assert await _pcm(first) == tones_pcm16("Hello there.")
        assert await _pcm(second) == await _pcm(third) == b""


@pytest.mark.parametrize("text", ["", " \n", "\N{PARTY POPPER}"])
async def test_a_text_without_a_sound(server: ThreadServer, text: str) -> None:
    async with AsyncClient(server.url) as client, client.speaker() as speaker:
        speech, after = speaker.begin(), speaker.begin()
        await speech.append(text)
        await speech.end()
        with pytest.raises(ServerError) as caught:
            await _all(speech)
        assert caught.value.code == "INVALID_TEXT"
        await after.append("Hi.")
        await after.end()
        assert await _pcm(after) == tones_pcm16("Hi.")


@pytest.mark.parametrize(
    ("voice", "text", "code"),
    [
        ("unknown", "Hello.", "VOICE_NOT_FOUND"),
        (None, "Hello\x00", "INVALID_TEXT"),
        (None, FAIL_WORD + " ", "SYNTHESIS_ERROR"),
    ],
)
async def test_one_that_fails_holds_up_nothing(server: ThreadServer, voice: str | None, text: str, code: str) -> None:
    async with AsyncClient(server.url) as client, client.speaker() as speaker:
        speech, after = speaker.begin(voice=voice), speaker.begin()
        await speech.append(text)
        await after.append("Hi.")
        await after.end()
        with pytest.raises(ServerError) as caught:
            await _all(speech)
        assert caught.value.code == code
        assert await _pcm(after) == tones_pcm16("Hi.")


async def test_a_refused_piece_in_the_middle_ends_the_utterance(server: ThreadServer) -> None:
    async with AsyncClient(server.url) as client, client.speaker() as speaker:
        speech, after = speaker.begin(), speaker.begin()
        await speech.append("Hello there, ")
        await speech.append("\x00")
        with pytest.raises(ServerError, match="control character"):
            await _all(speech)
        await after.append("Hi.")
        await after.end()
        assert await _pcm(after) == tones_pcm16("Hi.")


async def test_word_times(server: ThreadServer) -> None:
    text = "One two three, four five six. Seven eight nine."
    async with AsyncClient(server.url) as client, client.speaker(word_times=True, sample_rate_hz=16_000) as speaker:
        for _ in range(2):  # they count from the start of each utterance
            speech = speaker.begin()
            await speech.append(text[:20])
            await speech.append(text[20:])
            await speech.end()
            chunks = await _all(speech)
            words = [word for chunk in chunks for word in chunk.words]
            assert [word.text for word in words] == text.split()
            assert words[0].start_ms == 0
            assert all(a.start_ms < a.end_ms <= b.start_ms + 1 for a, b in itertools.pairwise(words))
    async with AsyncClient(server.url) as client:
        assert not any([chunk.words async for chunk in client.speak("Hi there.")])
        timed = [word.text async for chunk in client.speak("Hi there.", word_times=True) for word in chunk.words]
        assert timed == ["Hi", "there."]


async def test_a_lost_connection_fails_what_is_open(start_server: StartServer) -> None:
    running = start_server(WatchedEngine(FakeScript(character_s=0.02)))
    async with AsyncClient(running.url) as client, client.speaker() as speaker:
        speech = speaker.begin()
        await speech.append("A text of some length, " * 20)
        audio = aiter(speech)
        await anext(audio)
        await asyncio.to_thread(running.stop)
        with pytest.raises(ServerError) as caught:
            await _last(audio)
        # A server that stops says so, unless the connection is gone before.
        assert caught.value.code in ("CONNECTION", "RATE_LIMITED")
        assert speaker.closed
        with pytest.raises(ServerError, match="closed"):
            speaker.begin()
