"""Wyoming, by its own client: as Home Assistant uses it, and what a stranger may send."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

from makima.audio.pcm import Encoding, encode
from makima.errors import ConfigError
from makima.server.access.keys import KeyStore
from makima.server.doors.wyoming import server as wyoming_server
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings
from tests.support.speech import conversation, spoken
from tests.support.tones import tones_pcm16


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    settings = make_settings(wyoming=True, wyoming_port=_free_port())
    with ThreadServer(WatchedEngine(), settings, Recognition(Listener(FakeRecognizer()))):
        yield settings.wyoming_port


@asynccontextmanager
async def _client(port: int) -> AsyncIterator[AsyncTcpClient]:
    async with asyncio.timeout(20), AsyncTcpClient("127.0.0.1", port) as client:
        yield client


async def _until(client: AsyncTcpClient, kind: str) -> list[Event]:
    events: list[Event] = []
    while (event := await client.read_event()) is not None:
        events.append(event)
        if event.type == kind:
            return events
    raise AssertionError(f"closed without {kind}: {[event.type for event in events]}")


def _audio(events: list[Event]) -> bytes:
    return b"".join(AudioChunk.from_event(event).audio for event in events if AudioChunk.is_type(event.type))


async def test_it_describes_its_voices_and_its_recogniser(port: int) -> None:
    async with _client(port) as client:
        await client.write_event(Describe().event())
        info = Info.from_event((await _until(client, "info"))[-1])
        assert [voice.name for voice in info.tts[0].voices] == ["makima", "second"]
        assert info.tts[0].supports_synthesize_streaming
        assert info.tts[0].voices[0].languages[0] == "en"
        assert "de" in info.asr[0].models[0].languages


async def test_a_whole_text(port: int) -> None:
    async with _client(port) as client:
        for voice, octave in ((None, 1.0), (SynthesizeVoice(name="second"), 2.0)):
            await client.write_event(Synthesize(text="Hello there.", voice=voice).event())
            events = await _until(client, "audio-stop")
            assert [event.type for event in events].count("audio-start") == 1
            assert events[0].type == "audio-start"
            assert _audio(events) == tones_pcm16("Hello there.", octave)


async def test_texts_that_are_sent_together_are_spoken_in_turn(port: int) -> None:
    async with _client(port) as client:
        for text in ("Hello there.", "Again."):
            await client.write_event(Synthesize(text=text, voice=None).event())
        for text in ("Hello there.", "Again."):
            assert _audio(await _until(client, "audio-stop")) == tones_pcm16(text)


async def test_a_text_that_is_being_written(port: int) -> None:
    async with _client(port) as client:
        await client.write_event(SynthesizeStart(voice=None).event())
        for part in ("Hel", "lo th", "ere."):
            await client.write_event(SynthesizeChunk(text=part).event())
        await client.write_event(Synthesize(text="Hello there.", voice=None).event())  # for servers without streams
        await client.write_event(SynthesizeStop().event())
        events = await _until(client, SynthesizeStopped().event().type)
        assert _audio(events) == tones_pcm16("Hello there.")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("text", ["", " "])
async def test_a_text_without_words_is_a_short_silence(port: int, text: str, streamed: bool) -> None:
    async with _client(port) as client:
        events = [Synthesize(text=text, voice=None).event()]
        if streamed:
            events = [SynthesizeStart(voice=None).event(), SynthesizeChunk(text=text).event(), *events]
            events.append(SynthesizeStop().event())
        for event in events:
            await client.write_event(event)
        assert _audio(await _until(client, "audio-stop")) == bytes(4_800)


async def test_nothing_follows_a_stream_that_was_refused(port: int) -> None:
    async with _client(port) as client:
        await client.write_event(SynthesizeStart(voice=SynthesizeVoice(name="unknown")).event())
        await client.write_event(SynthesizeChunk(text="Hello there.").event())
        await client.write_event(Synthesize(text="Hello there.", voice=None).event())
        await client.write_event(SynthesizeStop().event())
        await client.write_event(Ping(text="x").event())
        assert [event.type for event in await _until(client, "pong")] == ["error", "pong"]
        await client.write_event(Synthesize(text="Again.", voice=None).event())
        assert _audio(await _until(client, "audio-stop")) == tones_pcm16("Again.")


async def test_a_recording_without_audio_has_no_words(port: int) -> None:
    async with _client(port) as client:
        await client.write_event(Transcribe(language="en").event())
        await client.write_event(AudioStop().event())
        assert Transcript.from_event((await _until(client, "transcript"))[-1]).text == ""


async def test_it_writes_down_what_is_said(port: int) -> None:
    pcm = encode(conversation(0.3, spoken("I would like a cup of coffee."), 0.3), Encoding.PCM16)
    async with _client(port) as client:
        for _ in range(2):
            await client.write_event(Transcribe(language="en").event())
            await client.write_event(AudioStart(rate=16_000, width=2, channels=1).event())
            for at in range(0, len(pcm), 2_048):
                await client.write_event(AudioChunk(16_000, 2, 1, pcm[at : at + 2_048]).event())
            await client.write_event(AudioStop().event())
            events = await _until(client, "transcript")
            assert Transcript.from_event(events[-1]).text.startswith("one two")


@pytest.mark.parametrize(
    ("rate_hz", "width", "channels"), [(16_000, 2, 2), (16_000, 4, 1), (48_000, 3, 2), (8_000, 1, 1), (44_100, 2, 1)]
)
async def test_it_takes_sound_of_other_widths_rates_and_channels(
    port: int, rate_hz: int, width: int, channels: int
) -> None:
    sound = conversation(0.3, spoken("I would like a cup of coffee.", rate_hz=rate_hz), 0.3, rate_hz=rate_hz)
    data = b"".join(_packed(float(sample), width) * channels for sample in sound)
    async with _client(port) as client:
        await client.write_event(Transcribe(language="en").event())
        await client.write_event(AudioStart(rate=rate_hz, width=width, channels=channels).event())
        for at in range(0, len(data), 2_047):  # which is no whole number of frames
            await client.write_event(AudioChunk(rate_hz, width, channels, data[at : at + 2_047]).event())
        await client.write_event(AudioStop().event())
        events = await _until(client, "transcript")
        assert Transcript.from_event(events[-1]).text.startswith("one two")


def _packed(sample: float, width: int) -> bytes:
    if width == 1:
        return bytes([round(sample * 127) + 128])
    return round(sample * ((1 << (8 * width - 1)) - 1)).to_bytes(width, "little", signed=True)


async def test_what_is_not_known_is_ignored(port: int) -> None:
    async with _client(port) as client:
        await client.write_event(Event("no-such-event", {"a": 1}))
        await client.write_event(Ping(text="x").event())
        assert Pong.from_event((await _until(client, "pong"))[-1]).text == "x"


@pytest.mark.parametrize(
    "event",
    [
        Synthesize(text="Hi.", voice=SynthesizeVoice(name="unknown")).event(),
        Event("synthesize", {}),
        AudioStart(rate=16_000, width=5, channels=1).event(),
        AudioStart(rate=16_000, width=2, channels=0).event(),
    ],
)
async def test_an_error_is_told_and_the_connection_stays(port: int, event: Event) -> None:
    async with _client(port) as client:
        await client.write_event(event)
        assert Error.from_event((await _until(client, "error"))[-1]).text
        await client.write_event(Ping(text="x").event())
        await _until(client, "pong")


@pytest.mark.parametrize(
    "data",
    [
        b"not json\n",
        b"[]\n",
        b'{"no": "type"}\n',
        json.dumps({"type": "ping", "payload_length": 10**12}).encode() + b"\n",
        json.dumps({"type": "ping", "data_length": -1}).encode() + b"\n",
    ],
)
async def test_what_is_no_event_ends_the_connection(port: int, data: bytes) -> None:
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        answer = await reader.read()
        assert b'"error"' in answer
        writer.close()


async def test_a_line_without_an_end_ends_the_connection(port: int) -> None:
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x" * (2 * 1024 * 1024))
        # What was not read is lost with the connection, and the answer may be too.
        with contextlib.suppress(ConnectionResetError):
            assert b"too long" in await reader.read()
        writer.close()


def test_a_port_without_keys_is_not_opened_by_accident(tmp_path: Path) -> None:
    settings = make_settings(wyoming=True, host="0.0.0.0", auth_secret="a secret of more than thirty-two bytes")
    with pytest.raises(ConfigError, match="--insecure"):
        wyoming_server.check(settings)
    wyoming_server.check(make_settings(wyoming=True))
    wyoming_server.check(make_settings(host="0.0.0.0"))
    keyed = make_settings(wyoming=True, host="0.0.0.0", data_dir=tmp_path)
    wyoming_server.check(keyed)
    KeyStore(tmp_path).add("mine")
    with pytest.raises(ConfigError, match="--insecure"):
        wyoming_server.check(keyed)
