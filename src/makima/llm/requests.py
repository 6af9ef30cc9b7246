"""What is sent to an endpoint of chat completions: the conversation, and the functions that may be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from makima.llm.protocol import Message, Tools


def body(model: str, messages: Sequence[Message], tools: Tools | None) -> dict[str, Any]:
    """The body of a request for a streamed answer."""
    fields: dict[str, Any] = {"model": model, "messages": [_message(message) for message in messages], "stream": True}
    if tools is not None and tools.functions:
        fields["tools"] = [{"type": "function", "function": dict(function)} for function in tools.functions]
        fields["tool_choice"] = (
            {"type": "function", "function": dict(tools.choice)} if isinstance(tools.choice, Mapping) else tools.choice
        )
    return fields


def _message(message: Message) -> dict[str, Any]:
    fields: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.call_id is not None:
        fields["tool_call_id"] = message.call_id
    if message.calls:
        fields["content"] = message.text or None
        fields["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.calls
        ]
    return fields
