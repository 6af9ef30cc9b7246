"""A form with a recording in it, checked while it is received: one that is too large is refused before its end."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from makima.errors import AssetError, InvalidAudio, InvalidMessage

MAX_FIELDS: Final = 32
MAX_FIELD_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """What a route takes: the field with the recording, its limit, and what to do about a recording over it."""

    field: str
    noun: str
    max_bytes: int
    if_too_large: str
    example: str = "recording.wav"


@dataclass(frozen=True, slots=True)
class Upload:
    """The recording, in a file that is deleted after the request, and the form's other fields.

    Of a field that is repeated, `fields` has the last value, and `lists` all of them.
    """

    audio: BinaryIO
    fields: dict[str, str]
    lists: dict[str, list[str]] = field(default_factory=dict)
    name: str = ""


@asynccontextmanager
async def upload_of(request: Request, form: Form) -> AsyncIterator[Upload]:
    """The form that `request` carries.

    Raises: InvalidMessage if it is no such form, or one of its fields is too large; InvalidAudio if all of it is;
    AssetError if there is no room for it
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidMessage("A form is needed.", mend=f"Send multipart/form-data with {form.noun} as {form.field}.")
    parser = MultiPartParser(
        request.headers, _counted(request, form), max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES
    )
    try:
        data = await parser.parse()
    except ClientDisconnect as exc:
        raise InvalidMessage("The upload broke off.") from exc  # the client has left; this is no error of the server
    except OSError as exc:
        raise AssetError(
            "TMPDIR",
            f"There is no room for an upload: {exc.strerror or exc}.",
            mend="Make room on the server, or set TMPDIR to another folder.",
        ) from exc
    except (MultiPartException, ValueError) as exc:
        said = exc.message if isinstance(exc, MultiPartException) else exc
        raise InvalidMessage(f"The form cannot be read: {said}") from exc
    try:
        audio = data.get(form.field)
        if not isinstance(audio, UploadFile):
            raise InvalidMessage(
                f"{form.field}: {form.noun} is needed.", mend=f"With curl: -F {form.field}=@{form.example}"
            )
        lists: dict[str, list[str]] = {}
        for name, value in data.multi_items():
            if isinstance(value, str):
                lists.setdefault(name, []).append(value)
        yield Upload(audio.file, {name: values[-1] for name, values in lists.items()}, lists, audio.filename or "")
    finally:
        await data.close()


async def json_upload_of(request: Request, form: Form) -> Upload:
    """The same from a JSON body, whose `input_audio.data` is the recording in base64.

    Raises: InvalidMessage if it is no such body; InvalidAudio if it is too large
    """
    # Base64 needs a third more than what it stands for.
    body = b"".join([piece async for piece in _counted(request, replace(form, max_bytes=form.max_bytes * 4 // 3))])
    try:
        fields = json.loads(body)
        data = fields["input_audio"]["data"]
        audio = base64.b64decode(data, validate=True)
    except (ValueError, RecursionError, KeyError, TypeError) as exc:
        raise InvalidMessage(
            "The body is no JSON with a recording.",
            mend='Send multipart/form-data with file, or {"input_audio": {"data": BASE64, "format": "wav"}}.',
        ) from exc
    known = {name: _plain(value) for name, value in fields.items() if isinstance(value, str | bool | int | float)}
    lists = {name: [str(each) for each in value] for name, value in fields.items() if isinstance(value, list)}
    return Upload(io.BytesIO(audio), known, lists)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def _counted(request: Request, form: Form) -> AsyncGenerator[bytes, None]:
    too_large = InvalidAudio(f"The upload is larger than {form.max_bytes >> 20} MiB.", mend=form.if_too_large)
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > form.max_bytes:
        raise too_large
    count = 0
    async for piece in request.stream():
        count += len(piece)
        if count > form.max_bytes:
            raise too_large
        yield piece
