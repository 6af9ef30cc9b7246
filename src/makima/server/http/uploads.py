"""A form with a recording in it, read as it comes in: what is too large is refused before it has all arrived."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from makima.errors import InvalidAudio, InvalidMessage

MAX_UPLOAD_BYTES: Final = 32 * 1024 * 1024
"""Two minutes of 24-bit stereo at 44.1 kHz; what of it counts is half a minute."""

MAX_FIELDS: Final = 16
_MAX_FIELD_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """The recording, in a file that is gone when the request is done with, and the form's other fields."""

    audio: BinaryIO
    fields: dict[str, str]


@asynccontextmanager
async def upload_of(request: Request) -> AsyncIterator[Upload]:
    """The form that `request` carries, with a file in the field `audio`.

    Raises: InvalidMessage where it is no such form; InvalidAudio where it is too large
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidMessage("A form is needed.", mend="Send multipart/form-data with the recording as audio.")
    parser = MultiPartParser(
        request.headers, _counted(request), max_files=1, max_fields=MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES
    )
    try:
        form = await parser.parse()
    except ClientDisconnect as exc:
        raise InvalidMessage("The upload was broken off.") from exc  # nobody hears it; it is not our failure either
    except (MultiPartException, ValueError) as exc:
        said = exc.message if isinstance(exc, MultiPartException) else exc
        raise InvalidMessage(f"The form cannot be read: {said}") from exc
    try:
        audio = form.get("audio")
        if not isinstance(audio, UploadFile):
            raise InvalidMessage("audio: a file is needed.", mend="With curl: -F audio=@recording.wav")
        yield Upload(audio.file, {name: value for name, value in form.items() if isinstance(value, str)})
    finally:
        await form.close()


async def _counted(request: Request) -> AsyncGenerator[bytes, None]:
    too_large = InvalidAudio(
        f"The upload is larger than {MAX_UPLOAD_BYTES >> 20} MiB.", mend="Cut the recording to 30 s, or send FLAC."
    )
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > MAX_UPLOAD_BYTES:
        raise too_large
    count = 0
    async for piece in request.stream():
        count += len(piece)
        if count > MAX_UPLOAD_BYTES:
            raise too_large
        yield piece
