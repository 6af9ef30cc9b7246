"""A conversation without sockets: what is heard goes to a scripted model, and what it says to a mouth that notes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from makima.dialogue.history import Played
from makima.dialogue.listener import Listener
from makima.dialogue.loop import Conversation
from makima.dialogue.reply import MAX_PIECE_CHARACTERS, MAX_REPLY_CHARACTERS, SORRY
from makima.dialogue.turns import State
from makima.errors import CapacityError, InvalidText, MakimaError, UpstreamError
from makima.llm.protocol import Correction, Message
from makima.stt.protocol import Final, SpeechEnded, SpeechStarted


class ScriptedModel:
    """Answers with what is put into `pieces`: texts, an error to raise, or None at the end."""

    name = "scripted"
    is_echo = False

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[str | Correction | Exception | None] = asyncio.Queue()
        self.asked: list[Sequence[Message]] = []
        self.closed = 0

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str | Correction, None]:
        self.asked.append(messages)
        try:
            while (piece := await self.pieces.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed += 1

    async def close(self) -> None:
        pass

    def answer(self, *pieces: str | Correction | Exception | None) -> None:
        for piece in pieces:
            self.pieces.put_nowait(piece)


@dataclass
class NotedMouth:
    """Notes what it is to say, and says that so much of it was heard."""

    played: Played = field(default_factory=Played)
    refuse: Exception | None = None
    fail_to: set[str] = field(default_factory=set)
    notes: list[tuple[str, ...]] = field(default_factory=list)
    reply_id: str = ""

    async def begin(self, reply_id: str, heard: str) -> None:
        self.reply_id = reply_id
        self.notes.append(("begin", heard))

    async def say(self, reply_id: str, text: str, language: str | None = None) -> None:
        assert reply_id == self.reply_id
        if self.refuse is not None:
            raise self.refuse
        self.notes.append(("say", text))

    async def end(self, reply_id: str) -> bool:
        self._raise("end")
        self.notes.append(("end",))
        return any(note[0] == "say" and note[1].strip() for note in self.notes)

    async def fail(self, reply_id: str, error: MakimaError) -> None:
        if isinstance(error, UpstreamError):
            self._raise("fail")
        self.notes.append(("fail", str(error)))

    def hold(self, on: bool) -> None:
        self.notes.append(("hold", str(on)))

    def progress(self, reply_id: str) -> Played:
        return self.played

    def stop(self, reply_id: str, kept: str) -> None:
        self._raise("stop")
        self.notes.append(("stop", kept))

    def _raise(self, what: str) -> None:
        if what in self.fail_to:
            raise OverflowError(what)

    def replaced(self, on: bool) -> None:
        self.notes.append(("replaced", str(on)))

    def take(self) -> list[tuple[str, ...]]:
        notes, self.notes = self.notes, []
        return notes


class Talking:
    """A conversation with both of its sides."""

    def __init__(self) -> None:
        self.model = ScriptedModel()
        self.mouth = NotedMouth()
        self.now_s = 100.0
        self.conversation = Conversation(self.model, "Be brief.", lambda: self.now_s)
        self.guarded: list[bool] = []
        self.listener = self.conversation.listen(self.guarded.append)
        self.conversation.speaker_came(self.mouth)
        self._utterance = 0

    def speech(self, listener: Listener | None = None) -> Callable[[str], None]:
        """Someone begins to speak; called with their words, they have ended."""
        self._utterance += 1
        utterance, hear = self._utterance, (listener or self.listener).hear
        hear(SpeechStarted(utterance, 0))

        def end(words: str) -> None:
            hear(SpeechEnded(utterance, 1000))
            hear(Final(utterance, words, 0, 1000), 1500.0)

        return end

    def says(self, words: str) -> None:
        self.speech()(words)

    def state(self) -> State:
        return self.conversation.state

    def history(self) -> list[tuple[str, str]]:
        return [(message.role, message.text) for message in self.conversation.history.messages()[1:]]

    async def reached(self, state: State) -> None:
        assert await settled(lambda: self.state() is state), self.state()

    async def replying(self, text: str, played: Played) -> None:
        """Have a reply sound, of which so much will be heard."""
        self.says("Tell me.")
        self.model.answer(text)
        assert await settled(lambda: ("say", text) in self.mouth.notes)
        self.mouth.played = played
        self.conversation.sounds(self.mouth.reply_id)
        self.mouth.take()


async def settled(condition: Callable[[], bool]) -> bool:
    """Whether it comes true by what is under way; nothing here waits for time to pass."""
    for _ in range(200):
        if condition():
            return True
        await asyncio.sleep(0)
    return False


@pytest.fixture
async def talking() -> Talking:
    return Talking()


async def test_words_are_answered(talking: Talking) -> None:
    talking.says("Hello?")
    assert talking.state() is State.THINKING
    talking.model.answer(" ", " Good", " day.", None)
    assert await settled(lambda: ("end",) in talking.mouth.notes)
    assert talking.mouth.take() == [("begin", "Hello?"), ("say", "Good"), ("say", " day."), ("end",)]
    assert talking.guarded == [False]
    talking.conversation.sounds(talking.mouth.reply_id)
    assert talking.guarded == [False, True]
    assert talking.state() is State.SPEAKING
    talking.conversation.over(talking.mouth.reply_id, Played(900, 900, whole=True))
    assert talking.guarded == [False, True, False]
    assert talking.state() is State.IDLE
    assert talking.history() == [("user", "Hello?"), ("assistant", "Good day.")]


async def test_each_stage_is_timed(talking: Talking) -> None:
    talking.says("Hello?")  # whose end was 0.5 s ago
    talking.now_s += 0.25
    talking.model.answer("Hm", None)
    assert await settled(lambda: ("end",) in talking.mouth.notes)
    talking.now_s += 0.125
    stages = talking.conversation.sounds(talking.mouth.reply_id)
    assert stages == {"words": 0.5, "first_token": 0.25, "first_text": 0.0, "first_audio": 0.125, "total": 0.875}


class TestInterruption:
    async def test_speech_over_a_reply_stops_it_and_keeps_what_was_heard(self, talking: Talking) -> None:
        await talking.replying("One two three four five six seven eight.", Played(4000, 1000))
        end_speech = talking.speech()
        assert talking.mouth.take() == [("stop", "One two three")]
        assert talking.state() is State.INTERRUPTED
        assert talking.guarded[-1] is False
        assert await settled(lambda: talking.model.closed == 1), "the chat stream is cancelled"
        end_speech("Wait, what?")
        assert await settled(lambda: len(talking.model.asked) == 2)
        assert [message.text for message in talking.model.asked[1]] == [
            *("Be brief.", "Tell me.", "One two three", "Wait, what?"),
        ]

    async def test_what_the_client_says_it_played_counts_more(self, talking: Talking) -> None:
        await talking.replying("One two three four five six seven eight.", Played(4000, 1000))
        stopped = talking.mouth.reply_id
        talking.says("Wait.")
        talking.conversation.heard_until(stopped, 600)
        assert talking.history()[1] == ("assistant", "One two")
        talking.conversation.heard_until("another", 0)
        assert talking.history()[1] == ("assistant", "One two")

    async def test_a_noise_over_it_asks_nothing(self, talking: Talking) -> None:
        await talking.replying("One two three.", Played(1000, 100))
        talking.speech()("")
        assert talking.state() is State.IDLE
        assert len(talking.model.asked) == 1

    async def test_late_news_of_a_stopped_reply_change_nothing(self, talking: Talking) -> None:
        await talking.replying("One two three.", Played(1000, 100))
        stopped = talking.mouth.reply_id
        talking.says("Wait.")
        assert talking.conversation.sounds(stopped) == {}
        talking.conversation.over(stopped, Played(1000, 1000, whole=True))
        assert not talking.conversation.cancel(stopped)
        assert talking.state() is State.THINKING


class TestGoingOn:
    async def test_who_goes_on_before_the_reply_sounds_is_answered_once(self, talking: Talking) -> None:
        talking.says("I would like")
        talking.model.answer("What", " would")
        assert await settled(lambda: ("say", " would") in talking.mouth.notes)
        talking.mouth.take()
        end_speech = talking.speech()
        assert talking.state() is State.HELD
        assert talking.mouth.take() == [("hold", "True")]
        end_speech("a coffee.")
        assert talking.mouth.take() == [("stop", ""), ("hold", "False")]
        assert await settled(lambda: len(talking.model.asked) == 2)
        assert talking.history() == [("user", "I would like a coffee.")]

    async def test_a_noise_only_holds_it_up(self, talking: Talking) -> None:
        talking.says("Hello?")
        talking.speech()("")
        assert talking.mouth.take() == [("hold", "True"), ("hold", "False")]
        talking.model.answer("Hi.", None)
        assert await settled(lambda: ("end",) in talking.mouth.notes)

    async def test_words_known_while_someone_speaks_again(self, talking: Talking) -> None:
        first = talking.speech()
        second = talking.speech()
        first("One.")
        assert talking.state() is State.HELD
        second("Two.")
        assert talking.state() is State.THINKING
        assert talking.history() == [("user", "One. Two.")]


class TestWithdrawal:
    """What was said turns out to be a thought."""

    async def test_what_has_sounded_is_stopped_and_the_answer_is_another_reply(self, talking: Talking) -> None:
        await talking.replying("secret plans", Played(500, 100))
        first = talking.mouth.reply_id
        talking.model.answer(Correction.WITHDRAWN, "Hello.", None)
        assert await settled(lambda: ("end",) in talking.mouth.notes)
        assert talking.mouth.take() == [("stop", ""), ("begin", "Tell me."), ("say", "Hello."), ("end",)]
        assert talking.mouth.reply_id != first
        assert talking.state() is State.THINKING
        assert talking.guarded == [False, True, False]
        talking.conversation.over(first, Played(500, 500, whole=True))
        talking.conversation.sounds(talking.mouth.reply_id)
        talking.conversation.over(talking.mouth.reply_id, Played(900, 900, whole=True))
        assert talking.history() == [("user", "Tell me."), ("assistant", "Hello.")]

    async def test_before_anything_was_said_it_changes_nothing(self, talking: Talking) -> None:
        talking.says("Hello?")
        talking.model.answer("**", Correction.WITHDRAWN, "Hi.", None)
        assert await settled(lambda: ("end",) in talking.mouth.notes)
        assert talking.mouth.take() == [("begin", "Hello?"), ("say", "Hi."), ("end",)]

    async def test_nothing_comes_after_it(self, talking: Talking) -> None:
        await talking.replying("secret plans", Played(500, 100))
        talking.model.answer(Correction.WITHDRAWN, None)
        assert await settled(lambda: ("end",) in talking.mouth.notes)
        kinds = [note[0] for note in talking.mouth.take()]
        assert kinds == ["stop", "begin", "fail", "say", "end"]


class TestTrouble:
    @pytest.mark.parametrize("error", [UpstreamError("chat model", "429", retryable=True, retry_after_s=1), None])
    async def test_no_answer_is_said_and_it_goes_on(self, talking: Talking, error: MakimaError | None) -> None:
        talking.says("Hello?")
        talking.model.answer(error)
        assert await settled(lambda: ("end",) in talking.mouth.notes)
        kinds = talking.mouth.take()
        assert [kinds[1][0], *kinds[2:]] == ["fail", ("say", SORRY), ("end",)]
        talking.conversation.sounds(talking.mouth.reply_id)
        talking.conversation.over(talking.mouth.reply_id, Played(10, 10, whole=True))
        talking.says("Once more?")
        talking.model.answer("Yes.", None)
        assert await settled(lambda: ("say", "Yes.") in talking.mouth.notes)

    async def test_an_answer_that_breaks_off_ends_there(self, talking: Talking) -> None:
        talking.says("Hello?")
        talking.model.answer("Good", UpstreamError("chat model", "the answer broke off.", retryable=True))
        assert await settled(lambda: ("end",) in talking.mouth.notes)
        assert talking.mouth.take()[1:] == [("say", "Good"), ("fail", "chat model: the answer broke off."), ("end",)]

    @pytest.mark.parametrize("refusal", [CapacityError("Full.", retry_after_s=1), InvalidText("No.")])
    async def test_a_session_that_refuses_to_speak(self, talking: Talking, refusal: MakimaError) -> None:
        talking.mouth.refuse = refusal
        talking.says("Hello?")
        talking.model.answer("Hi.", None)
        await talking.reached(State.IDLE)
        assert talking.mouth.take()[1:] == [("fail", refusal.message), ("end",)]

    async def test_an_endless_answer_is_ended(self, talking: Talking) -> None:
        talking.says("Hello?")
        talking.model.answer(*["word " * 100] * (MAX_REPLY_CHARACTERS // 500 + 5))
        assert await settled(lambda: ("end",) in talking.mouth.notes)
        assert talking.model.closed == 1

    async def test_an_answer_in_one_piece_is_cut_at_a_word(self, talking: Talking) -> None:
        talking.says("Hello?")
        talking.model.answer("longish " * 5_000, None)
        assert await settled(lambda: ("end",) in talking.mouth.notes)
        pieces = [note[1] for note in talking.mouth.take() if note[0] == "say"]
        assert all(len(piece) <= MAX_PIECE_CHARACTERS for piece in pieces)
        assert "".join(pieces).split() == ["longish"] * (MAX_REPLY_CHARACTERS // 8)

    @pytest.mark.parametrize("pieces", [("😀",), ("***",), (" ", "\n"), ("*", "_" * 10_000)])
    async def test_signs_alone_are_no_answer(self, talking: Talking, pieces: tuple[str, ...]) -> None:
        talking.says("Hello?")
        talking.model.answer(*pieces, None)
        assert await settled(lambda: ("end",) in talking.mouth.notes)
        notes = [("fail", "chat model: the answer is empty."), ("say", SORRY), ("end",)]
        assert talking.mouth.take()[1:] == notes

    async def test_signs_are_said_with_the_first_word(self, talking: Talking) -> None:
        talking.says("Hello?")
        talking.model.answer(" *", "*", "So", "**", None)
        assert await settled(lambda: ("end",) in talking.mouth.notes)
        assert talking.mouth.take()[1:] == [("say", "**So"), ("say", "**"), ("end",)]

    @pytest.mark.parametrize("fail_to", [{"fail"}, {"end"}, {"end", "stop"}, {"fail", "end", "stop"}])
    @pytest.mark.parametrize("error", [UpstreamError("chat model", "no.", retryable=True), OverflowError("oh")])
    async def test_whatever_is_raised_the_turn_ends(
        self, talking: Talking, fail_to: set[str], error: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        talking.mouth.fail_to = fail_to
        talking.says("Hello?")
        talking.model.answer(error)
        assert await settled(lambda: any(note[0] == "fail" for note in talking.mouth.notes))
        if "end" in fail_to:
            await talking.reached(State.IDLE)
            assert ("stop" in fail_to) != (("stop", "") in talking.mouth.notes)
        else:
            assert await settled(lambda: ("end",) in talking.mouth.notes)
            talking.conversation.over(talking.mouth.reply_id, Played())
        assert "no reply" in caplog.text
        talking.mouth.fail_to = set()
        talking.says("Once more?")
        talking.model.answer("Yes.", None)
        assert await settled(lambda: ("say", "Yes.") in talking.mouth.notes)

    async def test_control_characters_are_left_out(self, talking: Talking) -> None:
        talking.says("Hello?")
        talking.model.answer("Be\x07ll\x1b.\n", None)
        assert await settled(lambda: ("say", "Bell.\n") in talking.mouth.notes)

    async def test_speech_that_fails_ends_the_chat_stream(self, talking: Talking) -> None:
        await talking.replying("One two three.", Played(500, 500))
        talking.conversation.over(talking.mouth.reply_id, Played(500, 500))
        assert await settled(lambda: talking.model.closed == 1)
        assert talking.state() is State.IDLE


class TestComingAndGoing:
    async def test_without_a_speaker_words_are_kept(self) -> None:
        talking = Talking()
        talking.conversation.speaker_left(talking.mouth)
        talking.says("Is anybody there?")
        talking.conversation.speaker_came(talking.mouth)
        talking.says("Hello?")
        assert await settled(lambda: len(talking.model.asked) == 1)
        assert talking.history() == [("user", "Is anybody there? Hello?")]

    async def test_a_speaker_that_leaves_ends_the_reply(self, talking: Talking) -> None:
        await talking.replying("One two three.", Played(1000, 500))
        talking.conversation.speaker_left(talking.mouth)
        assert talking.mouth.take() == [("stop", "One two")]
        assert await settled(lambda: talking.model.closed == 1)
        other = NotedMouth()
        talking.conversation.speaker_came(other)
        talking.says("Go on.")
        assert await settled(lambda: other.notes == [("begin", "Go on.")])

    async def test_a_new_speaker_takes_over(self, talking: Talking) -> None:
        other = NotedMouth()
        talking.conversation.speaker_came(other)
        talking.conversation.speaker_left(talking.mouth)  # late, and no longer the one
        talking.says("Hello?")
        assert await settled(lambda: other.notes == [("begin", "Hello?")])
        assert talking.mouth.notes == [("replaced", "True")]

    async def test_a_speaker_has_its_place_again_once_the_new_one_has_left(self, talking: Talking) -> None:
        others = [NotedMouth(), NotedMouth()]
        for other in others:
            talking.conversation.speaker_came(other)
        talking.conversation.speaker_left(others[0])
        talking.conversation.speaker_left(others[1])
        assert others[0].notes == [("replaced", "True")]
        assert talking.mouth.take() == [("replaced", "True"), ("replaced", "False")]
        talking.says("Hello?")
        assert await settled(lambda: talking.mouth.notes == [("begin", "Hello?")])
        talking.conversation.speaker_left(talking.mouth)
        assert talking.state() is State.MUTE

    async def test_a_reply_ends_where_it_was_spoken(self, talking: Talking) -> None:
        await talking.replying("One two three.", Played(1000, 500))
        other = NotedMouth()
        talking.conversation.speaker_came(other)
        assert talking.mouth.take() == [("stop", "One two"), ("replaced", "True")]
        assert talking.state() is State.IDLE

    async def test_a_listener_that_leaves_in_the_middle_of_a_word(self, talking: Talking) -> None:
        talking.speech()
        talking.listener.leave()
        assert talking.state() is State.IDLE
        assert not talking.conversation.deserted
        talking.conversation.speaker_left(talking.mouth)
        assert talking.conversation.deserted

    async def test_a_new_listener_takes_over(self, talking: Talking) -> None:
        old = talking.listener
        talking.listener = talking.conversation.listen(talking.guarded.append)
        talking.speech(old)("I am no longer heard.")
        assert talking.state() is State.IDLE
        old.leave()
        talking.says("But I am.")
        assert talking.state() is State.THINKING

    async def test_a_listener_has_its_place_again_once_the_new_one_has_left(self, talking: Talking) -> None:
        told: dict[str, list[bool]] = {"first": [], "second": []}
        talking.listener.leave()
        first = talking.conversation.listen(talking.guarded.append, told["first"].append)
        end_speech = talking.speech(first)
        second = talking.conversation.listen(talking.guarded.append, told["second"].append)
        assert talking.state() is State.IDLE, "what the first one hears is not awaited any more"
        end_speech("Not answered.")
        assert talking.state() is State.IDLE
        second.leave()
        second.leave()
        assert told == {"first": [True, False], "second": []}
        talking.speech(first)("Am I heard?")
        assert talking.state() is State.THINKING
        first.leave()
        talking.conversation.speaker_left(talking.mouth)
        assert talking.conversation.deserted

    async def test_closing_leaves_no_task(self, talking: Talking) -> None:
        await talking.replying("One.", Played(100, 50))
        await talking.conversation.close()
        assert talking.conversation.deserted
        assert asyncio.all_tasks() == {asyncio.current_task()}
