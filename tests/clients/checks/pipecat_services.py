"""Pipecat's services of other providers, in pipelines: replies word by word, the second after an interruption."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.services.deepgram.tts import DeepgramTTSService
from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.workers.runner import WorkerRunner

from tests.clients.checks.common import BASE, HOST, KEY, RATE_HZ, TEXT, alike, check_async, end

SERVICES: dict[str, tuple[Callable[[], Any], bool]] = {
    "openai": (
        lambda: OpenAITTSService(api_key=KEY, base_url=f"{BASE}/v1", settings=OpenAITTSService.Settings(voice="alloy")),
        False,
    ),
    "cartesia": (
        lambda: CartesiaTTSService(
            api_key=KEY, url=f"ws://{HOST}/tts/websocket", settings=CartesiaTTSService.Settings(voice="makima")
        ),
        True,
    ),
    "elevenlabs": (
        lambda: ElevenLabsTTSService(
            api_key=KEY, url=f"ws://{HOST}", settings=ElevenLabsTTSService.Settings(voice="makima")
        ),
        True,
    ),
    "deepgram": (
        lambda: DeepgramTTSService(
            api_key=KEY, base_url=f"ws://{HOST}", settings=DeepgramTTSService.Settings(voice="makima")
        ),
        False,
    ),
}
"""How each is made, and whether it times words."""


class Tap(FrameProcessor):  # type: ignore[misc]
    """Keeps the sound and the words that pass."""

    def __init__(self) -> None:
        super().__init__()
        self.clear()

    def clear(self) -> None:
        self.pcm, self.said, self.errors = b"", "", list[str]()
        self.sounded, self.stopped = asyncio.Event(), asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self.pcm += frame.audio
            self.sounded.set()
        elif isinstance(frame, TTSTextFrame):
            self.said += f" {frame.text}"
        elif isinstance(frame, TTSStoppedFrame):
            self.stopped.set()
        elif isinstance(frame, ErrorFrame):
            self.errors.append(frame.error)
        await self.push_frame(frame, direction)


async def conversation(service: Any, timed: bool) -> None:
    tap = Tap()
    worker = PipelineWorker(
        Pipeline([service, tap]),
        params=PipelineParams(audio_out_sample_rate=RATE_HZ),
        enable_rtvi=False,
        cancel_on_idle_timeout=False,
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())

    async def reply() -> None:
        await worker.queue_frame(LLMFullResponseStartFrame())
        for word in TEXT.split(" "):
            await worker.queue_frame(LLMTextFrame(word + " "))
        await worker.queue_frame(LLMFullResponseEndFrame())

    await reply()
    await tap.sounded.wait()
    await worker.queue_frame(InterruptionFrame())
    await asyncio.sleep(0.5)
    tap.clear()
    await reply()
    await tap.stopped.wait()
    await asyncio.sleep(0.3)
    assert not tap.errors, tap.errors
    alike(tap.pcm)
    if timed:
        assert tap.said.split() == TEXT.split(), tap.said
    await worker.queue_frame(EndFrame())
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(running, 5)


def job(make: Callable[[], Any], timed: bool) -> Callable[[], Any]:
    async def run() -> None:
        await conversation(make(), timed)  # made here, as some need the event loop

    return run


for name, (make, timed) in SERVICES.items():
    check_async(f"pipecat: {name}", job(make, timed))
end()
