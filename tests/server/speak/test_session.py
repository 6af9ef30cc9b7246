"""The rules of a session, with no socket, no engine and no waiting."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from makima.errors import CapacityError, InvalidMessage, InvalidText, MakimaError, Timeout, VoiceNotFound
from makima.server.speak.effects import Begin, CancelSpeech, Close, Effect, Feed, Halt, Send, Utterance
from makima.server.speak.late_text import MAX_LATE
from makima.server.speak.rules import RULES, Rule, State
from makima.server.speak.session import MAX_STREAMED_CHARACTERS, MAX_WAITING, Session
from makima.server.wire import Append, Cancel, ClientMessage, End, Speak, Start, Stop
from makima.text.speakable import is_speakable
from makima.voices.catalog import Voice, VoiceCatalog

VOICES = VoiceCatalog(
    [Voice("makima", "Makima", "English", "", "fake"), Voice("second", "Second", "English", "", "fake")], "makima"
)


def start(**fields: Any) -> Start:
    return Start(type="start", **fields)


def speak(text: str = "Hello.", request_id: str | None = None, **fields: Any) -> Speak:
    return Speak(type="speak", text=text, request_id=request_id, **fields)


def append(text: str, request_id: str | None = None, **fields: Any) -> Append:
    return Append(type="append", text=text, request_id=request_id, **fields)


def end(request_id: str | None = None) -> End:
    return End(type="end", request_id=request_id)


def cancel(request_id: str | None = None) -> Cancel:
    return Cancel(type="cancel", request_id=request_id)


def stop(reason: str | None = None) -> Stop:
    return Stop(type="stop", reason=reason)


def ready_session() -> Session:
    session = Session("s", VOICES)
    session.connected()
    return session


def session_in(state: State) -> Session:
    session = Session("s", VOICES)
    if state is State.CONNECTING:
        return session
    session.connected()
    if state is State.STARTED:
        session.receive(start())
    elif state is State.SPEAKING:
        session.receive(append("Being written", "current"))
    elif state is State.STOPPED:
        session.receive(stop())
    elif state is State.FAILED:
        session.failed()
    assert session.state is state
    return session


def snapshot(session: Session) -> str:
    """Everything a message could change, spelt out; the counter behind generated ids alone may move on."""
    return repr({name: value for name, value in vars(session).items() if name not in ("_order", "_apply", "_voices")})


def begun(effects: list[Effect]) -> list[str]:
    return [effect.utterance.request_id for effect in effects if isinstance(effect, Begin)]


def sent(effects: list[Effect]) -> list[dict[str, object]]:
    return [effect.message for effect in effects if isinstance(effect, Send)]


MESSAGES: dict[str, ClientMessage] = {
    "start": start(),
    "speak": speak(),
    "append": append("More."),
    "end": end(),
    "cancel": cancel(),
    "stop": stop(),
}
EXPECTED: dict[State, str] = {
    State.CONNECTING: "",
    State.READY: "start speak append cancel stop",  # `end` has a rule too, which needs an `append` first
    State.STARTED: "start speak append cancel stop",
    State.SPEAKING: "speak append end cancel stop",
    State.STOPPED: "",
    State.FAILED: "",
}


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("state", State)
def test_what_each_message_does_in_each_state(state: State, kind: str) -> None:
    session = session_in(state)
    before = snapshot(session)
    if kind in EXPECTED[state].split():
        session.receive(MESSAGES[kind])
    else:
        with pytest.raises(InvalidMessage):
            session.receive(MESSAGES[kind])
        assert snapshot(session) == before


def test_the_table_is_complete() -> None:
    assert set(RULES) == set(State)
    assert all(set(row) == set(MESSAGES) for row in RULES.values())
    for state in (State.CONNECTING, State.STOPPED, State.FAILED):
        assert set(RULES[state].values()) == {Rule.REFUSE}


class TestStart:
    def test_the_defaults(self) -> None:
        session = ready_session()
        assert sent(session.receive(start())) == [
            {
                "type": "started",
                "sampleRate": 24_000,
                "encoding": "pcm16",
                "voice": "makima",
                "language": "English",
                "transport": "binary",
                "sessionId": "s",
            }
        ]

    def test_again_between_utterances_replaces_everything(self) -> None:
        session = ready_session()
        session.receive(start(voice="second", language="de", sample_rate=8_000, contract_id="c", seed=7))
        assert session.choices.language == "German"
        session.receive(start())
        choices = session.choices
        assert (choices.voice, choices.language, choices.sample_rate_hz) == ("makima", "English", 24_000)
        assert (choices.contract_id, choices.seed) == (None, None)

    def test_not_while_speaking(self) -> None:
        session = session_in(State.SPEAKING)
        with pytest.raises(InvalidMessage, match="out of place"):
            session.receive(start())

    def test_an_unknown_voice_is_warned_of_and_replaced(self) -> None:
        (started,) = sent(ready_session().receive(start(voice="unknown")))
        assert started["voice"] == "makima"
        assert "unknown" in str(started["warning"])

    def test_an_unknown_language_is_refused(self) -> None:
        with pytest.raises(InvalidMessage, match="Klingon"):
            ready_session().receive(start(language="Klingon"))

    @pytest.mark.parametrize(("given", "meant"), [("auto", "Auto"), ("JA", "Japanese"), ("pt-BR", "Portuguese")])
    def test_languages_by_any_name(self, given: str, meant: str) -> None:
        (started,) = sent(ready_session().receive(start(language=given)))
        assert started["language"] == meant


class TestPronunciations:
    def test_an_utterance_has_those_of_the_session_and_its_own(self) -> None:
        session = ready_session()
        session.receive(start(pronunciations={"a": "eh", "b": "bee"}))
        effect = session.receive(speak("a b", pronunciations={"a": "uh"}))[-1]
        assert isinstance(effect, Begin)
        assert effect.utterance.pronunciations.apply("a b") == "uh bee"

    @pytest.mark.parametrize("message", [start, speak])
    def test_a_bad_one_is_named_and_changes_nothing(self, message: Callable[..., ClientMessage]) -> None:
        session = ready_session()
        before = snapshot(session)
        with pytest.raises(InvalidMessage, match="pronunciations: 'x'"):
            session.receive(message(pronunciations={"x": " "}))
        assert snapshot(session) == before


class TestSpeak:
    def test_without_start(self) -> None:
        session = ready_session()
        (effect,) = session.receive(speak("  Hello.\n", "a"))
        assert isinstance(effect, Begin)
        assert (effect.utterance.text, effect.utterance.voice, effect.utterance.complete) == ("Hello.", "makima", True)
        assert session.state is State.SPEAKING

    def test_voice_and_language_of_its_own(self) -> None:
        session = ready_session()
        session.receive(start(language="French"))
        session.receive(speak("Un.", voice="second", language="es"))
        session.receive(speak("Deux.", "b"))
        assert session.current is not None
        assert (session.current.voice, session.current.language) == ("second", "Spanish")
        assert (session.waiting[0].voice, session.waiting[0].language) == ("makima", "French")

    def test_unknown_voice(self) -> None:
        session = ready_session()
        with pytest.raises(VoiceNotFound):
            session.receive(speak(voice="unknown"))
        assert session.idle

    def test_ids_are_made_up_and_differ(self) -> None:
        session = ready_session()
        session.receive(speak())
        session.receive(speak())
        assert session.current is not None
        assert session.current.request_id != session.waiting[0].request_id

    def test_an_id_in_use_is_refused_and_free_again_later(self) -> None:
        session = ready_session()
        session.receive(speak(request_id="a"))
        session.receive(speak(request_id="b"))
        for taken in "ab":
            with pytest.raises(InvalidMessage, match="already in use"):
                session.receive(speak(request_id=taken))
        session.finished()
        session.receive(speak(request_id="a"))

    @pytest.mark.parametrize("text", ["", " \n", "\u200b", "🎉", "a" * 1001, "a\x00b", "a\ud800", "\udc00a"])
    def test_texts_that_cannot_be_spoken(self, text: str) -> None:
        session = ready_session()
        before = snapshot(session)
        with pytest.raises(InvalidText):
            session.receive(speak(text))
        assert snapshot(session) == before

    def test_the_longest_text(self) -> None:
        assert begun(ready_session().receive(speak(" " + "a" * 1000 + " ", "long"))) == ["long"]


class TestQueue:
    def test_high_before_normal_before_low_and_first_come_within(self) -> None:
        session = ready_session()
        session.receive(speak(request_id="current"))
        for name, priority in [("l1", "low"), ("n1", "normal"), ("h1", "high"), ("n2", "normal"), ("h2", "high")]:
            assert session.receive(speak(request_id=name, priority=priority)) == []
        order = []
        while (names := begun(session.finished())) != []:
            order += names
        assert order == ["h1", "h2", "n1", "n2", "l1"]
        assert session.state is State.STARTED

    def test_eight_wait_and_the_ninth_is_refused(self) -> None:
        session = ready_session()
        for number in range(1 + MAX_WAITING):
            session.receive(speak(request_id=str(number)))
        for message in (speak(priority="high"), append("More.")):
            with pytest.raises(CapacityError) as caught:
                session.receive(message)
            assert caught.value.retry_after_s > 0
        session.finished()
        session.receive(speak(request_id="fits again"))
        assert len(session.waiting) == MAX_WAITING == 8

    def test_a_draining_session_takes_nothing_new_but_ends_what_it_has(self) -> None:
        session = session_in(State.SPEAKING)
        session.receive(speak(request_id="waits"))
        session.draining = True
        for message in (speak(), append("x", "new")):
            with pytest.raises(MakimaError):
                session.receive(message)
        session.receive(end())
        with pytest.raises(CapacityError):
            session.receive(append("x", "new"))
        assert begun(session.finished()) == ["waits"]


class TestAppend:
    def test_piece_by_piece(self) -> None:
        session = ready_session()
        assert begun(session.receive(append("Hel", "a", priority="high", voice="second"))) == ["a"]
        utterance = session.current
        assert utterance is not None
        assert (utterance.text, utterance.voice, utterance.complete) == ("Hel", "second", False)
        assert session.receive(append("lo.")) == [Feed(utterance, "lo.", complete=False)]
        assert session.receive(append(" There.", "a")) == [Feed(utterance, " There.", complete=False)]
        assert session.receive(end()) == [Feed(utterance, "", complete=True)]
        assert utterance.text == "Hello. There."
        assert utterance.complete

    def test_it_begins_with_the_first_thing_to_say(self) -> None:
        session = ready_session()
        assert session.receive(append(" ", "a")) == []
        assert session.receive(append("... ")) == []
        assert session.state is State.READY
        assert begun(session.receive(append("Now"))) == ["a"]
        assert session.current is not None
        assert session.current.text == " ... Now"

    def test_others_are_spoken_while_it_has_nothing_to_say(self) -> None:
        session = ready_session()
        session.receive(append(" ", "a", priority="high"))
        assert begun(session.receive(speak(request_id="b"))) == ["b"]
        session.receive(append("Now.", "a"))
        assert begun(session.finished()) == ["a"]

    def test_queued_text_is_all_there_when_its_turn_comes(self) -> None:
        session = ready_session()
        session.receive(speak(request_id="first"))
        assert session.receive(append("Sec", "second")) == []
        assert session.receive(append("ond.", "second")) == []
        assert session.receive(end("second")) == []
        (effect,) = session.finished()
        assert isinstance(effect, Begin)
        assert (effect.utterance.text, effect.utterance.complete) == ("Second.", True)

    def test_a_cut_surrogate_pair_is_joined(self) -> None:
        session = ready_session()
        session.receive(append("A \ud83d", "a"))
        assert session.current is not None
        (feed,) = session.receive(append("\ude00 B"))
        assert feed == Feed(session.current, "\U0001f600 B", complete=False)

    @pytest.mark.parametrize("waits", [False, True])
    def test_half_a_pair_at_the_end_is_told_and_left_out(self, waits: bool) -> None:
        session = ready_session()
        if waits:
            session.receive(speak(request_id="first"))
        session.receive(append("Hi \ud83d", "a"))
        (error,) = sent(session.receive(end()))
        assert (error["code"], error["refused"], "requestId" in error) == ("INVALID_TEXT", True, False)
        assert not waits or begun(session.finished()) == ["a"]
        assert session.current is not None
        assert (session.current.text, session.current.complete) == ("Hi ", True)

    def test_half_a_pair_alone(self) -> None:
        session = ready_session()
        session.receive(append("\ud83d", "a"))
        refused, ended = sent(session.receive(end()))
        assert "requestId" not in refused
        assert (ended["requestId"], "refused" in ended) == ("a", False)

    @pytest.mark.parametrize("piece", ["x\ude00", "\ud83dx", "\x00", "\x1b[0m"])
    def test_a_bad_piece_is_refused_and_leaves_no_trace(self, piece: str) -> None:
        session = ready_session()
        session.receive(append("Good \ud83d", "a"))
        before = snapshot(session)
        with pytest.raises(InvalidText):
            session.receive(append(piece))
        assert snapshot(session) == before
        session.receive(append("\ude00"))
        assert session.current is not None
        assert session.current.text == "Good \U0001f600"

    def test_a_bad_first_piece_begins_nothing(self) -> None:
        session = ready_session()
        with pytest.raises(InvalidText):
            session.receive(append("\x00"))
        assert session.idle

    def test_only_one_is_written_at_a_time(self) -> None:
        session = session_in(State.SPEAKING)
        for message in (append("x", "other"), end("other")):
            with pytest.raises(InvalidMessage, match="current"):
                session.receive(message)

    def test_end_without_append(self) -> None:
        with pytest.raises(InvalidMessage, match="Send append first"):
            session_in(State.READY).receive(end())

    def test_it_has_a_length_too(self) -> None:
        session = ready_session()
        session.receive(append("a" * MAX_STREAMED_CHARACTERS))
        with pytest.raises(InvalidText):
            session.receive(append("a"))

    def test_a_text_that_turns_out_to_be_nothing_ends_with_an_error(self) -> None:
        session = ready_session()
        session.receive(append(" 🎉", "a"))
        (error,) = sent(session.receive(end()))
        assert (error["code"], error["requestId"]) == ("INVALID_TEXT", "a")
        assert session.idle
        assert begun(session.receive(speak(request_id="b"))) == ["b"]

    def test_what_fails_while_written_drops_the_rest_of_its_text(self) -> None:
        session = session_in(State.SPEAKING)
        assert session.finished() == []
        assert session.receive(append(" and more")) == []
        assert session.receive(append(" and more", "current")) == []
        assert session.receive(end("current")) == []
        assert begun(session.receive(append("Anew.", "next"))) == ["next"]

    def test_another_may_begin_without_ending_the_one_that_failed(self) -> None:
        session = session_in(State.SPEAKING)
        session.finished()
        assert begun(session.receive(append("Anew.", "next"))) == ["next"]
        session.receive(end())
        assert session.current is not None
        assert session.current.complete

    def test_cancel_does_not_end_the_text_of_one_that_failed(self) -> None:
        session = session_in(State.SPEAKING)
        session.finished()
        assert session.receive(cancel()) == session.receive(append("late")) == session.receive(end()) == []
        assert len(begun(session.receive(append("Anew.")))) == 1

    def test_a_refused_beginning_leaves_the_failed_one_as_it_was(self) -> None:
        session = session_in(State.SPEAKING)
        session.finished()
        before = snapshot(session)
        with pytest.raises(InvalidText):
            session.receive(append("\x00", "next"))
        assert snapshot(session) == before


class TestReply:
    """The text of a conversation's reply."""

    @given(st.lists(st.sampled_from(["Hello. ", " ", "🎉", "and on"]), min_size=1), st.booleans())
    def test_it_is_spoken_like_what_a_client_appends(self, pieces: list[str], waits: bool) -> None:
        written, appended = ready_session(), ready_session()
        for session in (written, appended) if waits else ():
            session.receive(speak(request_id="before"))
        for piece in pieces:
            assert repr(written.write_reply("r", piece)) == repr(appended.receive(append(piece, "r")))
        assert repr(written.end_reply("r")) == repr(appended.receive(end("r")))
        assert repr(written.finished()) == repr(appended.finished())

    def test_it_may_name_its_language(self) -> None:
        session = ready_session()
        session.receive(start(language="de", voice="second"))
        session.write_reply("r", "Sorry.", "English")
        assert session.current is not None
        assert (session.current.language, session.current.voice) == ("English", "second")

    @pytest.mark.parametrize("state", [State.CONNECTING, State.SPEAKING, State.STOPPED, State.FAILED])
    def test_it_is_refused_and_changes_nothing(self, state: State) -> None:
        session = session_in(state)  # while speaking, another text is being written
        before = snapshot(session)
        with pytest.raises(InvalidMessage):
            session.write_reply("r", "Hello.")
        with pytest.raises(InvalidMessage):
            session.end_reply("r")
        assert snapshot(session) == before

    def test_it_waits_in_the_same_queue(self) -> None:
        session = ready_session()
        for number in range(MAX_WAITING + 1):
            session.receive(speak(request_id=str(number)))
        with pytest.raises(CapacityError):
            session.write_reply("r", "Hello.")

    def test_after_a_failure_the_rest_of_it_is_dropped(self) -> None:
        session = ready_session()
        session.write_reply("r", "Hello.")
        assert session.finished() == []
        assert session.write_reply("r", "More.") == []
        assert session.end_reply("r") == []
        assert begun(session.write_reply("s", "Anew.")) == ["s"]


class TestCancel:
    def test_one_that_waits(self) -> None:
        session = ready_session()
        session.receive(speak(request_id="a"))
        session.receive(speak(request_id="b"))
        (message,) = sent(session.receive(cancel("b")))
        assert message == {"type": "cancelled", "requestId": "b", "code": "CANCELLED", "audioLengthMs": 0}
        assert session.finished() == []

    def test_the_one_being_spoken(self) -> None:
        session = ready_session()
        session.receive(speak(request_id="a"))
        session.receive(speak(request_id="b"))
        current = session.current
        assert current is not None
        assert session.receive(cancel("a")) == [CancelSpeech(current)]
        assert session.current is current, "it is current until the engine has let go of it"
        assert begun(session.finished()) == ["b"]

    def test_all(self) -> None:
        session = ready_session()
        for name in "abc":
            session.receive(speak(request_id=name))
        effects = session.receive(cancel())
        assert isinstance(effects[0], CancelSpeech)
        assert [message["requestId"] for message in sent(effects)] == ["b", "c"]
        assert session.finished() == []
        assert session.idle

    @pytest.mark.parametrize("request_id", [None, "unknown"])
    def test_nothing_to_cancel_is_no_mistake(self, request_id: str | None) -> None:
        assert ready_session().receive(cancel(request_id)) == []

    @pytest.mark.parametrize("name", [None, "a"])
    @pytest.mark.parametrize("waits", [False, True])
    @pytest.mark.parametrize("twice", [False, True])
    def test_late_text_of_one_being_written_is_dropped_up_to_its_end(
        self, name: str | None, waits: bool, twice: bool
    ) -> None:
        session = ready_session()
        session.receive(append(" " if waits else "Some words.", "a"))
        session.receive(cancel(name))
        if twice:
            assert session.receive(cancel(name)) == []
        assert session.receive(append("late", name)) == []
        if not waits:
            assert session.finished() == []
        assert session.receive(append("later", name)) == session.receive(end(name)) == []
        assert session.idle
        assert begun(session.receive(append("Anew.", "a"))) == ["a"]

    def test_late_text_blocks_nothing(self) -> None:
        session = session_in(State.SPEAKING)
        session.receive(cancel())
        session.receive(append("late", "current"))
        session.receive(speak(request_id="v"))
        assert begun(session.finished()) == ["v"]
        session.receive(append("Anew", "w"))
        assert session.receive(append("late again", "current")) == session.receive(end("current")) == []
        assert session.receive(append(", and more", "w")) == session.receive(end("w")) == []
        assert session.waiting[0].text == "Anew, and more"

    def test_late_text_without_an_id_goes_to_the_one_that_was_begun_since(self) -> None:
        session = session_in(State.SPEAKING)
        session.receive(cancel())
        session.receive(append("Anew", "w"))
        session.receive(append(" and more."))
        session.receive(end())
        assert begun(session.finished()) == ["w"]
        assert session.current is not None
        assert session.current.text == "Anew and more."

    def test_start_ends_the_wait_for_the_end_of_a_text_without_an_id(self) -> None:
        session = ready_session()
        session.receive(append("Some words."))
        session.receive(cancel())
        session.finished()
        session.receive(start())
        assert len(begun(session.receive(append("Anew.")))) == 1

    def test_a_cancelled_id_is_free_at_once(self) -> None:
        session = ready_session()
        session.receive(speak("One.", "a"))
        session.receive(cancel("a"))
        assert session.receive(speak("Two.", "a")) == []
        with pytest.raises(InvalidMessage, match="already in use"):
            session.receive(speak("Three.", "a"))
        assert begun(session.finished()) == ["a"]
        assert session.current is not None
        assert session.current.text == "Two."

    def test_one_that_is_cancelled_already_is_not_cancelled_again(self) -> None:
        session = ready_session()
        session.receive(speak("One.", "a"))
        session.receive(cancel("a"))
        session.receive(speak("Two.", "a"))
        (message,) = sent(session.receive(cancel("a")))
        assert (message["type"], message["requestId"]) == ("cancelled", "a")
        assert session.receive(cancel("a")) == session.receive(cancel()) == session.finished() == []

    def test_the_ids_whose_text_may_be_late_are_bounded(self) -> None:
        session = ready_session()
        for number in range(MAX_LATE + 1):
            session.receive(append(" ", str(number)))
            session.receive(cancel())
        assert not session.is_late("0")
        assert session.is_late("1")


class TestTextMissing:
    ERROR = Timeout("No more text came.")

    def missing(self, session: Session, utterance: Utterance | None) -> list[Effect]:
        assert utterance is not None
        return session.text_missing(utterance, self.ERROR)

    @pytest.mark.parametrize("text", ["", " ", "...", "\ud83d"])
    def test_one_that_has_nothing_to_say_yet(self, text: str) -> None:
        session = ready_session()
        session.receive(append(text, "a"))
        (error,) = sent(self.missing(session, session.writing))
        assert (error["code"], error["requestId"]) == ("TIMEOUT", "a")
        assert session.idle
        assert session.receive(append("late", "a")) == session.receive(end("a")) == []
        assert begun(session.receive(append("Anew.", "b"))) == ["b"]

    def test_one_that_has_begun_or_is_complete(self) -> None:
        session = session_in(State.SPEAKING)
        current = session.current
        assert self.missing(session, current) == []
        session.receive(end())
        session.receive(append("Waits.", "w"))
        waits = session.writing
        session.receive(end())
        assert self.missing(session, current) == self.missing(session, waits) == []
        assert session.finished()


class TestStop:
    def test_while_speaking(self) -> None:
        session = session_in(State.SPEAKING)
        session.receive(speak(request_id="waits"))
        assert session.receive(stop("bye")) == [Halt(), Send({"type": "stopped", "reason": "bye"}), Close(1000)]
        assert session.finished() == []
        assert session.state is State.STOPPED

    def test_it_has_a_reason_without_one(self) -> None:
        (message,) = sent(ready_session().receive(stop()))
        assert message["reason"]

    def test_a_lost_socket_does_not_undo_it(self) -> None:
        session = session_in(State.STOPPED)
        session.failed()
        assert session.state is State.STOPPED


IDS = st.none() | st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(
    ["Hello.", "x", " ", "...", "🎉", "\ud83d", "\ude00 go", "a\x00", "a" * 1001, "", "A longer text, of two. Yes."]
)
PRIORITIES = st.sampled_from(["low", "normal", "high"])
OWN_VOICES = st.sampled_from([None, None, "second", "unknown"])
OWN_LANGUAGES = st.sampled_from([None, None, "de", "Auto", "Klingon"])


class RandomSession(RuleBasedStateMachine):
    """Messages in any order, and utterances that end in between, held against what must always be true."""

    def __init__(self) -> None:
        super().__init__()
        self.session = ready_session()
        self.accepted: dict[int, str] = {}  # by the order in which they were taken: its id
        self.ended: list[int] = []
        self.dying = False

    def receive(self, message: ClientMessage) -> None:
        before, known = snapshot(self.session), self._known()
        effects = None
        with contextlib.suppress(MakimaError):
            effects = self.session.receive(message)
        if effects is None:
            assert snapshot(self.session) == before, "a refused message changed something"
            return
        self._carry_out(effects, known)

    def _known(self) -> dict[str, int]:
        """The open ones; what is cancelled already ends by `finished`, and its id may belong to another."""
        session = self.session
        return {u.request_id: u.order for u in (*session.waiting, session.current) if u is not None and not u.cancelled}

    def _carry_out(self, effects: list[Effect], known: dict[str, int]) -> None:
        self.accepted |= {order: name for name, order in self._known().items()}
        for effect in effects:
            match effect:
                case Begin(utterance):
                    assert self.session.current is utterance
                    assert utterance.order not in self.ended
                    ready = [u for u in self.session.waiting if u.complete or is_speakable(u.text)]
                    assert all(utterance.rank < other.rank for other in ready)
                case Feed(utterance) | CancelSpeech(utterance):
                    assert self.session.current is utterance
                case Send({"type": "cancelled" | "interrupted" | "error", "requestId": request_id}):
                    self.ended.append(known[str(request_id)])
                case Send({"type": "error", "refused": refused}):
                    assert refused
                case Halt():
                    self.ended += [order for order in self.accepted if order not in self.ended]

    @rule(voice=OWN_VOICES, language=OWN_LANGUAGES, rate=st.sampled_from([8_000, 48_000]))
    def start(self, voice: str | None, language: str | None, rate: int) -> None:
        self.receive(start(voice=voice, language=language, sample_rate=rate))

    @rule(text=TEXTS, name=IDS, priority=PRIORITIES, voice=OWN_VOICES, language=OWN_LANGUAGES)
    def speak(self, text: str, name: str | None, priority: str, voice: str | None, language: str | None) -> None:
        self.receive(speak(text, name, priority=priority, voice=voice, language=language))

    @rule(text=st.just("Hello."), count=st.integers(1, 10))
    def speak_many(self, text: str, count: int) -> None:
        for _ in range(count):
            self.receive(speak(text))

    @rule(text=TEXTS, name=IDS, priority=PRIORITIES, voice=OWN_VOICES)
    def append(self, text: str, name: str | None, priority: str, voice: str | None) -> None:
        self.receive(append(text, name, priority=priority, voice=voice))

    @rule(name=IDS)
    def end(self, name: str | None) -> None:
        self.receive(end(name))

    @rule(name=IDS)
    def cancel(self, name: str | None) -> None:
        self.receive(cancel(name))

    @precondition(lambda self: self.session.current is not None)
    @rule()
    def finished(self) -> None:
        current = self.session.current
        assert current is not None
        if self.session.state is not State.STOPPED:
            self.ended.append(current.order)
        self._carry_out(self.session.finished(), self._known())

    @precondition(lambda self: self.session.writing is not None)
    @rule()
    def text_missing(self) -> None:
        writing, known = self.session.writing, self._known()
        assert writing is not None
        is_current = writing is self.session.current
        effects = self.session.text_missing(writing, Timeout("No more text came."))
        assert bool(effects) != is_current
        self._carry_out(effects, known)

    @rule(text=TEXTS, name=st.sampled_from(["r", "s"]))
    def write_reply(self, text: str, name: str) -> None:
        known = self._known()
        with contextlib.suppress(MakimaError):
            self._carry_out(self.session.write_reply(name, text), known)

    @rule(name=st.sampled_from(["r", "s"]))
    def end_reply(self, name: str) -> None:
        known = self._known()
        with contextlib.suppress(MakimaError):
            self._carry_out(self.session.end_reply(name), known)

    @rule(name=st.sampled_from(["r", "s"]))
    def interrupt(self, name: str) -> None:
        known = self._known()
        if name in known:
            self._carry_out(self.session.interrupt(name, {}), known)

    @rule(really=st.integers(0, 9))
    def stop(self, really: int) -> None:
        if really == 0:  # else most runs would be over before they have begun
            self.receive(stop())

    @invariant()
    def the_state_fits(self) -> None:
        session = self.session
        if session.state is not State.STOPPED:
            assert (session.state is State.SPEAKING) == (session.current is not None)
        assert len(session.waiting) <= MAX_WAITING
        assert session.current not in session.waiting

    @invariant()
    def ids_are_unique(self) -> None:
        session = self.session
        names = [u.request_id for u in (*session.waiting, session.current) if u is not None and not u.cancelled]
        assert len(names) == len(set(names))

    @invariant()
    def only_what_is_there_is_written(self) -> None:
        session = self.session
        if session.writing is not None:
            assert session.writing is session.current or session.writing in session.waiting
            assert not session.writing.complete

    @invariant()
    def what_could_be_spoken_is(self) -> None:
        if self.session.current is None:
            assert not any(utterance.complete for utterance in self.session.waiting)

    @invariant()
    def each_utterance_ends_once(self) -> None:
        assert len(self.ended) == len(set(self.ended))
        session = self.session
        utterances = [] if session.state is State.STOPPED else [*session.waiting, session.current]
        open_ones = {u.order for u in utterances if u is not None}
        assert set(self.accepted) == set(self.ended) | open_ones
        assert not set(self.ended) & open_ones


RandomSession.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
test_any_sequence_of_messages = RandomSession.TestCase
