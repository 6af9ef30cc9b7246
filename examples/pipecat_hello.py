"""A Pipecat pipeline that speaks a reply into a file, and one that writes down what was said in it.

Start a server with `makima serve`, then: `python examples/pipecat_hello.py [FILE.wav]`
"""

import asyncio
import os
import sys
import wave
from typing import Any

from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from makima.integrations.pipecat import MakimaSTTService, MakimaTTSService

URL = os.environ.get("MAKIMA_URL", "http://127.0.0.1:8000")
KEY = os.environ.get("MAKIMA_KEY")
REPLY = "Hello! This reply is spoken while it is written, and each of its words is timed."


class Show(FrameProcessor):
    """Prints the words that pass, and keeps the sound."""

    def __init__(self) -> None:
        super().__init__()
        self.pcm = b""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self.pcm += frame.audio
        elif isinstance(frame, (TTSTextFrame, InterimTranscriptionFrame, TranscriptionFrame)):
            print(f"{type(frame).__name__:26}{frame.text}")
        await self.push_frame(frame, direction)


async def run(service: FrameProcessor, frames: list[Any]) -> bytes:
    """Run a pipeline of one service over these frames, and return the sound that comes out."""
    show = Show()
    worker = PipelineWorker(
        Pipeline([service, show]), params=PipelineParams(audio_in_sample_rate=24_000, audio_out_sample_rate=24_000)
    )
    runner = WorkerRunner()
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    for frame in [*frames, EndFrame()]:
        await worker.queue_frame(frame)
    await running
    return show.pcm


async def main(file: str) -> None:
    words = [LLMTextFrame(word + " ") for word in REPLY.split()]
    pcm = await run(
        MakimaTTSService(base_url=URL, key=KEY), [LLMFullResponseStartFrame(), *words, LLMFullResponseEndFrame()]
    )
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(24_000)
        out.writeframes(pcm)
    print(f"{file}: {len(pcm) / 48_000:.1f} s")

    heard = pcm + bytes(48_000)  # a second of silence, after which the utterance is over
    await run(
        MakimaSTTService(base_url=URL, key=KEY),
        [InputAudioRawFrame(heard[at : at + 960], 24_000, 1) for at in range(0, len(heard), 960)],
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "hello.wav"))
