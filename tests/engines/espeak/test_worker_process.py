"""The helper process of espeak-ng: real ones, which speak, give phonemes, are cancelled and fail."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from makima.engines.espeak.worker_process import WorkerProcess, program
from makima.errors import SynthesisFailed
from tests.native_process.programs import is_running
from tests.support.server.streams import eventually

ONE_LONG_SENTENCE = "and then one thing came after the other " * 400


@pytest.fixture
def process() -> Iterator[WorkerProcess]:
    process = WorkerProcess(program())
    yield process
    process.kill()


def audio(process: WorkerProcess, text: str, voice: str = "en-us+f2") -> bytes:
    return b"".join(piece.pcm16 for piece in process.speak(text, voice))


def test_cancel_stops_the_synthesis_itself(process: WorkerProcess) -> None:
    whole = sum(len(piece.pcm16) for piece in process.speak(ONE_LONG_SENTENCE, "en-us+f2"))
    pieces = process.speak(ONE_LONG_SENTENCE, "en-us+f2")
    made = len(next(pieces).pcm16)
    process.cancel()
    made += sum(len(piece.pcm16) for piece in pieces)
    assert made < 0.1 * whole


def test_it_speaks_on_after_a_cancel(process: WorkerProcess) -> None:
    expected = audio(process, "Hello there.")
    for _ in range(20):
        pieces = process.speak("One, two, three.", "en-us+f2")
        next(pieces)
        process.cancel()
        process.cancel()
        for _ in pieces:
            pass
        assert audio(process, "Hello there.") == expected


def test_cancel_between_sentences_is_nothing(process: WorkerProcess) -> None:
    process.cancel()
    assert audio(process, "Hello.")


def test_an_unknown_voice_fails_and_harms_nothing(process: WorkerProcess) -> None:
    with pytest.raises(SynthesisFailed, match="xx"):
        list(process.speak("Hello.", "xx+f2"))
    assert audio(process, "Hello.")


def test_a_failed_request_leaves_the_process_usable(process: WorkerProcess) -> None:
    with pytest.raises(SynthesisFailed, match="no voice xx"):
        process.phonemes("Hello.", "xx")
    assert process.usable
    assert process.phonemes("Hello.", "en-us") == "həlˈoʊ"


def test_phonemes_in_between_do_not_change_the_audio(process: WorkerProcess) -> None:
    expected = audio(process, "Hello there.")
    process.phonemes("Guten Tag.", "de")
    assert audio(process, "Hello there.") == expected


def test_many_changes_of_the_voice_change_nothing(process: WorkerProcess) -> None:
    expected = list(process.speak("Hello there.", "en-us+f2"))
    for number in range(200):
        process.phonemes("Hi", ["de", "fr", "cmn", "en-us"][number % 4])
    assert list(process.speak("Hello there.", "en-us+f2")) == expected


def test_the_sentence_ends_with_its_process(process: WorkerProcess) -> None:
    pieces = process.speak(ONE_LONG_SENTENCE, "en-us+f2")
    next(pieces)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not list the children of a process")
    (fork,) = [int(child) for child in children.read_text().split()]
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(SynthesisFailed, match="has died"):
        for _ in pieces:
            pass
    assert eventually(lambda: not is_running(fork))


@pytest.mark.parametrize("argument", [-2, -1])
def test_what_is_no_library_or_no_data_does_not_start(tmp_path: Path, argument: int) -> None:
    command = list(program().command)
    command[argument] = str(tmp_path / "none")
    with pytest.raises(SynthesisFailed, match="has died"):
        WorkerProcess(replace(program(), command=tuple(command)))
