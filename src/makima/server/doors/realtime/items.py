"""The items of a Realtime conversation: what was said, by whom, and as much of it as was heard. No input or output."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from makima.errors import InvalidMessage
from makima.llm.protocol import Message, ToolCall
from makima.server.doors.common.word_times import TimedWord

MAX_ITEMS = 1_000
"""Of one conversation; the oldest are forgotten first."""

_TEXT_PARTS = ("input_text", "output_text", "text")
_SPOKEN_PARTS = ("input_audio", "output_audio", "audio")


def new_id(kind: str) -> str:
    """An id that no other thing has, such as `item_…`."""
    return f"{kind}_{uuid.uuid4().hex[:20]}"


@dataclass(slots=True)
class Item:
    """One item. `content` is as the client sees it; `words` are the times of what we said."""

    id: str
    kind: str = "message"
    role: str = "user"
    content: list[dict[str, Any]] = field(default_factory=list)
    status: str = "completed"
    other: dict[str, Any] = field(default_factory=dict)
    words: list[TimedWord] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What is said in it."""
        texts = (part.get("text") or part.get("transcript") or "" for part in self.content)
        return " ".join(text for text in texts if text)

    def wire(self) -> dict[str, Any]:
        """The item as events carry it."""
        fields: dict[str, Any] = {"id": self.id, "object": "realtime.item", "type": self.kind, "status": self.status}
        if self.kind == "message":
            fields |= {"role": self.role, "content": self.content}
        return fields | self.other


def read(fields: object) -> Item:
    """The item a client sends.

    Raises: InvalidMessage
    """
    if not isinstance(fields, dict):
        raise InvalidMessage("item: an object is needed.")
    item_id, kind = fields.get("id"), fields.get("type", "message")
    if kind not in ("message", "function_call", "function_call_output"):
        raise InvalidMessage(f"item.type: {kind!r} is not known.")
    given = item_id if isinstance(item_id, str) and item_id else new_id("item")
    if kind != "message":
        known = ("call_id", "name", "arguments", "output")
        for name in ("call_id", "name", "arguments") if kind == "function_call" else ("call_id", "output"):
            if not isinstance(fields.get(name), str):
                raise InvalidMessage(f"item.{name}: a string is needed.")
        return Item(given, kind, "tool", other={name: fields[name] for name in known if name in fields})
    role, content = fields.get("role", "user"), fields.get("content") or []
    if role not in ("user", "assistant", "system"):
        raise InvalidMessage(f"item.role: {role!r} is not known.", mend="Use user, assistant or system.")
    if not isinstance(content, list) or not all(_known_part(part) for part in content):
        raise InvalidMessage("item.content: a list of parts is needed, each of type input_text or output_text.")
    return Item(given, "message", role, [_kept(part) for part in content])


def _known_part(part: object) -> bool:
    return (
        isinstance(part, dict)
        and part.get("type") in (*_TEXT_PARTS, *_SPOKEN_PARTS, "input_image")
        and all(isinstance(part.get(name) or "", str) for name in ("text", "transcript"))
    )


def _kept(part: dict[str, Any]) -> dict[str, Any]:
    """A part without its audio, which would be sent back with every event."""
    return {name: value for name, value in part.items() if name != "audio"}


class Items:
    """A conversation's items, in order."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    @property
    def last_id(self) -> str | None:
        return next(reversed(self._items), None)

    def find(self, item_id: object) -> Item:
        """The item of this id.

        Raises: InvalidMessage
        """
        if not isinstance(item_id, str) or item_id not in self._items:
            raise InvalidMessage(f"There is no item {item_id!r}.")
        return self._items[item_id]

    def add(self, item: Item, after: object = None) -> str | None:
        """Add an item at the end, or after the one named; `root` is the beginning. The id of the one before it.

        Raises: InvalidMessage where it is there already, or the one before it is not
        """
        if item.id in self._items:
            raise InvalidMessage(f"There is an item {item.id!r} already.")
        before = self.last_id
        if after is None or after == before:
            self._items[item.id] = item
        else:
            before = None if after == "root" else self.find(after).id
            ids = list(self._items)
            place = ids.index(before) + 1 if before is not None else 0
            ids.insert(place, item.id)
            self._items[item.id] = item
            self._items = {each: self._items[each] for each in ids}
        while len(self._items) > MAX_ITEMS:
            del self._items[next(iter(self._items))]
        return before

    def remove(self, item_id: object) -> Item:
        """Raises: InvalidMessage"""
        item = self.find(item_id)
        del self._items[item.id]
        return item

    def truncate(self, item_id: object, audio_end_ms: object) -> Item:
        """Keep of an answer what was heard of it: its words up to this time.

        Raises: InvalidMessage
        """
        item = self.find(item_id)
        if not isinstance(audio_end_ms, int | float) or audio_end_ms < 0:
            raise InvalidMessage("audio_end_ms: a number of milliseconds is needed.")
        if item.role != "assistant":
            raise InvalidMessage("Only an answer can be truncated.")
        item.words = [word for word in item.words if word.start_s * 1000 < audio_end_ms]
        for part in item.content:
            if part.get("type") in _SPOKEN_PARTS:
                part["transcript"] = " ".join(word.text for word in item.words)
        return item


def messages(instructions: str, items: Sequence[Item]) -> list[Message]:
    """The conversation as a chat model reads it.

    A call stands there with its output right after it, as endpoints ask for; one without an output is left out, and so
    is an output without its call.
    """
    said = [Message("system", instructions)] if instructions else []
    outputs = {item.other.get("call_id"): item for item in items if item.kind == "function_call_output"}
    called: list[Item] = []

    def close_calls() -> None:
        if called:
            said.append(Message("assistant", "", calls=tuple(_call(item) for item in called)))
        for item in called:
            call_id = item.other["call_id"]
            said.append(Message("tool", str(outputs[call_id].other.get("output", "")), call_id=call_id))
        called.clear()

    for item in items:
        if item.kind == "function_call" and item.other.get("call_id") in outputs:
            called.append(item)
        elif item.kind == "function_call_output":
            close_calls()  # what is called next was called knowing this
        elif item.kind == "message" and item.text:
            close_calls()
            role = item.role
            assert role in ("user", "assistant", "system")
            said.append(Message(role, item.text))  # type: ignore[arg-type]
    close_calls()
    return said


def _call(item: Item) -> ToolCall:
    return ToolCall(item.other["call_id"], str(item.other.get("name", "")), str(item.other.get("arguments", "")))
