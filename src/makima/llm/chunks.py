"""What one document of a streamed answer says: a piece of the answer, its end, an error, or nothing of either."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from makima.errors import UpstreamError
from makima.llm.body import decoded
from makima.llm.protocol import CallPiece
from makima.llm.refusals import SERVICE, reason_in, sentence

_DONE = ("[DONE]", "DONE")


@dataclass(frozen=True, slots=True)
class Piece:
    """The next text of an answer, which is empty where the model thinks."""

    text: str = ""
    thought: bool = False
    """There is a thought beside it, in a field of its own."""
    last: bool = False
    withheld: bool = False
    """A filter of the endpoint has ended the answer."""
    calls: tuple[CallPiece, ...] = ()


DONE = Piece(last=True)

_THOUGHT_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks")
_SAID_TYPES = ("text", "output_text", "refusal")


class ChunkReader:
    """Reads the documents of one answer in turn. Where an endpoint sends several choices, only the first is read."""

    def __init__(self) -> None:
        self._by_delta = False

    def read(self, document: str) -> list[Piece]:
        """The pieces in one document, the last of them `DONE` where it is the mark of the end. What is no part of an
        answer, such as a ping, gives none.

        Raises: UpstreamError where it is an error, or an answer that cannot be read
        """
        if document.strip().strip('"').upper() in _DONE:
            return [DONE]
        values = decoded(document)
        if values is None:  # some servers join their events by single line ends
            lines = document.splitlines()
            return [piece for line in lines for piece in self.read(line)] if len(lines) > 1 else []
        return [piece for value in values if (piece := self._piece(value)) is not None]

    def _piece(self, value: Any) -> Piece | None:
        if not isinstance(value, dict):
            return None
        _raise_error(value)
        choices = value.get("choices")
        if isinstance(choices, dict):
            choices = [choices]
        if not isinstance(choices, list):
            return None
        choice = next((each for each in choices if isinstance(each, dict) and _is_first(each.get("index"))), None)
        if choice is None:  # another choice, or the count of tokens
            return Piece()
        _raise_error(choice)
        finish = choice.get("finish_reason")
        message = self._message(choice)
        text = _said(message.get("content")) or _said(message.get("refusal"))
        return Piece(
            text,
            thought=any(message.get(field) for field in _THOUGHT_FIELDS),
            last=isinstance(finish, str) and finish not in ("", "null"),
            withheld=finish == "content_filter",
            calls=_calls(message.get("tool_calls")),
        )

    def _message(self, choice: dict[str, Any]) -> dict[str, Any]:
        if isinstance(delta := choice.get("delta"), dict):
            self._by_delta = self._by_delta or bool(delta.get("content") or delta.get("tool_calls"))
            return delta
        if self._by_delta:  # the whole of what came in pieces, once more
            return {}
        if isinstance(message := choice.get("message"), dict):
            return message
        return {"content": choice.get("text")}


def _is_first(index: object) -> bool:
    return index is None or index == 0 or index == "0"


def _said(content: object) -> str:
    """The text of a message's content: a string, or parts, of which those that are no text are left out."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        raise not_understood()
    return "".join(_part(part) for part in content)


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or part.get("type", "text") not in _SAID_TYPES:
        return ""
    text = part.get("text", part.get("refusal"))
    if isinstance(text, dict):
        text = text.get("value")
    return text if isinstance(text, str) else ""


def _calls(calls: object) -> tuple[CallPiece, ...]:
    """The pieces of calls. Where an endpoint does not number them, they are numbered as they stand."""
    if not isinstance(calls, list):
        return ()
    pieces = []
    for place, call in enumerate(calls):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            continue
        index, arguments = call.get("index"), function.get("arguments")
        # Some endpoints give arguments as an object, not as its text.
        text = arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments is not None else ""
        pieces.append(
            CallPiece(
                index if isinstance(index, int) else place,
                str(call.get("id") or ""),
                str(function.get("name") or ""),
                text,
            )
        )
    return tuple(pieces)


def _raise_error(value: dict[str, Any]) -> None:
    error = value.get("error")
    if not error and "error" in (value.get("object"), value.get("type")):
        error = value
    if error:
        said = sentence(reason_in(error)) or "an error that it does not name."
        raise UpstreamError(SERVICE, f"it says: {said}", retryable=True)


def not_understood() -> UpstreamError:
    """The error for what came in place of an answer."""
    mend = "Is MAKIMA_LLM_BASE_URL the address of an OpenAI-compatible endpoint, usually ending in /v1?"
    return UpstreamError(SERVICE, "what came is no answer.", retryable=True, mend=mend)
