"""The rules of a listen session."""

from __future__ import annotations

import numpy as np
import pytest

from makima.audio.pcm import Encoding, encode
from makima.errors import CapacityError, InvalidMessage, RecognitionFailed
from makima.server.listen import messages
from makima.server.listen.session import RULES, Close, EndAudio, Feed, ListenSession, Open, Rule, Send, State
from makima.stt.protocol import Final, ListenEnd, ListenRequest, Missed, Partial, SpeechEnded, SpeechStarted

START = '{"type": "start", "sampleRate": 48000, "encoding": "pcm32f", "contractId": "c", "diarize": true}'
STOP = '{"type": "stop"}'


def session(*sent: str, languages: tuple[str, ...] = ("English",)) -> ListenSession:
    """A session that has received what was sent."""
    made = ListenSession("s", languages)
    made.connected()
    for message in sent:
        made.receive(messages.decode(message))
    return made


def test_every_state_has_a_rule_for_everything() -> None:
    assert set(RULES) == set(State)
    assert all(set(row) == {"start", "audio", "text", "stop"} for row in RULES.values())


def test_start_opens_a_stream_of_what_it_says() -> None:
    made = session()
    (opening,) = made.receive(messages.decode(START))
    assert isinstance(opening, Open)
    assert opening.request == ListenRequest(48_000, "English", diarize=True)
    assert opening.contract_id == "c"
    assert opening.started["sessionId"] == "s"
    assert "warning" not in opening.started
    assert made.state is State.LISTENING


def test_a_language_that_is_not_understood_is_said_so() -> None:
    (opening,) = session().receive(messages.decode('{"type": "start", "language": "de"}'))
    assert isinstance(opening, Open)
    assert opening.request.language == "English"
    assert "German" in str(opening.started["warning"])
    with pytest.raises(InvalidMessage):
        session().receive(messages.decode('{"type": "start", "language": "Klingon"}'))


@pytest.mark.parametrize("asked", ["de", "German", "Auto"])
def test_a_language_that_is_understood_is_passed_on(asked: str) -> None:
    message = messages.decode(f'{{"type": "start", "language": "{asked}"}}')
    (opening,) = session(languages=("English", "German")).receive(message)
    assert isinstance(opening, Open)
    assert opening.request.language == {"Auto": "Auto"}.get(asked, "German")
    assert "warning" not in opening.started


def test_samples_may_be_cut_on_their_way() -> None:
    made = session(START)
    samples = np.linspace(-1, 1, 100, dtype=np.float32)
    data = encode(samples, Encoding.PCM32F)
    pieces = [effect for at in range(0, len(data), 7) for effect in made.audio(data[at : at + 7])]
    assert all(isinstance(piece, Feed) for piece in pieces)
    np.testing.assert_array_equal(np.concatenate([p.samples for p in pieces if isinstance(p, Feed)]), samples)


def test_audio_before_start_is_refused_once() -> None:
    made = session()
    with pytest.raises(InvalidMessage):
        made.audio(b"\0\0")
    assert made.audio(b"\0\0") == []
    assert made.state is State.READY


def test_starting_twice_is_refused() -> None:
    made = session(START)
    with pytest.raises(InvalidMessage):
        made.receive(messages.decode(START))


def test_stop_waits_for_the_last_words() -> None:
    made = session(START)
    assert made.receive(messages.decode('{"type": "stop", "reason": "enough"}')) == [EndAudio()]
    assert made.audio(b"\0\0\0\0") == []
    assert made.receive(messages.decode(STOP)) == []
    assert len(made.heard(Final(1, "words", 0, 1))) == 1
    assert made.heard(ListenEnd("end")) == [Send({"type": "stopped", "reason": "enough"}), Close(1000)]
    assert made.state is State.STOPPED


def test_stop_without_start_stops_at_once() -> None:
    assert session().receive(messages.decode(STOP))[-1] == Close(1000)


def test_a_stream_that_fails_ends_the_session() -> None:
    effects = session(START).heard(ListenEnd("failed", RecognitionFailed("No.")))
    assert isinstance(effects[0], Send)
    assert effects[0].message["code"] == "RECOGNITION_ERROR"
    assert effects[1] == Close(1011)


def test_what_was_not_opened_may_be_started_again() -> None:
    made = session(START)
    assert made.not_opened() == []
    assert isinstance(made.receive(messages.decode(START))[0], Open)
    made = session(START, STOP)
    assert made.not_opened()[-1] == Close(1000)


def test_nothing_new_is_taken_at_shutdown() -> None:
    made = session()
    made.draining = True
    with pytest.raises(CapacityError):
        made.receive(messages.decode(START))


def test_refused_states_refuse() -> None:
    made = ListenSession("s", ("English",))
    assert set(RULES[State.CONNECTING].values()) == {Rule.REFUSE}
    with pytest.raises(InvalidMessage):
        made.receive(messages.decode(STOP))


def test_each_event_has_its_message() -> None:
    event = messages.event
    assert event(SpeechStarted(2, 96)) == {"type": "speechStarted", "utterance": 2, "atMs": 96}
    assert event(SpeechEnded(2, 960)) == {"type": "speechEnded", "utterance": 2, "atMs": 960}
    span = {"utterance": 2, "text": "so", "startMs": 96, "endMs": 500}
    assert event(Partial(2, "so", 96, 500)) == {"type": "partial", "speaker": None, **span}
    assert event(Final(2, "so", 96, 500, "S1")) == {"type": "final", "speaker": "S1", **span}
    missed = event(Missed(2, RecognitionFailed("No.")))
    assert (missed["type"], missed["code"], missed["utterance"]) == ("error", "RECOGNITION_ERROR", 2)
