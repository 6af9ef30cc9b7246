"""LiveKit's plugins of other providers: replies word by word, whole texts, a recording written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
from livekit import rtc
from livekit.agents import utils
from livekit.agents.types import APIConnectOptions
from livekit.plugins import cartesia, deepgram, elevenlabs, openai

from tests.clients.checks.common import BASE, KEY, RATE_HZ, TEXT, alike, check_async, end, expected

ONCE = APIConnectOptions(max_retry=0, timeout=20)
PLUGINS: dict[str, tuple[Callable[[aiohttp.ClientSession], Any], bool]] = {
    "openai": (lambda _: openai.TTS(base_url=f"{BASE}/v1", api_key=KEY), False),
    "cartesia": (
        lambda session: cartesia.TTS(base_url=BASE, api_key=KEY, voice="makima", http_session=session),
        True,
    ),
    "elevenlabs": (
        lambda session: elevenlabs.TTS(base_url=f"{BASE}/v1", api_key=KEY, voice_id="makima", http_session=session),
        True,
    ),
    "deepgram": (
        lambda session: deepgram.TTS(base_url=f"{BASE}/v1/speak", api_key=KEY, model="makima", http_session=session),
        True,
    ),
}
"""How each is made, and whether it takes a text while that is written."""


async def heard(stream: Any) -> tuple[bytes, int]:
    """The PCM of a stream, and its rate."""
    pcm, rate_hz = b"", RATE_HZ
    async with stream:
        async for event in stream:
            pcm += bytes(event.frame.data)
            rate_hz = event.frame.sample_rate
    return pcm, rate_hz


def speaking(make: Callable[[aiohttp.ClientSession], Any], streams: bool) -> Callable[[], Any]:
    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            plugin = make(session)
            alike(*await heard(plugin.synthesize(TEXT, conn_options=ONCE)))
            if streams:
                stream = plugin.stream(conn_options=ONCE)
                for word in TEXT.split():
                    stream.push_text(word + " ")
                stream.end_input()
                alike(*await heard(stream))
            await plugin.aclose()

    return run


async def recording() -> None:
    pcm = expected()
    plugin = openai.STT(base_url=f"{BASE}/v1", api_key=KEY, model="whisper-1")
    frame = rtc.AudioFrame(pcm, RATE_HZ, 1, len(pcm) // 2)
    event = await plugin.recognize(utils.merge_frames([frame]), conn_options=ONCE)
    assert event.alternatives[0].text.strip()


for name, (make, streams) in PLUGINS.items():
    check_async(f"livekit: {name}", speaking(make, streams))
check_async("livekit: openai, a recording", recording)
end()
