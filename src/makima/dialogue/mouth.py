"""The seam to what speaks the replies of a conversation."""

from __future__ import annotations

from typing import Protocol

from makima.dialogue.history import Played
from makima.errors import MakimaError


class Mouth(Protocol):
    """Where replies are spoken. Of each reply it calls `Conversation.sounds` once, and `over` unless it was stopped."""

    async def begin(self, reply_id: str, heard: str) -> None:
        """A reply to what was `heard` is being thought of."""

    async def say(self, reply_id: str, text: str, language: str | None = None) -> None:
        """Speak the next piece of it.

        Raises: MakimaError where it is refused
        """

    async def end(self, reply_id: str) -> bool:
        """The reply is complete. False where there is nothing in it to be spoken, so that `over` will not be called."""

    async def fail(self, reply_id: str, error: MakimaError) -> None:
        """Tell the client what went wrong; the reply goes on, or ends, as it is told besides."""

    def hold(self, on: bool) -> None:
        """Let nothing of the reply sound, or no longer hold it back."""

    def progress(self, reply_id: str) -> Played:
        """How much of it was heard by now."""

    def stop(self, reply_id: str, kept: str) -> None:
        """End it at once; of its text only `kept` was heard."""

    def replaced(self, on: bool) -> None:
        """Another speaks the replies in its place, or no longer."""
