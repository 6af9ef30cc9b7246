"""The SDKs of OpenAI, ElevenLabs, Cartesia and Deepgram, and Wyoming's client."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Any

import av
from cartesia import Cartesia
from deepgram import DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.errors import BadRequestError as DeepgramBadRequestError
from deepgram.speak.v1.types import SpeakV1Text
from elevenlabs.client import ElevenLabs
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from wyoming.audio import AudioChunk
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop

from tests.clients.checks.common import (
    BASE,
    HOST,
    KEY,
    RATE_HZ,
    TEXT,
    WYOMING_PORT,
    alike,
    check,
    check_async,
    end,
    expected,
    same,
)

openai = OpenAI(base_url=f"{BASE}/v1", api_key=KEY)
elevenlabs = ElevenLabs(base_url=BASE, api_key=KEY)
cartesia = Cartesia(base_url=BASE, websocket_base_url=f"ws://{HOST}", api_key=KEY)
WS = f"ws://{HOST}"
deepgram = DeepgramClient(
    api_key=KEY, environment=DeepgramClientEnvironment(base=BASE, production=WS, agent=WS, agent_rest=BASE)
)
CARTESIA: dict[str, Any] = {
    "model_id": "sonic-3",
    "voice": {"mode": "id", "id": "makima"},
    "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": RATE_HZ},
}


def decoded(data: bytes) -> bytes:
    """The PCM of a file."""
    pcm = b""
    with av.open(io.BytesIO(data), "r") as file:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        for frame in (*file.decode(audio=0), None):
            pcm += b"".join(each.to_ndarray().tobytes() for each in resampler.resample(frame))
    return pcm


def openai_formats() -> None:
    for form in ("mp3", "opus", "aac", "flac", "wav"):
        answer = openai.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format=form)
        alike(decoded(answer.read()))
    with openai.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="alloy", input=TEXT, response_format="pcm"
    ) as streamed:
        same(b"".join(streamed.iter_bytes()))


def openai_errors() -> None:
    for kind, fields in ((BadRequestError, {"input": ""}), (NotFoundError, {"input": "Hi.", "voice": "nobody there"})):
        asked: dict[str, Any] = {"model": "tts-1", "voice": "alloy", **fields}
        try:
            openai.audio.speech.create(**asked)
        except kind:
            continue
        raise AssertionError(f"{fields} were taken")
    assert "whisper-1" in [model.id for model in openai.models.list()]


def openai_transcription() -> None:
    wav = openai.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format="wav").read()
    told = openai.audio.transcriptions.create(
        model="whisper-1", file=("a.wav", wav), response_format="verbose_json", timestamp_granularities=["word"]
    )
    assert told.text.strip()
    assert told.words


async def openai_realtime() -> None:
    async with AsyncOpenAI(base_url=f"{BASE}/v1", api_key=KEY).realtime.connect(model="gpt-realtime") as connection:
        message: Any = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
        asked: Any = {"conversation": "none", "instructions": "Read it aloud.", "input": [message]}
        await connection.response.create(response=asked)
        pcm = b""
        async for event in connection:
            if event.type == "response.output_audio.delta":
                pcm += base64.b64decode(event.delta)
            elif event.type == "response.done":
                break
    same(pcm)


def elevenlabs_http() -> None:
    fields: Any = {"voice_id": "makima", "text": TEXT, "output_format": "pcm_24000"}
    same(b"".join(elevenlabs.text_to_speech.convert(**fields)))
    same(b"".join(elevenlabs.text_to_speech.stream(**fields)))
    timed = elevenlabs.text_to_speech.convert_with_timestamps(**fields)
    same(base64.b64decode(timed.audio_base_64))
    assert timed.alignment is not None
    assert "".join(timed.alignment.characters).split() == TEXT.split()
    assert "makima" in [voice.voice_id for voice in elevenlabs.voices.get_all().voices]
    assert "makima" in [voice.voice_id for voice in elevenlabs.voices.search(search="makima").voices]
    assert elevenlabs.voices.get("makima").name
    assert elevenlabs.models.list()[0].can_do_text_to_speech


def elevenlabs_socket() -> None:
    realtime: Any = elevenlabs.text_to_speech
    realtime._ws_base_url = WS  # it dials wss:// whatever its base URL says
    same(b"".join(realtime.convert_realtime(voice_id="makima", text=iter([TEXT]), output_format="pcm_24000")))


def cartesia_bytes() -> None:
    same(cartesia.tts.generate(transcript=TEXT, **CARTESIA).read())


def cartesia_events() -> None:
    events = list(cartesia.tts.generate_sse(transcript=TEXT, add_timestamps=True, **CARTESIA))
    same(b"".join(event.audio for event in events if event.type == "chunk" and event.audio))
    timed = [word for event in events if event.type == "timestamps" for word in event.word_timestamps.words]
    assert timed == TEXT.split()
    assert events[-1].type == "done"


def cartesia_socket() -> None:
    with cartesia.tts.websocket_connect() as connection:
        context = connection.context(**CARTESIA)
        for word in TEXT.split():
            context.push(word + " ")
        context.no_more_inputs()
        same(b"".join(event.audio for event in context.receive() if event.type == "chunk" and event.audio))


def deepgram_http() -> None:
    fields: Any = {"model": "makima", "encoding": "linear16", "sample_rate": RATE_HZ, "container": "none"}
    same(b"".join(deepgram.speak.v1.audio.generate(text=TEXT, **fields)))
    for kind, status, asked in ((DeepgramBadRequestError, 400, {"text": ""}), (ApiError, 404, {"model": "nobody"})):
        try:
            list(deepgram.speak.v1.audio.generate(**{"text": TEXT, **fields, **asked}))
        except kind as exc:
            told = exc
        else:
            raise AssertionError(f"{asked} was taken")
        assert told.status_code == status
        assert told.body["err_msg"]


def deepgram_socket() -> None:
    asked: Any = {"model": "makima", "encoding": "linear16", "sample_rate": str(RATE_HZ)}
    with deepgram.speak.v1.connect(**asked) as connection:
        for _ in range(2):
            for word in TEXT.split():
                connection.send_text(SpeakV1Text(type="Speak", text=f"{word} "))
            connection.send_flush()
            pcm = b""
            for message in connection:
                if isinstance(message, bytes):
                    pcm += message
                elif message.type == "Flushed":
                    break
            alike(pcm)
            connection.send_clear()
            while isinstance(message := connection.recv(), bytes) or message.type != "Cleared":
                pass
        connection.send_close()


async def wyoming() -> None:
    async def sound(client: AsyncTcpClient, last: str) -> bytes:
        pcm = b""
        while (event := await client.read_event()) is not None and event.type != last:
            assert event.type != "error", event.data
            pcm += AudioChunk.from_event(event).audio if AudioChunk.is_type(event.type) else b""
        return pcm

    async with AsyncTcpClient("127.0.0.1", WYOMING_PORT) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()
        assert event is not None
        assert Info.from_event(event).tts[0].voices
        await client.write_event(Synthesize(text=TEXT).event())
        same(await sound(client, "audio-stop"))
        await client.write_event(SynthesizeStart().event())
        for at in range(0, len(TEXT), 7):
            await client.write_event(SynthesizeChunk(text=TEXT[at : at + 7]).event())
            await asyncio.sleep(0.01)
        await client.write_event(Synthesize(text=TEXT).event())
        await client.write_event(SynthesizeStop().event())
        alike(await sound(client, "synthesize-stopped"))


assert expected()
check("openai: formats and streaming", openai_formats)
check("openai: errors and models", openai_errors)
check("openai: transcription with words", openai_transcription)
check_async("openai: realtime, read aloud", openai_realtime)
check("elevenlabs: whole, streamed, timed, voices", elevenlabs_http)
check("elevenlabs: socket", elevenlabs_socket)
check("cartesia: bytes", cartesia_bytes)
check("cartesia: events", cartesia_events)
check("cartesia: socket, word by word", cartesia_socket)
check("deepgram: whole, and refused", deepgram_http)
check("deepgram: socket, two texts", deepgram_socket)
check_async("wyoming: describe, whole, streamed", wyoming)
end()
