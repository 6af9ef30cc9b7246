"""Whose turn it is in a conversation, as a table without input or output.

`RULES` says for each state what each event leads to: the next state, and what is to be done. What is not in it changes
nothing. Two things follow from the state alone: while SPEAKING more is asked of what counts as speech, as our own voice
may be heard in it; and while HELD a reply is thought of but does not sound yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias


class State(StrEnum):
    MUTE = "mute"
    """No speaking session is joined: what is heard is kept, and not answered."""
    IDLE = "idle"
    LISTENING = "listening"
    """Someone speaks, or their words are awaited."""
    THINKING = "thinking"
    """A reply is on its way, and nothing of it has sounded yet."""
    HELD = "held"
    """As THINKING; but someone speaks again, so that the reply waits until it is clear whether they say something."""
    SPEAKING = "speaking"
    """A reply can be heard."""
    INTERRUPTED = "interrupted"
    """Someone has spoken over a reply, which has ended, and their words are awaited."""


class Event(StrEnum):
    SPEAKER_CAME = "speaker came"
    """There is a session that speaks the replies."""
    SPEAKER_LEFT = "speaker left"
    SPEECH = "speech"
    """Someone begins to speak."""
    WORDS = "words"
    """What they said is known, and no one is speaking."""
    WORDS_AND_MORE = "words and more"
    """What they said is known, and someone speaks again already."""
    NO_WORDS = "no words"
    """It was no speech after all, or nothing in it was understood, and no one is speaking."""
    SOUNDS = "sounds"
    """The first audio of the reply has been sent."""
    WITHDRAWN = "withdrawn"
    """What has sounded was no part of the reply, which is still to come."""
    OVER = "over"
    """The reply has been heard to its end, or has failed, or was cancelled by its client."""


class Action(StrEnum):
    ASK = "ask"
    """Keep the words, and have the chat model answer them."""
    NOTE = "note"
    """Keep the words."""
    STOP = "stop"
    """End the reply: chat stream, synthesis and sound. Of what it said, only what was heard is kept."""


Outcome: TypeAlias = tuple[State, tuple[Action, ...]]

_ANSWER: Mapping[Event, Outcome] = {
    Event.WORDS: (State.THINKING, (Action.ASK,)),
    Event.WORDS_AND_MORE: (State.HELD, (Action.ASK,)),
    Event.SPEAKER_LEFT: (State.MUTE, ()),
}
# A speaker who goes on before the answer has not finished: the new words join those before, and both are
# answered.
_ANSWER_ANEW: Mapping[Event, Outcome] = {
    Event.WORDS: (State.THINKING, (Action.STOP, Action.ASK)),
    Event.WORDS_AND_MORE: (State.HELD, (Action.STOP, Action.ASK)),
    Event.SPEAKER_LEFT: (State.MUTE, (Action.STOP,)),
}

RULES: Mapping[State, Mapping[Event, Outcome]] = MappingProxyType(
    {
        State.MUTE: {
            Event.SPEAKER_CAME: (State.IDLE, ()),
            Event.WORDS: (State.MUTE, (Action.NOTE,)),
            Event.WORDS_AND_MORE: (State.MUTE, (Action.NOTE,)),
        },
        State.IDLE: {**_ANSWER, Event.SPEECH: (State.LISTENING, ())},
        State.LISTENING: {**_ANSWER, Event.NO_WORDS: (State.IDLE, ())},
        State.THINKING: {
            **_ANSWER_ANEW,
            Event.SPEECH: (State.HELD, ()),
            Event.SOUNDS: (State.SPEAKING, ()),
            Event.OVER: (State.IDLE, ()),
        },
        State.HELD: {
            **_ANSWER_ANEW,
            Event.NO_WORDS: (State.THINKING, ()),
            # It was on its way when they began.
            Event.SOUNDS: (State.INTERRUPTED, (Action.STOP,)),
            Event.OVER: (State.LISTENING, ()),
        },
        State.SPEAKING: {
            **_ANSWER_ANEW,
            Event.SPEECH: (State.INTERRUPTED, (Action.STOP,)),
            Event.WITHDRAWN: (State.THINKING, ()),
            Event.OVER: (State.IDLE, ()),
        },
        State.INTERRUPTED: {**_ANSWER, Event.NO_WORDS: (State.IDLE, ())},
    }
)


def outcome(state: State, event: Event) -> Outcome:
    """Where `event` leads from `state`, and what is to be done."""
    return RULES[state].get(event, (state, ()))
