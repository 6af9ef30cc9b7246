"""The Pipecat services in real pipelines, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("pipecat", reason="needs pipecat-ai")

from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.tts_service import TextAggregationMode
from pipecat.workers.runner import WorkerRunner

from makima.audio.pcm import Encoding, encode
from makima.engines.fake import FakeScript
from makima.integrations.pipecat import MakimaSTTService, MakimaTTSService
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


class Tap(FrameProcessor):
    """Keeps what passes, and lets a test wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.news = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        self.frames.append(frame)
        self.news.set()
        await self.push_frame(frame, direction)

    def all(self, kind: type[Any]) -> list[Any]:
        return [frame for frame in self.frames if isinstance(frame, kind)]

    async def wait(self, kind: type[Any], count: int = 1) -> None:
        async with asyncio.timeout(20):
            while len(self.all(kind)) < count:
                assert not self.all(ErrorFrame), self.all(ErrorFrame)
                self.news.clear()
                await self.news.wait()

    @property
    def pcm(self) -> bytes:
        return b"".join(frame.audio for frame in self.all(TTSAudioRawFrame))

    @property
    def said(self) -> list[str]:
        return " ".join(frame.text for frame in self.all(TTSTextFrame)).split()


Script = Callable[[PipelineWorker, Tap], Awaitable[None]]


async def run(service: Any, script: Script) -> tuple[Tap, list[Any]]:
    """Run a pipeline of one service; what came out of it, and the errors it told of."""
    before, after = Tap(), Tap()
    worker = PipelineWorker(
        Pipeline([before, service, after]),
        params=PipelineParams(audio_out_sample_rate=24_000, audio_in_sample_rate=16_000),
        enable_rtvi=False,
        cancel_on_idle_timeout=False,
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(40):
            await asyncio.sleep(0.2)
            await script(worker, after)
            await worker.queue_frame(EndFrame())
            await running
    finally:
        running.cancel()
    return after, before.all(ErrorFrame)


async def reply(worker: PipelineWorker, text: str) -> None:
    """A reply as a chat model gives it."""
    await worker.queue_frame(LLMFullResponseStartFrame())
    for piece in text.split(" "):
        await worker.queue_frame(LLMTextFrame(piece + " "))
    await worker.queue_frame(LLMFullResponseEndFrame())


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadServer]:
    with ThreadServer(WatchedEngine(), make_settings(), Recognition(Listener(FakeRecognizer()))) as running:
        yield running


@pytest.mark.parametrize("mode", list(TextAggregationMode))
async def test_a_reply_word_by_word(server: ThreadServer, mode: TextAggregationMode) -> None:
    async def script(worker: PipelineWorker, tap: Tap) -> None:
        for count in (1, 2):
            await reply(worker, TEXT)
            await tap.wait(TTSStoppedFrame, count)

    tap, errors = await run(MakimaTTSService(base_url=server.url, text_aggregation_mode=mode), script)
    assert not errors
    assert tap.said == TEXT.split() * 2
    assert len(tap.pcm) == 2 * len(tones_pcm16(TEXT + " "))


async def test_a_voice_and_a_text_said_at_once(server: ThreadServer) -> None:
    async def script(worker: PipelineWorker, tap: Tap) -> None:
        await worker.queue_frame(TTSSpeakFrame("Hello there."))
        await tap.wait(TTSStoppedFrame)

    service = MakimaTTSService(
        base_url=server.url, settings=MakimaTTSService.Settings(voice="second", language="en-US")
    )
    tap, errors = await run(service, script)
    assert not errors
    assert tap.pcm == tones_pcm16("Hello there.", octave=2.0)


async def test_an_interruption_ends_the_reply_on_the_server(start_server: StartServer) -> None:
    engine = WatchedEngine(FakeScript(character_s=0.01))

    async def script(worker: PipelineWorker, tap: Tap) -> None:
        await reply(worker, LONG_TEXT)
        await tap.wait(TTSAudioRawFrame)
        await worker.queue_frame(InterruptionFrame())
        await tap.wait(InterruptionFrame)
        await asyncio.sleep(0.2)
        tap.frames.clear()
        await reply(worker, TEXT)
        await tap.wait(TTSStoppedFrame)

    tap, errors = await run(MakimaTTSService(base_url=start_server(engine).url), script)
    assert not errors
    assert tap.said == TEXT.split()
    assert await asyncio.to_thread(eventually, lambda: engine.streams[0].ended)
    assert engine.streams[0].made_samples < len(LONG_TEXT) * 960 / 2


async def test_a_text_without_a_sound_is_silence(server: ThreadServer) -> None:
    async def script(worker: PipelineWorker, tap: Tap) -> None:
        await reply(worker, "\N{PARTY POPPER}")
        await tap.wait(TTSStoppedFrame)

    tap, errors = await run(MakimaTTSService(base_url=server.url), script)
    assert not errors
    assert tap.pcm == bytes(4_800)


async def test_a_server_that_is_not_there() -> None:
    async def script(worker: PipelineWorker, tap: Tap) -> None:
        await asyncio.sleep(0.3)

    _, errors = await run(MakimaTTSService(base_url="http://127.0.0.1:9"), script)
    assert any("cannot be reached" in error.error for error in errors)


async def test_listening(server: ThreadServer) -> None:
    samples = conversation(0.3, spoken("I would like a cup of coffee.", rate_hz=16_000), 1.2, rate_hz=16_000)
    pcm = encode(samples, Encoding.PCM16)

    async def script(worker: PipelineWorker, tap: Tap) -> None:
        for at in range(0, len(pcm), 640):
            await worker.queue_frame(InputAudioRawFrame(pcm[at : at + 640], 16_000, 1))
            await asyncio.sleep(0.005)
        await tap.wait(TranscriptionFrame)

    tap, errors = await run(MakimaSTTService(base_url=server.url), script)
    assert not errors
    assert tap.all(TranscriptionFrame)[0].text.startswith("one two")
    assert all(frame.text for frame in tap.all(InterimTranscriptionFrame))


async def test_what_was_said_last_is_heard_before_the_end(server: ThreadServer) -> None:
    samples = conversation(0.3, spoken("I would like a cup of coffee.", rate_hz=16_000), 0.1, rate_hz=16_000)
    pcm = encode(samples, Encoding.PCM16)

    async def script(worker: PipelineWorker, tap: Tap) -> None:
        for at in range(0, len(pcm), 640):
            await worker.queue_frame(InputAudioRawFrame(pcm[at : at + 640], 16_000, 1))

    tap, _ = await run(MakimaSTTService(base_url=server.url), script)
    assert tap.all(TranscriptionFrame)[0].text.startswith("one two")
