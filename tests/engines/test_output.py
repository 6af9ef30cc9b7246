"""`makima.engines.output`: what reaches a listener, and what is counted of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.audio.pcm import Encoding, encode
from makima.engines.buffer import StreamBuffer
from makima.engines.output import Format, Patience, Piece, SpeechOutput
from makima.engines.protocol import Engine, Observer, SpeechRequest
from makima.errors import CapacityError, MakimaError, SynthesisFailed, Timeout
from makima.events import AudioChunk, EndReason, Samples, SpeechEnd

RATE_HZ = 24_000
REQUEST = SpeechRequest("makima")
PATIENCE = Patience(audio_s=5.0, text_s=5.0)


class Stream(StreamBuffer):
    """A stream that a test fills."""

    def __init__(self) -> None:
        super().__init__(RATE_HZ)
        self.text = ""

    def feed(self, text: str) -> None:
        self.text += text

    def end_text(self) -> None:
        self.text += "."


class OneStream:
    """An engine whose next stream is known, or that refuses to open one."""

    def __init__(self, stream: Any, error: Exception | None = None) -> None:
        self.stream = stream
        self.error = error

    def open(self, request: SpeechRequest) -> Any:
        if self.error is not None:
            raise self.error
        if request.on_begun is not None:
            request.on_begun(0.25)
            request.on_begun(9.0)  # of a later part
        return self.stream


@dataclass
class Counts(Observer):
    """An observer that notes what it is told."""

    first: list[float] = field(default_factory=list)
    onsets: list[float] = field(default_factory=list)
    endings: list[tuple[str, Any, str | None]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)

    def begun(self) -> None:
        self.told.append("begun")

    def text(self, piece: str) -> None:
        self.told.append(f"text {piece}")

    def queued(self, wait_s: float, since_s: float) -> None:
        self.waits_s.append(wait_s)
        assert since_s >= 0

    def waits(self) -> None:
        self.told.append("waits")

    def progressed(self) -> None:
        self.told.append("progressed")

    def gave_up(self) -> None:
        self.told.append("gave up")

    def paced(self, real_time_factor: float) -> None:
        self.factors.append(real_time_factor)

    def first_audio(self, after_s: float) -> None:
        self.first.append(after_s)

    def onset(self, silence_s: float) -> None:
        self.onsets.append(silence_s)

    def ended(self, outcome: str, audio_s: float, error: MakimaError | None) -> None:
        self.endings.append((outcome, audio_s, error.code if error is not None else None))


def engine_of(stream: Any, error: Exception | None = None) -> Engine:
    return cast(Engine, OneStream(stream, error))


def filled(chunks: list[Samples], reason: EndReason = "end", error: MakimaError | None = None) -> Stream:
    stream = Stream()
    for chunk in chunks:
        stream.put(chunk)
    stream.onset_sample = 240
    stream.finish(reason, error)
    return stream


def noise(samples: int) -> Samples:
    return np.random.default_rng(samples).uniform(-1, 1, samples).astype(np.float32)


def opened(stream: Any, counts: Counts | None = None, form: Format | None = None, **options: Any) -> SpeechOutput:
    output = SpeechOutput(form or Format(), counts, PATIENCE, **options)
    output.open(engine_of(stream), REQUEST)
    return output


def in_a_thread(output: SpeechOutput) -> list[Piece]:
    with output:
        return list(output)


def in_a_loop(output: SpeechOutput) -> list[Piece]:
    async def collect() -> list[Piece]:
        output.feed("", complete=True)
        with output:
            return [piece async for piece in output]

    return asyncio.run(collect())


BOTH = pytest.mark.parametrize("collect", [in_a_thread, in_a_loop])


@BOTH
@given(sizes=st.lists(st.integers(1, 3_000), min_size=1, max_size=5), rate_hz=st.sampled_from([None, 8_000, 48_000]))
def test_pieces_join_to_the_audio(
    collect: Callable[[SpeechOutput], list[Piece]], sizes: list[int], rate_hz: int | None
) -> None:
    chunks, counts = [noise(size) for size in sizes], Counts()
    output = opened(filled(chunks), counts, Format(rate_hz))
    pieces = collect(output)
    samples = round(sum(sizes) * (rate_hz or RATE_HZ) / RATE_HZ)
    assert [piece.final for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert [piece.start_sample for piece in pieces] == [sum(p.samples for p in pieces[:i]) for i in range(len(pieces))]
    assert len(b"".join(piece.pcm for piece in pieces)) == 2 * output.samples == 2 * samples
    if rate_hz is None:
        assert b"".join(piece.pcm for piece in pieces) == encode(np.concatenate(chunks), Encoding.PCM16)
    assert len(counts.first) == (samples > 0)  # a sample or two at a lower rate are none
    assert counts.onsets == [0.01]
    assert counts.endings == [("end", pytest.approx(samples / output.sample_rate_hz, abs=1e-9), None)]


@BOTH
@pytest.mark.parametrize(
    ("error", "code"), [(None, "SYNTHESIS_ERROR"), (CapacityError("Full.", retry_after_s=1.0), "RATE_LIMITED")]
)
def test_a_stream_that_fails(
    collect: Callable[[SpeechOutput], list[Piece]], error: MakimaError | None, code: str
) -> None:
    counts = Counts()
    with pytest.raises(MakimaError) as raised:
        collect(opened(filled([noise(480)], "failed", error), counts))
    assert raised.value.code == code
    assert counts.endings == [("error", 0.02, code)]


@BOTH
def test_a_cancelled_stream_has_no_final_piece(collect: Callable[[SpeechOutput], list[Piece]]) -> None:
    counts = Counts()
    output = opened(filled([noise(480)], "cancelled"), counts)
    output.cancel()
    assert not any(piece.final for piece in collect(output))
    assert [outcome for outcome, _, _ in counts.endings] == ["cancelled"]


@BOTH
def test_a_stream_that_its_engine_gives_up_is_a_failure(collect: Callable[[SpeechOutput], list[Piece]]) -> None:
    """As where it is closed in the middle: what was sent is not the whole."""
    counts = Counts()
    with pytest.raises(SynthesisFailed, match="closed"):
        collect(opened(filled([noise(480)], "cancelled"), counts))
    assert counts.endings == [("error", 0.02, "SYNTHESIS_ERROR")]


@pytest.mark.parametrize(
    ("raised", "code"), [(RuntimeError("A fault."), "SYNTHESIS_ERROR"), (SynthesisFailed("No."), "SYNTHESIS_ERROR")]
)
def test_an_engine_that_does_not_open(raised: Exception, code: str) -> None:
    counts = Counts()
    with pytest.raises(SynthesisFailed), SpeechOutput(Format(), counts) as output:
        output.open(engine_of(None, raised), REQUEST)
    assert counts.endings == [("error", 0.0, code)]


def test_an_exception_of_the_engine_is_reported_as_its_failure() -> None:
    class Broken(Stream):
        def __iter__(self) -> Iterator[AudioChunk | SpeechEnd]:
            raise ZeroDivisionError

    counts = Counts()
    with pytest.raises(SynthesisFailed, match="The engine failed"):
        in_a_thread(opened(Broken(), counts))
    assert counts.endings == [("error", 0.0, "SYNTHESIS_ERROR")]


def test_leaving_early_cancels_the_stream() -> None:
    stream, counts = filled([noise(480)] * 3), Counts()
    with opened(stream, counts) as output:
        pieces = iter(output)
        next(pieces), next(pieces)
    assert isinstance(stream.poll(), SpeechEnd)
    assert counts.endings == [("cancelled", 0.02, None)]  # the second piece was not taken


def test_cancelling_before_it_is_open() -> None:
    output = SpeechOutput(Format())
    output.cancel()
    stream = Stream()
    output.open(engine_of(stream), REQUEST)
    assert stream.ended


def test_a_listener_who_leaves_cancels_the_stream_though_it_makes_no_audio() -> None:
    async def scenario() -> None:
        left = asyncio.Event()
        stream, counts = Stream(), Counts()
        with opened(stream, counts, left=left.wait) as output:
            asyncio.get_running_loop().call_later(0.01, left.set)
            assert [piece async for piece in output] == []
        assert stream.ended
        assert counts.endings == [("cancelled", 0.0, None)]

    asyncio.run(scenario())


def test_text_that_does_not_come() -> None:
    async def scenario(complete: bool) -> str:
        output = SpeechOutput(Format(), None, Patience(audio_s=0.02, text_s=0.01))
        output.open(engine_of(Stream()), REQUEST)
        output.feed("Hello", complete=complete)
        with pytest.raises(Timeout) as raised, output:
            await anext(aiter(output))
        return str(raised.value)

    assert "no more text came" in asyncio.run(scenario(False))
    assert "no more audio was made" in asyncio.run(scenario(True))


def test_the_engine_is_waited_for_once_the_text_is_complete() -> None:
    async def scenario(*pieces: tuple[str, bool]) -> Counts:
        stream, counts = Stream(), Counts()
        output = opened(stream, counts)
        for text, complete in pieces:
            output.feed(text, complete=complete)
        asyncio.get_running_loop().call_later(0.01, stream.put, noise(480))
        asyncio.get_running_loop().call_later(0.02, stream.finish, "end")
        with output:
            assert [piece.samples async for piece in output] == [480, 0]
        return counts

    whole = asyncio.run(scenario(("Hello.", True)))
    assert whole.told == ["text Hello.", "begun", "waits", "progressed", "waits", "progressed"]
    assert whole.waits_s == [0.25]
    (factor,) = whole.factors
    assert factor > 0
    written = asyncio.run(scenario(("Hel", False), ("lo.", True)))
    assert written.told[:3] == ["text Hel", "text lo.", "begun"]
    assert written.factors == [], "some of the time was the writer's"


def test_what_was_waited_for_in_vain() -> None:
    async def scenario() -> Counts:
        counts = Counts()
        output = SpeechOutput(Format(), counts, Patience(audio_s=0.01, text_s=5.0))
        output.open(engine_of(Stream()), REQUEST)
        output.feed("Hello", complete=True)
        with pytest.raises(Timeout), output:
            await anext(aiter(output))
        return counts

    counts = asyncio.run(scenario())
    assert counts.told[1:] == ["begun", "waits", "gave up"]
    assert counts.waits_s == [0.25], "also of an utterance without any audio"
    assert counts.endings == [("error", 0.0, "TIMEOUT")]
