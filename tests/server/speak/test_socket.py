"""`/api/v1/speak` over a real socket."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import numpy as np
import pytest

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.engines.fake import FAIL_WORD, SAMPLE_RATE_HZ, FakeScript
from makima.engines.protocol import SpeechRequest, SpeechStream
from makima.errors import AssetError
from makima.text.language import LANGUAGES
from tests.conftest import StartServer
from tests.support.server.client import SpeakClient, speak_client
from tests.support.server.servers import ColdServer, ProcessServer, ThreadServer, WatchedEngine
from tests.support.server.streams import eventually
from tests.support.tones import CHARACTER_MS, tones, tones_pcm16

RATES_HZ = (8_000, 9_999, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000)
SMALL_BYTES = 16_384
"""What a client that does not read takes in."""

LONG_TEXT = "Sentence after sentence, " * 40
SLOW = FakeScript(character_s=0.01)
"""Slow enough for a test to act while it speaks; an utterance of a few words is over in a moment."""


async def assert_it_speaks(client: SpeakClient, text: str = "Still here.") -> None:
    """That the session speaks the next sentence as if nothing had been."""
    spoken = await client.say(text)
    assert spoken.types == ["speaking", "audio_end", "complete"]
    assert spoken.audio == tones_pcm16(text)


async def all_ended(engine: WatchedEngine) -> bool:
    """Whether every stream comes to its end; there must be one."""
    return await soon(lambda: bool(engine.streams) and all(stream.ended for stream in engine.streams))


async def soon(condition: Callable[[], bool], every_s: float = 0.005) -> bool:
    return await asyncio.to_thread(eventually, condition, 10.0, every_s)


class TestForms:
    """The conversations of docs/protocol.md."""

    async def test_the_full_form(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            assert client.ready["voiceLoaded"] in (True, False)
            capabilities = client.ready["capabilities"]
            assert set(capabilities["languages"]) == set(LANGUAGES)
            assert capabilities["languageLimits"] == {}
            assert set(capabilities["sampleRates"]) >= {8_000, 16_000, 24_000, 48_000}
            assert capabilities["encodings"] == ["pcm16", "pcm32f"]
            assert (capabilities["engine"], capabilities["streaming"]) == ("fake", True)

            started = await client.start(sampleRate=24_000, contractId="c-1", voice="second", language="German")
            assert started["voice"] == "second"
            assert started["language"] == "German"
            assert started["contractId"] == "c-1"
            assert "warning" not in started

            spoken = await client.say("Guten Tag.", requestId="r-1")
            # The first utterance of all may find the engine loading.
            assert [kind for kind in spoken.types if kind != "loading"] == ["speaking", "audio_end", "complete"]
            assert spoken.audio == tones_pcm16("Guten Tag.", octave=2.0)
            complete = spoken.end
            assert complete["requestId"] == "r-1"
            assert complete["contractId"] == "c-1"
            assert complete["charactersProcessed"] == 10
            assert complete["audioLengthMs"] == pytest.approx(10 * CHARACTER_MS)
            assert complete["totalChunks"] == len(spoken.frames)
            assert complete["finishReason"] == "end"
            assert 0 < complete["firstAudioMs"] <= complete["durationMs"]
            assert complete["realTimeFactor"] == pytest.approx(complete["durationMs"] / 400, abs=0.001)

            await client.send("stop", reason="enough")
            assert await client.expect("stopped") == {"type": "stopped", "reason": "enough"}
            assert await client.closed() == 1000

    async def test_the_short_form(self, tone_server: ThreadServer) -> None:
        """A client that knows speak, cancel and stop, binary PCM16 at 24 kHz, audio_end and error."""
        async with speak_client(tone_server.url) as client:
            spoken = await client.say("Hello.")
            assert spoken.audio == tones_pcm16("Hello.")
            audio_end = next(message for message in spoken.messages if message["type"] == "audio_end")
            assert audio_end == {"type": "audio_end", "sample_rate": 24_000, "format": "pcm_s16le", "channels": 1}
            await client.send("stop")
            await client.expect("stopped")
            assert await client.closed() == 1000

    async def test_json_transport(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            await client.start(transport="json", sampleRate=16_000)
            for text in ("One, two.", "Three."):
                spoken = await client.say(text)
                assert spoken.frames == []
                chunks = spoken.chunks
                assert [chunk["sequenceNumber"] for chunk in chunks] == list(range(1, len(chunks) + 1))
                assert [chunk["isFinal"] for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
                position = 0
                for chunk in chunks:
                    assert chunk["timestampMs"] == pytest.approx(position / 2 / 16, abs=1)
                    position += len(base64.b64decode(chunk["data"], validate=True))
                assert position == len(text) * CHARACTER_MS * 16 * 2
                assert spoken.end["totalChunks"] == len(chunks)

    async def test_both_encodings_carry_the_same(self, tone_server: ThreadServer) -> None:
        text = "The same."
        async with speak_client(tone_server.url) as client:
            await client.start(encoding="pcm32f")
            spoken = await client.say(text)
            assert spoken.messages[-2]["format"] == "pcm_f32le"
            np.testing.assert_array_equal(np.frombuffer(spoken.audio, "<f4"), tones(text))
            await client.start(encoding="pcm16")
            spoken = await client.say(text)
            assert spoken.messages[-2]["format"] == "pcm_s16le"
            np.testing.assert_allclose(spoken.samples, tones(text), atol=1 / 32767)

    @pytest.mark.parametrize("rate_hz", RATES_HZ)
    async def test_every_rate_gives_the_same_length(self, tone_server: ThreadServer, rate_hz: int) -> None:
        text = "As long as it was before."
        async with speak_client(tone_server.url) as client:
            assert (await client.start(sampleRate=rate_hz))["sampleRate"] == rate_hz
            spoken = await client.say(text)
            assert spoken.messages[-2]["sample_rate"] == rate_hz
            expected = len(tones(text)) * rate_hz / SAMPLE_RATE_HZ
            assert abs(len(spoken.samples) - expected) <= 1
            assert spoken.end["audioLengthMs"] == pytest.approx(len(text) * CHARACTER_MS, abs=1)

    async def test_start_again_between_utterances(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            for voice, octave in (("second", 2.0), ("makima", 1.0)):
                await client.start(voice=voice)
                assert (await client.say("Again.")).audio == tones_pcm16("Again.", octave)

    async def test_an_unknown_voice_in_start_is_warned_of(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            started = await client.start(voice="unknown")
            assert started["voice"] == "makima"
            assert "unknown" in started["warning"]
            await assert_it_speaks(client)

    async def test_voice_and_language_of_one_utterance(self, start_server: StartServer) -> None:
        engine = WatchedEngine()
        async with speak_client(start_server(engine).url) as client:
            await client.start(seed=7)
            assert (await client.say("Un.", voice="second", language="fr")).audio == tones_pcm16("Un.", 2.0)
            assert (await client.say("One.")).audio == tones_pcm16("One.")
        assert engine.requests == [
            SpeechRequest("second", "French", 7),
            SpeechRequest("makima", "English", 7),
        ]

    async def test_the_embedded_voice_speaks_every_language(self, espeak_server: ProcessServer) -> None:
        async with speak_client(espeak_server.url) as client:
            for language in (*LANGUAGES, "Auto"):
                spoken = await client.say("Hallo 123.", language=language)
                assert spoken.end["type"] == "complete", spoken.end
                assert np.abs(spoken.samples).max() > 0.05

    async def test_a_session_and_a_request_sound_the_same(self, espeak_server: ProcessServer) -> None:
        text = "The socket and the request say this alike, to the last sample. Do they?"
        async with speak_client(espeak_server.url) as client:
            await client.start(sampleRate=16_000)
            first, second = await client.say(text), await client.say(text)
        assert first.audio == second.audio
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{espeak_server.url}/api/v1/tts", json={"text": text, "sampleRate": 16_000})
        assert answer.content[len(wav.header(16_000, about=SYNTHETIC)) :] == first.audio

    async def test_word_times(self, tone_server: ThreadServer) -> None:
        text = "One two three, four five six."
        async with speak_client(tone_server.url) as client:
            await client.start(wordTimes=True)
            spoken = await client.say(text, requestId="a")
            told = [message for message in spoken.messages if message["type"] == "words"]
            assert {message["requestId"] for message in told} == {"a"}
            assert [word["text"] for message in told for word in message["words"]] == text.split()
            assert spoken.audio == tones_pcm16(text)
            await client.start()
            assert "words" not in (await client.say(text)).types

    async def test_exact_word_times(self, espeak_server: ProcessServer) -> None:
        text = "It costs **$12.50** — really. On 12 May we met!"
        async with speak_client(espeak_server.url) as client:
            await client.start(wordTimes=True)
            spoken = await client.say(text, requestId="a")
        told = [message for message in spoken.messages if message["type"] == "words"]
        assert all(message["exact"] is True for message in told)
        words = [word for message in told for word in message["words"]]
        assert [word["text"] for word in words] == [word for word in text.split() if word != "—"]
        times = [time for word in words for time in (word["startMs"], word["endMs"])]
        assert times == sorted(times)
        assert times[-1] <= len(spoken.audio) / 2 / 24

    async def test_speed(self, tone_server: ThreadServer) -> None:
        text = "One two three."
        async with speak_client(tone_server.url) as client:
            await client.start(speed=2)
            fast = await client.say(text)
            slow = await client.say(text, speed=0.5)
            assert len(slow.audio) == pytest.approx(4 * len(fast.audio), rel=0.02)
            assert len(fast.audio) == pytest.approx(len(tones_pcm16(text)) / 2, rel=0.02)


class TestWritingWhileSpeaking:
    """`append` and `end`."""

    @pytest.mark.parametrize("size", [1, 3, 1000])
    async def test_pieces_sound_like_the_whole(self, espeak_server: ProcessServer, size: int) -> None:
        text = "Dr. Who came in. He said, and this is true: it is bigger inside!\nIs it? Yes."
        async with speak_client(espeak_server.url) as client:
            whole = await client.say(text)
            for start in range(0, len(text), size):
                await client.send("append", text=text[start : start + size], requestId="pieces")
            await client.send("end", requestId="pieces")
            pieces = await client.hear()
        assert pieces.end["requestId"] == "pieces"
        assert pieces.end["charactersProcessed"] == len(text)
        assert pieces.audio == whole.audio

    async def test_audio_comes_before_the_text_is_complete(self, espeak_server: ProcessServer) -> None:
        async with speak_client(espeak_server.url) as client:
            await client.send("append", text="The first sentence is whole. The second")
            await client.until("speaking")
            assert isinstance(await client.receive(), bytes)
            await client.send("append", text=" one is now.")
            await client.send("end")
            assert (await client.hear()).end["charactersProcessed"] == 51

    async def test_it_begins_with_the_first_piece_that_has_a_sound(self, espeak_server: ProcessServer) -> None:
        async with speak_client(espeak_server.url) as client:
            await client.send("append", text=" ")
            await client.send("append", text="Now there is something. And")
            assert isinstance((await client.until("speaking"), await client.receive())[1], bytes)

    async def test_a_cut_emoji_is_whole_again(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            await client.send_raw('{"type": "append", "text": "Hi \\ud83d"}')
            await client.send_raw('{"type": "append", "text": "\\ude00!"}')
            await client.send("end")
            assert (await client.hear()).audio == tones_pcm16("Hi \U0001f600!")

    async def test_after_a_failure_the_rest_of_the_text_is_dropped(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            await client.send("append", text=f"Go {FAIL_WORD} and {'on ' * 10}", requestId="a")
            spoken = await client.hear()
            assert (spoken.end["code"], spoken.end["requestId"]) == ("SYNTHESIS_ERROR", "a")
            await client.send("append", text="More.", requestId="a")
            await client.send("end", requestId="a")
            await assert_it_speaks(client)


class TestQueue:
    async def test_one_after_the_other_by_priority(self, start_server: StartServer) -> None:
        engine = WatchedEngine(gated=True)
        async with speak_client(start_server(engine).url) as client:
            await client.send("speak", text="First.", requestId="first")
            for name, priority in [("low", "low"), ("normal", "normal"), ("high", "high")]:
                await client.send("speak", text=name, requestId=name, priority=priority)
            engine.gate.set()
            heard = [await client.hear() for _ in range(4)]
        assert [spoken.end["requestId"] for spoken in heard] == ["first", "high", "normal", "low"]
        assert heard[1].types == ["speaking", "audio_end", "complete"]
        assert heard[1].audio == tones_pcm16("high")

    async def test_eight_wait_and_the_ninth_is_refused(self, start_server: StartServer) -> None:
        engine = WatchedEngine(gated=True)
        async with speak_client(start_server(engine).url) as client:
            for number in range(10):
                await client.send("speak", text="Hello.", requestId=str(number))
            error = await client.until("error")
            assert (error["code"], error["requestId"], error["recoverable"]) == ("RATE_LIMITED", "9", True)
            assert error["retryAfterMs"] > 0
            engine.gate.set()
            for number in range(9):
                assert (await client.hear()).end["requestId"] == str(number)
            await assert_it_speaks(client)


class TestCancel:
    async def test_what_is_being_spoken(self, start_server: StartServer) -> None:
        engine = WatchedEngine(SLOW)
        async with speak_client(start_server(engine).url) as client:
            await client.send("speak", text=LONG_TEXT, requestId="long")
            await client.send("speak", text="Next.", requestId="next")
            await client.until("speaking")
            frames = [await client.receive() for _ in range(3)]
            await client.send("cancel", requestId="long")
            spoken = await client.hear()
            sent = b"".join([frame for frame in frames if isinstance(frame, bytes)] + spoken.frames)
            assert (spoken.end["type"], spoken.end["requestId"], spoken.end["code"]) == (
                "cancelled",
                "long",
                "CANCELLED",
            )
            assert spoken.end["audioLengthMs"] == pytest.approx(len(sent) / 48, abs=1)
            assert sent == tones_pcm16(LONG_TEXT)[: len(sent)]
            assert (await client.hear()).audio == tones_pcm16("Next.")
            assert engine.streams[0].ended

    async def test_one_that_waits(self, start_server: StartServer) -> None:
        async with speak_client(start_server(WatchedEngine(SLOW)).url) as client:
            for name in ("a", "b", "c"):
                await client.send("speak", text="Hello.", requestId=name)
            await client.send("cancel", requestId="b")
            cancelled = await client.until("cancelled")
            assert (cancelled["requestId"], cancelled["audioLengthMs"]) == ("b", 0)
            assert (await client.until("complete"))["requestId"] == "a"
            assert (await client.until("complete"))["requestId"] == "c"

    async def test_all(self, start_server: StartServer) -> None:
        async with speak_client(start_server(WatchedEngine(SLOW)).url) as client:
            for name in ("a", "b", "c"):
                await client.send("speak", text=LONG_TEXT, requestId=name)
            await client.until("speaking")
            await client.send("cancel")
            ended = {(await client.until("cancelled"))["requestId"] for _ in range(3)}
            assert ended == {"a", "b", "c"}
            await assert_it_speaks(client)

    async def test_while_loading(self, start_server: StartServer) -> None:
        engine = WatchedEngine(gated=True)
        async with speak_client(start_server(engine).url) as client:
            await client.send("speak", text="Hello.", requestId="a")
            await client.until("loading")
            await client.send("cancel")
            cancelled = await client.until("cancelled")
            assert (cancelled["requestId"], cancelled["audioLengthMs"]) == ("a", 0)
            engine.gate.set()
            spoken = await client.say("Still here.")
            assert spoken.audio == tones_pcm16("Still here.")
            assert engine.loads == 1

    async def test_at_once(self, start_server: StartServer) -> None:
        """The cancel is there before the utterance has begun to be prepared."""
        engine = WatchedEngine(gated=True)
        async with speak_client(start_server(engine).url) as client:
            for _ in range(10):
                await client.send("speak", text="Hello.")
                await client.send("cancel")
                assert (await client.until("cancelled"))["audioLengthMs"] == 0
            engine.gate.set()
            assert (await client.say("Still here.")).audio == tones_pcm16("Still here.")
        assert len(engine.streams) == 1

    async def test_nothing_is_no_mistake(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            await client.send("cancel")
            await client.send("cancel", requestId="unknown")
            await assert_it_speaks(client)

    async def test_while_the_text_is_being_written(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            await client.send("append", text="This goes on and on", requestId="a")
            await client.until("speaking")
            await client.send("cancel", requestId="a")
            assert (await client.until("cancelled"))["requestId"] == "a"
            await assert_it_speaks(client)

    async def test_stop_while_speaking(self, start_server: StartServer) -> None:
        engine = WatchedEngine(SLOW)
        async with speak_client(start_server(engine).url) as client:
            await client.send("speak", text=LONG_TEXT)
            await client.until("speaking")
            await client.send("stop")
            await client.until("stopped")
            assert await client.closed() == 1000
        assert await all_ended(engine)


class TestLoading:
    async def test_every_session_that_waits_hears_of_it(self, start_server: StartServer) -> None:
        engine = WatchedEngine(gated=True)
        server = start_server(engine)
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(speak_client(server.url)) for _ in range(4)]
            for client in clients:
                assert client.ready["voiceLoaded"] is False
                await client.send("speak", text="Hello.")
                assert await client.expect("loading") == {"type": "loading", "what": "tones", "progress": None}
            engine.gate.set()
            for client in clients:
                spoken = await client.hear()
                progress = [message["progress"] for message in spoken.messages if message["type"] == "loading"]
                assert progress == [0.0, 0.2, 0.4, 0.6, 0.8]
                assert spoken.audio == tones_pcm16("Hello.")
        assert engine.loads == 1
        async with speak_client(server.url) as late:
            assert late.ready["voiceLoaded"] is True
            await assert_it_speaks(late)

    async def test_a_load_that_fails_says_what_mends_it(self, start_server: StartServer) -> None:
        broken = AssetError("weights", "They are not there.", mend="Run: fetch them")
        server = start_server(WatchedEngine(FakeScript(load_error=broken)))
        async with speak_client(server.url) as client:
            for _ in range(2):
                error = (await client.say("Hello.", requestId="a")).end
                assert error["code"] == "TTS_LOAD_FAILED"
                assert error["recoverable"] is False
                assert error["requestId"] == "a"
                assert "Run: fetch them" in error["message"]

    async def test_a_load_that_takes_too_long(self, start_server: StartServer) -> None:
        engine = WatchedEngine(gated=True)
        async with speak_client(start_server(engine, load_wait_s=0.1).url) as client:
            error = (await client.say("Hello.")).end
            assert (error["code"], error["recoverable"]) == ("MODEL_LOADING", True)
            engine.gate.set()
            spoken = await client.say("Hello.")
            assert spoken.audio == tones_pcm16("Hello.")
            assert engine.loads == 1

    async def test_a_broken_engine_does_not_end_the_session(self, start_server: StartServer) -> None:
        """Also what no engine should raise ends as an error, not in silence."""

        class Broken(WatchedEngine):
            def open(self, request: SpeechRequest) -> SpeechStream:  # type: ignore[override]
                if request.seed == 13:
                    raise RuntimeError("a bug")
                return super().open(request)

        async with speak_client(start_server(Broken()).url) as client:
            await client.start(seed=13)
            error = (await client.say("Hello.")).end
            assert error["code"] == "SYNTHESIS_ERROR"
            assert "a bug" not in error["message"]
            await client.start()
            await assert_it_speaks(client)


class TestFailure:
    async def test_the_engine_fails_and_the_session_goes_on(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            await client.send("speak", text=f"Hello {FAIL_WORD}", requestId="a")
            await client.send("speak", text="Next.", requestId="b")
            spoken = await client.hear()
            assert (spoken.end["code"], spoken.end["recoverable"]) == ("SYNTHESIS_ERROR", True)
            assert spoken.end["requestId"] == "a"
            assert spoken.audio == tones_pcm16("Hello ")[: len(spoken.audio)]
            assert (await client.hear()).audio == tones_pcm16("Next.")
            await assert_it_speaks(client)


BAD_INPUT: dict[str, tuple[str | bytes, str]] = {
    "not JSON": ("Hello.", "INVALID_MESSAGE"),
    "cut JSON": ('{"type": "speak", "text": "Hel', "INVALID_MESSAGE"),
    "an empty message": ("", "INVALID_MESSAGE"),
    "not an object": ('["speak"]', "INVALID_MESSAGE"),
    "deeply nested": ("[" * 30_000, "INVALID_MESSAGE"),
    "binary": (b"\x00\x01", "INVALID_MESSAGE"),
    "10 MB": ('{"type": "speak", "text": "' + "a" * 10_000_000 + '"}', "INVALID_MESSAGE"),
    "10 MB of binary": (b"\x00" * 10_000_000, "INVALID_MESSAGE"),
    "no type": ('{"text": "Hello."}', "INVALID_MESSAGE"),
    "an unknown type": ('{"type": "sing", "text": "Hello."}', "INVALID_MESSAGE"),
    "a type of a wrong type": ('{"type": 7}', "INVALID_MESSAGE"),
    "no text": ('{"type": "speak"}', "INVALID_MESSAGE"),
    "text of a wrong type": ('{"type": "speak", "text": 7}', "INVALID_MESSAGE"),
    "text that is null": ('{"type": "speak", "text": null}', "INVALID_MESSAGE"),
    "an unknown priority": ('{"type": "speak", "text": "Hello.", "priority": "highest"}', "INVALID_MESSAGE"),
    "an id of a wrong type": ('{"type": "speak", "text": "Hello.", "requestId": 7}', "INVALID_MESSAGE"),
    "an id that is too long": ('{"type": "cancel", "requestId": "' + "i" * 129 + '"}', "INVALID_MESSAGE"),
    "an id that is half a pair": ('{"type": "speak", "text": "Hi.", "requestId": "\\ud800"}', "INVALID_MESSAGE"),
    "an unknown language": ('{"type": "speak", "text": "Hello.", "language": "Klingon"}', "INVALID_MESSAGE"),
    "an unknown voice": ('{"type": "speak", "text": "Hello.", "voice": "unknown"}', "VOICE_NOT_FOUND"),
    "a rate that is too low": ('{"type": "start", "sampleRate": 7999}', "INVALID_MESSAGE"),
    "a rate that is too high": ('{"type": "start", "sampleRate": 48001}', "INVALID_MESSAGE"),
    "a rate of a wrong type": ('{"type": "start", "sampleRate": "24000"}', "INVALID_MESSAGE"),
    "a rate that is no number": ('{"type": "start", "sampleRate": NaN}', "INVALID_MESSAGE"),
    "an unknown encoding": ('{"type": "start", "encoding": "mp3"}', "INVALID_MESSAGE"),
    "an unknown transport": ('{"type": "start", "transport": "pigeon"}', "INVALID_MESSAGE"),
    "a seed below zero": ('{"type": "start", "seed": -1}', "INVALID_MESSAGE"),
    "end without append": ('{"type": "end"}', "INVALID_MESSAGE"),
    "1,001 characters": ('{"type": "speak", "text": "' + "a" * 1001 + '"}', "INVALID_TEXT"),
    "1,001 emoji and letters": (json.dumps({"type": "speak", "text": "a🎉" * 501}), "INVALID_TEXT"),
    "empty text": ('{"type": "speak", "text": ""}', "INVALID_TEXT"),
    "only spaces": ('{"type": "speak", "text": " \\t\\n\\u00a0\\u3000"}', "INVALID_TEXT"),
    "only emoji": (json.dumps({"type": "speak", "text": "🎉👩‍👩‍👧 🇩🇪#️⃣"}), "INVALID_TEXT"),
    "only punctuation": ('{"type": "speak", "text": "?!... —"}', "INVALID_TEXT"),
    "only what has no width": ('{"type": "speak", "text": "\\u200b\\ufeff"}', "INVALID_TEXT"),
    "a null character": ('{"type": "speak", "text": "Hel\\u0000lo."}', "INVALID_TEXT"),
    "an escape character": ('{"type": "speak", "text": "\\u001b[31mHello."}', "INVALID_TEXT"),
    "a high half of a pair": ('{"type": "speak", "text": "Hello \\ud83d"}', "INVALID_TEXT"),
    "a low half of a pair": ('{"type": "speak", "text": "\\ude00 Hello"}', "INVALID_TEXT"),
    "halves in the wrong order": ('{"type": "append", "text": "Hello \\ude00\\ud83d."}', "INVALID_TEXT"),
}


class TestBadInput:
    """Each gets the protocol's error, and the session speaks the next sentence as if nothing had been."""

    @pytest.mark.parametrize("name", BAD_INPUT)
    async def test_it_is_refused_and_the_session_goes_on(self, tone_server: ThreadServer, name: str) -> None:
        frame, code = BAD_INPUT[name]
        async with speak_client(tone_server.url) as client:
            await client.send_raw(frame)
            error = await client.expect("error")
            assert error["code"] == code
            assert error["recoverable"] is (code != "INVALID_TEXT")
            assert 10 < len(error["message"]) < 400
            await assert_it_speaks(client)

    # An `end` would end the text here.
    @pytest.mark.parametrize("name", [name for name in BAD_INPUT if name != "end without append"])
    async def test_it_does_not_disturb_what_is_being_spoken(self, tone_server: ThreadServer, name: str) -> None:
        frame, code = BAD_INPUT[name]
        async with speak_client(tone_server.url) as client:
            await client.send("append", text="This is being spoken", requestId="a")
            await client.until("speaking")
            await client.send_raw(frame)
            assert (await client.until("error"))["code"] in (code, "INVALID_MESSAGE")
            await client.send("append", text=" to its end.", requestId="a")
            await client.send("end", requestId="a")
            complete = await client.until("complete")
            assert complete["audioLengthMs"] == len("This is being spoken to its end.") * CHARACTER_MS
            await assert_it_speaks(client)

    async def test_the_same_over_the_product_as_people_start_it(self, espeak_server: ProcessServer) -> None:
        async with speak_client(espeak_server.url) as client:
            for frame, code in BAD_INPUT.values():
                await client.send_raw(frame)
                assert (await client.expect("error"))["code"] == code
            assert (await client.say("Still here.")).end["type"] == "complete"

    async def test_start_while_speaking_changes_nothing(self, start_server: StartServer) -> None:
        async with speak_client(start_server(WatchedEngine(SLOW)).url) as client:
            await client.send("speak", text="Hello there.", requestId="a")
            await client.until("speaking")
            await client.send("start", sampleRate=8_000)
            assert (await client.until("error"))["code"] == "INVALID_MESSAGE"
            assert (await client.until("audio_end"))["sample_rate"] == 24_000

    async def test_what_is_not_utf8_closes_that_socket_alone(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            await client.socket.send(b"\xff\xfe", text=True)
            assert await client.closed() == 1007
        async with speak_client(tone_server.url) as client:
            await assert_it_speaks(client)


class TestSlowClients:
    async def test_a_disconnect_stops_synthesis(self, start_server: StartServer) -> None:
        engine = WatchedEngine(SLOW)
        server = start_server(engine)
        async with AsyncExitStack() as stack:
            for index in range(4):
                client = await stack.enter_async_context(speak_client(server.url))
                await client.send("speak", text=LONG_TEXT)
                await client.send("speak", text=LONG_TEXT)
                await client.until("speaking")
                if index % 2:
                    client.socket.transport.abort()  # no farewell, as when a network goes away
        assert await all_ended(engine)
        assert len(engine.streams) == 4
        assert await soon(lambda: not server.services.sockets)

    async def test_a_disconnect_while_loading(self, start_server: StartServer) -> None:
        engine = WatchedEngine(gated=True)
        server = start_server(engine)
        async with speak_client(server.url) as client:
            await client.send("speak", text="Hello.")
            await client.until("loading")
        assert await soon(lambda: not server.services.sockets)
        engine.gate.set()
        async with speak_client(server.url) as client:
            assert (await client.say("Hello.")).audio == tones_pcm16("Hello.")
        assert len(engine.streams) == 1

    async def test_who_does_not_read_holds_back_nobody_else(self, start_server: StartServer) -> None:
        engine = WatchedEngine()
        server = start_server(engine)
        characters = 5_000  # 200 s of audio, 19 MB
        async with speak_client(server.url, receive_bytes=SMALL_BYTES) as deaf, speak_client(server.url) as other:
            await deaf.start(encoding="pcm32f")
            for _ in range(characters // 1_000):
                await deaf.send("append", text="a" * 1_000)
            await deaf.send("end")
            assert await soon(lambda: bool(engine.streams))
            for _ in range(3):
                spoken = await other.say("Still here.")
                assert spoken.audio == tones_pcm16("Still here.")

            stream = engine.streams[0]
            made = [-1]

            def stands_still() -> bool:
                before, made[0] = made[0], stream.made_samples
                return stream.full and before == made[0]

            assert await soon(stands_still, every_s=0.25)
            # The server's socket takes up to 4 MB; what is beyond that is not made before it is wanted.
            assert made[0] < 0.5 * characters * 960
            heard = await deaf.hear()
            assert len(heard.audio) == characters * 960 * 4
            assert heard.end["finishReason"] == "end"

    async def test_who_does_not_read_for_too_long_loses_the_utterance(self, start_server: StartServer) -> None:
        engine = WatchedEngine()
        server = start_server(engine, client_timeout_s=0.2)
        async with speak_client(server.url, receive_bytes=SMALL_BYTES) as client:
            await client.start(encoding="pcm32f", sampleRate=48_000)
            for _ in range(5):
                await client.send("append", text="a" * 1_000, requestId="a")
            await client.send("end")
            assert await all_ended(engine)
            spoken = await client.hear()
            assert (spoken.end["code"], spoken.end["requestId"]) == ("TIMEOUT", "a")
            assert spoken.end["recoverable"] is True
            await client.start()
            await assert_it_speaks(client)

    async def test_a_text_that_is_never_ended(self, start_server: StartServer) -> None:
        engine = WatchedEngine()
        async with speak_client(start_server(engine, client_timeout_s=0.2).url) as client:
            await client.send("append", text="And then she said", requestId="a")
            spoken = await client.hear()
            assert (spoken.end["code"], spoken.end["requestId"]) == ("TIMEOUT", "a")
            assert await all_ended(engine)
            await assert_it_speaks(client)

    async def test_an_engine_that_makes_nothing(self, start_server: StartServer) -> None:
        engine = WatchedEngine(FakeScript(character_s=0.5))
        async with speak_client(start_server(engine, audio_timeout_s=0.1).url) as client:
            spoken = await client.say("Hello.")
            assert spoken.end["code"] == "TIMEOUT"
            assert await all_ended(engine)


class TestShutdown:
    async def test_what_is_being_spoken_is_drained(self, start_server: StartServer) -> None:
        server = start_server(WatchedEngine(SLOW))
        async with speak_client(server.url) as speaking, speak_client(server.url) as idle:
            await speaking.send("speak", text="This is spoken to its end.")
            await speaking.send("speak", text="This too.")
            await speaking.until("speaking")
            server.server.should_exit = True
            assert "shutting down" in (await idle.expect("stopped"))["reason"]
            assert await idle.closed() == 1001
            await speaking.send("speak", text="Not this.")
            assert (await speaking.until("error"))["code"] == "RATE_LIMITED"
            assert (await speaking.until("complete"))["audioLengthMs"] == 26 * CHARACTER_MS
            assert (await speaking.until("complete"))["audioLengthMs"] == 9 * CHARACTER_MS
            await speaking.expect("stopped")
            assert await speaking.closed() == 1001

    async def test_it_does_not_wait_for_ever(self, start_server: StartServer) -> None:
        engine = WatchedEngine(SLOW)
        server = start_server(engine, drain_s=0.2)
        async with speak_client(server.url) as client:
            await client.send("speak", text=LONG_TEXT)
            await client.until("speaking")
            await asyncio.to_thread(server.stop)
            await client.closed()
        assert await all_ended(engine)

    @pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
    async def test_a_signal_ends_the_process_well(self, tmp_path: Path, ending: signal.Signals) -> None:
        with ColdServer(tmp_path, "--engine", "espeak") as server:
            async with speak_client(server.url) as client:
                await client.send("speak", text="Hello there, this is being said while the signal comes. " * 10)
                await client.until("speaking")
                server.process.send_signal(ending)
                complete = await client.until("complete")
                assert complete["finishReason"] == "end"
                await client.expect("stopped")
                assert await client.closed() == 1001
            assert await asyncio.to_thread(server.process.wait, 20) == 0
