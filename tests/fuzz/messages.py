"""Cases of what comes in messages: the own sockets' rules, and the messages of other services' clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from random import Random
from unittest.mock import Mock

from makima.errors import InvalidMessage, MakimaError
from makima.priority import RANK
from makima.server import wire
from makima.server.doors.cartesia import wire as cartesia
from makima.server.doors.common.socket import fields_of
from makima.server.doors.deepgram import wire as deepgram
from makima.server.doors.elevenlabs import wire as elevenlabs
from makima.server.doors.realtime import config, events
from makima.server.doors.realtime.items import Items, messages, read
from makima.server.doors.realtime.wanted import tools_of, wanted
from makima.server.doors.wyoming.framing import read_event
from makima.server.listen import messages as listen_messages
from makima.server.listen.session import ListenSession
from makima.server.speak.session import MAX_STREAMED_CHARACTERS, MAX_WAITING, Session
from makima.stt.protocol import ListenEnd, Partial, SpeechStarted
from makima.voices.catalog import Voice, VoiceCatalog
from tests.fuzz.generators import Known, any_string, encoded, fields, mutated, text, value

IDS = ("a", "b", "c", "", "x" * 200)
VOICES = ("makima", "lena", "nobody", "../x", "af_heart:0.5+af_sky:0.5", "")
LANGUAGES = ("English", "de", "Auto", "Klingon", "ja-JP", "")
RATES = (8_000, 16_000, 24_000, 48_000, 1, 10**9)
FORMATS = ("pcm_s16le", "pcm_f32le", "mp3", "wav", "raw", "pcm_16000", "mp3_44100_128", "mp3_44100_" + "9" * 5_000)


def sendable(message: object) -> None:
    """Own messages are sent as UTF-8, whatever of the client's they quote."""
    json.dumps(message, ensure_ascii=False).encode()


def answerable(message: object) -> None:
    """Messages to clients of other services are sent as ASCII, and every reader takes their numbers."""
    json.dumps(message, allow_nan=False)


@cache
def _catalog() -> VoiceCatalog:
    voices = [
        Voice(id=name, name=name, language="English", description="", engine="fake") for name in ("makima", "lena")
    ]
    return VoiceCatalog(voices, "makima")


def _speak_message(random: Random) -> str:
    known: Known = {
        "requestId": IDS,
        "text": lambda random: any_string(random) if random.random() < 0.5 else text(random),
        "voice": VOICES,
        "language": LANGUAGES,
        "priority": tuple(RANK),
        "sampleRate": RATES,
        "encoding": ("pcm16", "pcm_f32", "mulaw"),
        "contractId": IDS,
        "respond": (True, False),
        "seed": (1, -1, 2**63),
        "playedMs": (0, 1.5, -1),
        "pronunciations": ({"a": "b"}, {"~x": "y"}, {"": ""}, {"a" * 300: "b"}),
    }
    kind = random.choice(("start", "speak", "append", "append", "append", "end", "cancel", "stop", "what"))
    if random.random() < 0.7:
        # One that is right for its type, so that the rules behind the reader are reached.
        of: dict[str, tuple[str, ...]] = {
            "start": ("voice", "language", "contractId"),
            "speak": ("text", "requestId", "priority"),
            "append": ("text", "requestId"),
            "end": ("requestId",),
            "cancel": ("requestId",),
        }
        made = fields(random, {name: known[name] for name in of.get(kind, ())})
    else:
        made = fields(random, known)
    return encoded(random, {"type": kind, **made})


def _seen(session: Session) -> tuple[object, ...]:
    """What a message that is refused may not change."""
    waiting = [(each.request_id, each.text, each.complete) for each in session.waiting]
    writing = session.writing and (session.writing.request_id, session.writing.text)
    return session.state, session.choices, waiting, writing, session.current


def speak_session(random: Random) -> None:
    """A session of a dozen messages, ends of utterances and replies between them."""
    session = Session("s", _catalog())
    session.connected()

    def received() -> list[object]:
        return list(session.receive(wire.decode(_speak_message(random))))

    steps: tuple[Callable[[], Iterable[object]], ...] = (
        *(received,) * 8,
        session.finished,
        lambda: session.write_reply(random.choice("rq"), text(random)),
        lambda: session.end_reply(random.choice("rq")),
        lambda: session.interrupt(random.choice(IDS), {"at": 1}),
        lambda: session.text_missing(session.writing, InvalidMessage("late")) if session.writing else [],
    )
    with suppress(MakimaError):
        session.receive(wire.decode('{"type":"start"}'))
    for _ in range(random.randint(1, 12)):
        before = _seen(session)
        try:
            for effect in random.choice(steps)():
                sendable(getattr(effect, "message", None))
        except MakimaError as exc:
            sendable(wire.refusal(exc))
            assert _seen(session) == before
        assert len(session.waiting) <= MAX_WAITING
        assert session.writing is None or len(session.writing.text) <= MAX_STREAMED_CHARACTERS


def listen_session(random: Random) -> None:
    """A listen session: starts, stops, frames cut anywhere, events of the recogniser."""
    session = ListenSession("l", ("English", "German"))
    session.connected()
    for _ in range(random.randint(1, 12)):
        try:
            match random.randrange(6):
                case 0 | 1:
                    kind = random.choice(("start", "stop", "speak"))
                    known = {"sampleRate": RATES, "language": LANGUAGES, "diarize": (True,), "reason": ("x",)}
                    known |= {"encoding": ("pcm16", "pcm_f32")}
                    message = encoded(random, {"type": kind, **fields(random, known)})
                    effects = session.receive(listen_messages.decode(message))
                case 2 | 3:
                    effects = session.audio(random.randbytes(random.randrange(9)))
                case 4:
                    effects = session.heard(
                        random.choice((SpeechStarted(1, 0), Partial(1, "a", 0, 9), ListenEnd("end")))
                    )
                case _:
                    effects = session.not_opened()
            for effect in effects:
                sendable(getattr(effect, "message", None))
        except MakimaError as exc:
            sendable(wire.refusal(exc))


def wire_text(random: Random) -> None:
    """Any text where a message is expected."""
    written = encoded(random, value(random, 4))
    for decode in (wire.decode, listen_messages.decode, fields_of):
        try:
            decode(written)
        except MakimaError as exc:
            sendable(wire.refusal(exc))


def realtime(random: Random) -> None:
    """Updates of a Realtime session, items, and what responses ask for."""
    chosen = config.initial(None, transcription=random.random() < 0.2)
    items = Items()
    part = {"type": ("input_text", "output_text", "text", "input_audio"), "text": ("hi",), "transcript": ("x", None)}
    item: Known = {
        "id": IDS,
        "type": ("message", "function_call", "function_call_output"),
        "role": ("user", "assistant", "system", "tool"),
        "content": lambda random: [fields(random, part) for _ in range(random.randrange(3))],
        "call_id": IDS,
        "name": ("f",),
        "arguments": ("{}",),
        "output": ("1",),
    }
    turns = {"type": ("server_vad", "semantic_vad"), "threshold": (0.5, 2), "silence_duration_ms": (1, 10**9)}
    form = {"type": ("audio/pcm", "audio/pcmu", "x"), "rate": RATES}
    side: Known = {
        "format": lambda r: fields(r, form),
        "turn_detection": lambda r: fields(r, turns),
        "voice": ("alloy", {"id": 1}),
    }
    session: Known = {
        "type": ("realtime", "transcription"),
        "audio": lambda r: {"input": fields(r, side), "output": fields(r, side)},
        "tools": lambda r: [fields(r, {"type": ("function",), "name": ("f",), "parameters": ({},)})],
        "tool_choice": ("auto", {"name": "f"}),
        "instructions": ("be kind",),
    }
    for _ in range(random.randint(1, 5)):
        event_id = value(random, 1)
        try:
            sent = encoded(
                random, {"session": fields(random, session), "item": fields(random, item), "event_id": event_id}
            )
            given = fields_of(sent)
            changes = given.get("session")
            if isinstance(changes, dict):
                chosen = config.update(chosen, changes)
            answerable(chosen.wire("s"))
            made = read(given.get("item"))
            before = items.add(made, random.choice((None, "root", *IDS)))
            answerable(events.item_added(made, before))
            answerable(events.event("x", messages=[str(each) for each in messages("", list(items))]))
            asked = wanted(fields(random, {"conversation": ("auto", "none"), "input": ([],), "tools": ([{}],)}))
            tools_of(chosen, asked)
            items.truncate(random.choice(IDS), random.choice((0, 5.5, -1, "x", None)))
        except MakimaError as exc:
            answerable(events.failure(exc, event_id))


def hosted(random: Random) -> None:
    """Messages and queries of ElevenLabs', Cartesia's and Deepgram's clients."""
    frame: Known = {
        "text": text,
        "transcript": text,
        "context_id": IDS,
        "continue": (True, False),
        "voice": ({"mode": "id", "id": "lena"}, "lena"),
        "output_format": lambda r: fields(
            r, {"container": FORMATS, "encoding": FORMATS, "sample_rate": RATES, "bit_rate": RATES}
        ),
        "voice_settings": ({"speed": 1.1}, {"speed": float("nan")}, {"speed": float("inf")}),
        "speed": (1, "fast", float("nan"), "x", -1),
        "generation_config": ({"speed": 0.5}, {"speed": float("inf")}),
        "flush": (True,),
    }
    try:
        given = fields_of(encoded(random, fields(random, frame)))
        for read_speed in (
            lambda: cartesia.decode(given).tempo,
            lambda: cartesia.decode(given).output_format.form,
            lambda: cartesia.decode(given).voice_name,
            lambda: elevenlabs.decode(given).speed,
            lambda: elevenlabs.decode_body(given).speed,
            lambda: elevenlabs.output_format(random.choice((*FORMATS, any_string(random)))),
            lambda: deepgram.asked(_query(random), streamed=random.random() < 0.5),
        ):
            try:
                read_speed()
            except MakimaError as exc:
                answerable(elevenlabs.error(exc, "c"))
                answerable(cartesia.error("c", exc, 400))
    except MakimaError as exc:
        sendable(wire.refusal(exc))


def _query(random: Random) -> dict[str, str]:
    numbers = ("24000", "nan", "inf", "-1", "1e400", "9" * 5_000, "0x10", "")
    known = {"encoding": ("linear16", "mp3", "mulaw"), "sample_rate": numbers, "bit_rate": numbers, "speed": numbers}
    return {name: given if isinstance(given, str) else str(given) for name, given in fields(random, known).items()}


_LOOP = Mock(spec=asyncio.AbstractEventLoop)
"""A reader asks for a loop, and uses it where it waits alone."""


def wyoming(random: Random) -> None:
    """Frames on Wyoming's port, whole and damaged."""
    data = json.dumps(fields(random, {"rate": RATES, "text": ("x",)})).encode()
    payload = random.randbytes(random.randrange(32))
    header = {
        "type": random.choice(("synthesize", "audio-chunk", "describe", 1, None)),
        "data_length": random.choice((len(data), 0, -1, 10**30, "1", None, True, 1.5)),
        "payload_length": random.choice((len(payload), 0, -1, 10**12, [])),
        "data": value(random, 2) if random.random() < 0.3 else {},
    }
    frame = encoded(random, header).encode("utf-8", "replace") + b"\n" + data + payload
    if random.random() < 0.5:
        frame = mutated(random, frame)

    async def read_all() -> None:
        reader = asyncio.StreamReader(limit=1 << 20, loop=_LOOP)
        reader.feed_data(frame)
        reader.feed_eof()
        with suppress(InvalidMessage):
            while await read_event(reader) is not None:
                pass

    coroutine = read_all()
    # All there is to read has come, so that it never waits and needs no loop that runs.
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("The reader waits at the end of the stream.")
