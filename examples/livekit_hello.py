"""LiveKit Agents' streams: speak a reply into a file, then write down what was said in it. Needs no LiveKit server.

Start a server with `makima serve`, then: `python examples/livekit_hello.py [FILE.wav]`
"""

import asyncio
import os
import sys
from pathlib import Path

from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT

from makima.integrations import livekit as makima

URL = os.environ.get("MAKIMA_URL", "http://127.0.0.1:8000")
KEY = os.environ.get("MAKIMA_KEY")
REPLY = "Hello! This reply is spoken while it is written, and each of its words is timed."


async def speak() -> rtc.AudioFrame:
    """The reply, as a chat model gives it, and when its words are spoken."""
    tts = makima.TTS(base_url=URL, key=KEY)
    frames = []
    async with tts.stream() as stream:
        for word in REPLY.split():
            stream.push_text(word + " ")
        stream.end_input()
        async for event in stream:
            frames.append(event.frame)
            for word in event.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT) or []:
                print(f"{word.start_time:6.2f} s  {word}")
    await tts.aclose()
    return rtc.combine_audio_frames(frames)


async def listen(sound: rtc.AudioFrame) -> None:
    """What is said in it."""
    stt = makima.STT(base_url=URL, key=KEY, language="en")
    async with stt.stream() as stream:
        stream.push_frame(sound)
        stream.end_input()
        async for event in stream:
            for said in event.alternatives:
                print(f"{event.type.value:20}{said.text}")
    await stt.aclose()


async def main(file: str) -> None:
    sound = await speak()
    Path(file).write_bytes(sound.to_wav_bytes())  # noqa: ASYNC240
    print(f"{file}: {sound.duration:.1f} s")
    await listen(sound)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "hello.wav"))
