"""The LiveKit plugins against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

pytest.importorskip("livekit.agents", reason="needs livekit-agents")

from livekit import rtc
from livekit.agents import APIConnectionError, APIError, stt, utils
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, APIConnectOptions

from makima.audio.pcm import Encoding, encode
from makima.engines.fake import FAIL_WORD, FakeScript
from makima.integrations.livekit import STT, TTS
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener
from tests.conftest import StartServer
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings
from tests.support.server.streams import eventually
from tests.support.speech import conversation, spoken
from tests.support.tones import tones_pcm16

pytestmark = pytest.mark.filterwarnings("ignore")

TEXT = "One two three, four five six. Seven eight nine."
LONG_TEXT = "Sentence after sentence, " * 30
ONCE = APIConnectOptions(max_retry=0, timeout=10)


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadServer]:
    with ThreadServer(WatchedEngine(), make_settings(), Recognition(Listener(FakeRecognizer()))) as running:
        yield running


@pytest.fixture
async def tts(server: ThreadServer) -> AsyncIterator[TTS]:
    made = TTS(base_url=server.url)
    yield made
    await made.aclose()


async def heard(stream: Any) -> tuple[bytes, list[str]]:
    """The sound of a stream, and the words that it times."""
    pcm, words = b"", []
    async with asyncio.timeout(20), stream:
        async for event in stream:
            pcm += bytes(event.frame.data)
            words += [str(word).strip() for word in event.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT) or []]
    return pcm, words


def written(stream: Any, text: str) -> Any:
    for piece in text.split(" "):
        stream.push_text(piece + " ")
    stream.end_input()
    return stream


async def test_a_reply_word_by_word(tts: TTS) -> None:
    tts.prewarm()
    for _ in range(2):
        pcm, words = await heard(written(tts.stream(conn_options=ONCE), TEXT))
        assert words == TEXT.split()
        assert pcm.startswith(tones_pcm16(TEXT))


async def test_a_whole_text_and_a_voice(tts: TTS) -> None:
    pcm, _ = await heard(tts.synthesize(TEXT, conn_options=ONCE))
    assert pcm.startswith(tones_pcm16(TEXT))
    tts.update_options(voice="second", language="en")
    pcm, _ = await heard(tts.synthesize("Hi.", conn_options=ONCE))
    assert pcm.startswith(tones_pcm16("Hi.", octave=2.0))


async def test_two_at_once_do_not_wait_for_each_other(tts: TTS) -> None:
    first, second = tts.stream(conn_options=ONCE), tts.stream(conn_options=ONCE)
    first.push_text("Hello ")
    pcm, _ = await heard(written(second, "Hi."))
    assert pcm.startswith(tones_pcm16("Hi."))
    pcm, _ = await heard(written(first, "there."))
    assert pcm.startswith(tones_pcm16("Hello there."))


async def test_closing_a_stream_ends_the_speech_on_the_server(start_server: StartServer) -> None:
    engine = WatchedEngine(FakeScript(character_s=0.01))
    tts = TTS(base_url=start_server(engine).url)
    stream = written(tts.stream(conn_options=ONCE), LONG_TEXT)
    await anext(stream)
    await stream.aclose()
    assert await asyncio.to_thread(eventually, lambda: engine.streams[0].ended)
    assert engine.streams[0].made_samples < len(LONG_TEXT) * 960 / 2
    pcm, _ = await heard(written(tts.stream(conn_options=ONCE), "Hi."))
    assert pcm.startswith(tones_pcm16("Hi."))
    await tts.aclose()


async def test_a_text_without_a_sound_is_silence(tts: TTS) -> None:
    pcm, _ = await heard(written(tts.stream(conn_options=ONCE), "\N{PARTY POPPER}"))
    assert pcm
    assert not any(pcm)


async def test_errors(tts: TTS) -> None:
    with pytest.raises(APIError, match="fake engine"):
        await heard(tts.synthesize(FAIL_WORD, conn_options=ONCE))
    nowhere = TTS(base_url="http://127.0.0.1:9")
    with pytest.raises(APIConnectionError, match="cannot be reached"):
        await heard(nowhere.synthesize(TEXT, conn_options=ONCE))
    tts.update_options(voice="unknown")
    with pytest.raises(APIError, match="no voice"):
        await heard(tts.synthesize(TEXT, conn_options=ONCE))


def frames() -> list[rtc.AudioFrame]:
    samples = conversation(0.3, spoken("I would like a cup of coffee.", rate_hz=24_000), 1.2, rate_hz=24_000)
    pcm = encode(samples, Encoding.PCM16)
    return [rtc.AudioFrame(pcm[at : at + 960], 24_000, 1, 480) for at in range(0, len(pcm) - 960, 960)]


async def test_listening(server: ThreadServer) -> None:
    owner = STT(base_url=server.url, language="en")
    stream = owner.stream(conn_options=ONCE)
    for frame in frames():
        stream.push_frame(frame)
    stream.end_input()
    async with asyncio.timeout(20):
        events = [event async for event in stream]
    kinds = [event.type for event in events]
    assert kinds[0] == stt.SpeechEventType.START_OF_SPEECH
    assert kinds[-3:] == [
        stt.SpeechEventType.FINAL_TRANSCRIPT,
        stt.SpeechEventType.END_OF_SPEECH,
        stt.SpeechEventType.RECOGNITION_USAGE,
    ]
    said = events[-3].alternatives[0]
    assert said.text.startswith("one two")
    assert 0 < said.start_time < said.end_time
    await stream.aclose()
    await owner.aclose()


async def test_a_recording_as_a_whole(server: ThreadServer) -> None:
    owner = STT(base_url=server.url)
    event = await owner.recognize(utils.merge_frames(frames()), conn_options=ONCE)
    assert event.alternatives[0].text.startswith("one two")
    await owner.aclose()
