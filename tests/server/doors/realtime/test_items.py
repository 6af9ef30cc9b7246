"""The items of a conversation: order, truncating, and what a chat model reads."""

from __future__ import annotations

import pytest

from makima.errors import InvalidMessage
from makima.llm.protocol import Message, ToolCall
from makima.server.doors.common.word_times import TimedWord
from makima.server.doors.realtime.items import Item, Items, messages, read


def _text(role: str, text: str, item_id: str | None = None) -> Item:
    return read({"id": item_id, "type": "message", "role": role, "content": [{"type": "input_text", "text": text}]})


def test_places() -> None:
    items = Items()
    assert items.add(_text("user", "b", "b")) is None
    assert items.add(_text("user", "d", "d")) == "b"
    assert items.add(_text("user", "c", "c"), "b") == "b"
    assert items.add(_text("user", "a", "a"), "root") is None
    assert [item.id for item in items] == ["a", "b", "c", "d"]
    items.remove("b")
    assert [item.id for item in items] == ["a", "c", "d"]
    with pytest.raises(InvalidMessage, match="already"):
        items.add(_text("user", "a", "a"))
    with pytest.raises(InvalidMessage, match="no item"):
        items.add(_text("user", "x"), "missing")


def test_of_an_answer_what_was_heard_is_kept() -> None:
    items = Items()
    words = [TimedWord("One", 0.0, 0.3), TimedWord("two", 0.4, 0.7), TimedWord("three", 0.8, 1.0)]
    items.add(
        Item("a", role="assistant", content=[{"type": "output_audio", "transcript": "One two three"}], words=words)
    )
    items.add(_text("user", "What?", "u"))
    assert items.truncate("a", 450).text == "One two"
    assert messages("Be brief.", list(items)) == [
        Message("system", "Be brief."),
        Message("assistant", "One two"),
        Message("user", "What?"),
    ]
    assert items.truncate("a", 0).text == ""
    with pytest.raises(InvalidMessage, match="Only an answer"):
        items.truncate("u", 0)
    with pytest.raises(InvalidMessage, match="audio_end_ms"):
        items.truncate("a", "soon")


def _called(number: int) -> Item:
    return read({"type": "function_call", "call_id": f"c{number}", "name": "f", "arguments": "{}"})


def _gave(number: int) -> Item:
    return read({"type": "function_call_output", "call_id": f"c{number}", "output": f"out {number}"})


def _calls(*numbers: int) -> Message:
    return Message("assistant", "", calls=tuple(ToolCall(f"c{number}", "f", "{}") for number in numbers))


def _output(number: int) -> Message:
    return Message("tool", f"out {number}", call_id=f"c{number}")


ASKED = _text("user", "What?")


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([ASKED, _called(1), _gave(1)], [Message("user", "What?"), _calls(1), _output(1)]),
        ([_called(1), _called(2), _gave(2), _gave(1)], [_calls(1, 2), _output(1), _output(2)]),
        ([_called(1), _called(2), _gave(2)], [_calls(2), _output(2)]),
        ([_called(1), ASKED, _gave(1)], [_calls(1), _output(1), Message("user", "What?")]),
        ([_called(1), _gave(1), _called(2), _gave(2)], [_calls(1), _output(1), _calls(2), _output(2)]),
        ([_called(1), ASKED, _gave(2)], [Message("user", "What?")]),
    ],
)
def test_calls_stand_before_their_outputs(items: list[Item], said: list[Message]) -> None:
    assert messages("", items) == said


@pytest.mark.parametrize(
    "fields",
    [
        None,
        "text",
        {"type": "song"},
        {"type": "function_call", "name": "f"},
        {"type": "function_call_output"},
        {"role": "wizard"},
        {"content": "text"},
        {"content": [{"type": "smell"}]},
    ],
)
def test_what_is_no_item(fields: object) -> None:
    with pytest.raises(InvalidMessage, match="item"):
        read(fields)


def test_audio_in_an_item_is_not_kept() -> None:
    item = read({"content": [{"type": "input_audio", "audio": "AAAA", "transcript": "Hi."}]})
    assert item.wire()["content"] == [{"type": "input_audio", "transcript": "Hi."}]
    assert item.text == "Hi."
