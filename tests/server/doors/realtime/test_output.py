"""The items of a response: what is sent in which order, and what the conversation keeps of it."""

from __future__ import annotations

from typing import Any

from makima.llm.protocol import CallPiece
from makima.server.doors.realtime.items import Items
from makima.server.doors.realtime.output import DELTA_BYTES, Output


class Sent:
    """An output that is written as text, and what it has sent."""

    def __init__(self, *, spoken: bool = False, in_conversation: bool = True) -> None:
        self.events: list[dict[str, Any]] = []
        self.items = Items()
        self.output = Output("resp_1", self.items, self._send, spoken=spoken, in_conversation=in_conversation)

    async def _send(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


async def test_two_calls_at_once() -> None:
    sent = Sent()
    for piece in (
        CallPiece(0, "call_a", "weather", '{"place":'),
        CallPiece(1, "call_b", "time"),
        CallPiece(0, arguments=' "Rome"}'),
        CallPiece(1, arguments="{}"),
    ):
        await sent.output.call(piece)
    await sent.output.end_message("completed")
    await sent.output.end_calls("completed")
    await sent.output.end_calls("completed")
    done = sent.of("response.function_call_arguments.done")
    assert [(event["call_id"], event["name"], event["arguments"], event["output_index"]) for event in done] == [
        ("call_a", "weather", '{"place": "Rome"}', 0),
        ("call_b", "time", "{}", 1),
    ]
    deltas = sent.of("response.function_call_arguments.delta")
    assert "".join(event["delta"] for event in deltas if event["call_id"] == "call_a") == '{"place": "Rome"}'
    assert sent.kinds()[:2] == ["response.output_item.added", "conversation.item.added"]
    assert sent.kinds()[-2:] == ["response.output_item.done", "conversation.item.done"]
    assert [item["status"] for item in sent.output.wire()] == ["completed", "completed"]
    assert [item.kind for item in sent.items] == ["function_call", "function_call"]


async def test_an_endpoint_that_numbers_no_calls() -> None:
    """A new id is a new call, even under the same number."""
    sent = Sent()
    await sent.output.call(CallPiece(0, "call_a", "one", "{}"))
    await sent.output.call(CallPiece(0, "call_b", "two", "{}"))
    await sent.output.end_calls("completed")
    assert [item["name"] for item in sent.output.wire()] == ["one", "two"]


async def test_a_call_waits_for_the_end_of_the_message() -> None:
    sent = Sent(spoken=True)
    await sent.output.say("One moment.")
    await sent.output.call(CallPiece(0, "call_a", "weather", "{}"))
    await sent.output.sound(bytes(DELTA_BYTES + 2), ())
    assert not sent.of("response.function_call_arguments.delta")
    assert [len(event["delta"]) for event in sent.of("response.output_audio.delta")] == [DELTA_BYTES // 3 * 4, 4]
    await sent.output.end_message("completed")
    await sent.output.end_calls("completed")
    kinds = sent.kinds()
    assert kinds.index("response.output_item.done") < kinds.index("response.function_call_arguments.delta")
    assert [item["type"] for item in sent.output.wire()] == ["message", "function_call"]


async def test_a_call_that_was_broken_off_is_forgotten() -> None:
    sent = Sent()
    await sent.output.call(CallPiece(0, "call_a", "weather", '{"pl'))
    await sent.output.end_calls("incomplete")
    assert not sent.of("response.function_call_arguments.done")
    assert sent.output.wire()[0]["status"] == "incomplete"
    assert not list(sent.items)


async def test_words_that_are_withdrawn_are_forgotten() -> None:
    sent = Sent()
    await sent.output.withdraw()
    assert not sent.events
    await sent.output.say("They want")
    await sent.output.withdraw()
    await sent.output.say("Hello.")
    await sent.output.end_message("completed")
    assert [item.text for item in sent.items] == ["Hello."]
    assert [item["status"] for item in sent.output.wire()] == ["incomplete", "completed"]
    assert sent.output.text == "Hello."


async def test_an_item_that_the_client_has_deleted() -> None:
    sent = Sent()
    await sent.output.call(CallPiece(0, "call_a", "weather", "{"))
    sent.items.remove(next(iter(sent.items)).id)
    await sent.output.end_calls("incomplete")
    assert sent.output.wire()[0]["status"] == "incomplete"


async def test_beside_the_conversation() -> None:
    sent = Sent(in_conversation=False)
    await sent.output.say("Hello.")
    await sent.output.end_message("completed")
    assert not list(sent.items)
    assert not [kind for kind in sent.kinds() if kind.startswith("conversation")]
