"""`makima.server.http.uploads`: which forms are taken, and when one is refused."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from makima.errors import InvalidAudio, InvalidMessage
from makima.server.http.uploads import MAX_FIELD_BYTES, MAX_FIELDS, Form, upload_of

FORM = Form("file", "a recording", 1 << 20, "Send it in parts.")
CONTENT_TYPE = "multipart/form-data; boundary=x"


def part(name: str, data: bytes, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + data + b"\r\n"


END = b"--x--\r\n"
RECORDING = part("file", b"RIFF and more", "talk.wav")


class Sender:
    """A client's request: pieces of a body, after which the client leaves unless the body is complete."""

    def __init__(self, pieces: Sequence[bytes], *, leaves: bool = False, **headers: str) -> None:
        self._pieces = list(pieces)
        self._leaves = leaves
        self.sent = 0
        fields = {"content-type": CONTENT_TYPE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        raw = [(name.encode(), value.encode()) for name, value in fields.items()]
        self.request = Request({"type": "http", "method": "POST", "headers": raw}, self._receive)

    async def _receive(self) -> dict[str, Any]:
        if self.sent == len(self._pieces):
            assert self._leaves
            return {"type": "http.disconnect"}
        self.sent += 1
        more = self._leaves or self.sent < len(self._pieces)
        return {"type": "http.request", "body": self._pieces[self.sent - 1], "more_body": more}

    def received(self, form: Form = FORM) -> tuple[bytes, dict[str, str]]:
        """The recording and the fields."""

        async def read() -> tuple[bytes, dict[str, str]]:
            async with upload_of(self.request, form) as upload:
                return upload.audio.read(), upload.fields

        return asyncio.run(read())


@given(cuts=st.lists(st.integers(0, 250), max_size=6))
def test_it_is_read_in_any_pieces(cuts: list[int]) -> None:
    body = part("language", b"fr") + RECORDING + part("name", "Zoë".encode()) + END
    edges = sorted({0, len(body), *(min(cut, len(body)) for cut in cuts)})
    pieces = [body[start:stop] for start, stop in itertools.pairwise(edges)]
    assert Sender(pieces).received() == (b"RIFF and more", {"language": "fr", "name": "Zoë"})


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (b"{}", {"content_type": "application/json"}, "recording as file"),
        (END, {"content_type": "multipart/form-data"}, "cannot be read"),
        (b"nonsense", {}, "cannot be read"),
        (part("other", b"x", "talk.wav") + END, {}, "file: a recording is needed"),
        (part("file", b"a field") + END, {}, "file: a recording is needed"),
        (part("language", b"y" * (MAX_FIELD_BYTES + 1)) + RECORDING + END, {}, "cannot be read"),
        (part("language", b"y") * (MAX_FIELDS + 1) + RECORDING + END, {}, "cannot be read"),
        (RECORDING + RECORDING + END, {}, "cannot be read"),
    ],
)
def test_forms_that_are_refused(body: bytes, headers: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        Sender([body], leaves=False, **headers).received()
    assert said in str(refused.value)


def test_an_upload_that_breaks_off() -> None:
    with pytest.raises(InvalidMessage, match="broke off"):
        Sender([RECORDING[:40]], leaves=True).received()


def test_too_large_by_its_length_is_refused_before_it_has_come() -> None:
    sender = Sender([RECORDING, END], content_length=str(FORM.max_bytes + 1))
    with pytest.raises(InvalidAudio, match=r"larger than 1 MiB. Send it in parts\."):
        sender.received()
    assert sender.sent == 0


def test_too_large_without_a_length_is_refused_at_the_limit() -> None:
    sender = Sender([part("file", b"", "talk.wav")[:-2], *[bytes(1 << 18)] * 100])
    with pytest.raises(InvalidAudio, match="larger than 1 MiB"):
        sender.received()
    assert sender.sent == 1 + 4
