"""Every error that leaves a module of makima, as one tree.

MakimaError               stable code + fields; text built in __str__
 ConfigError, AssetError  start-up and loading: which key or file, what was expected, how to mend it
 RequestError             the caller's: InvalidText, InvalidDocument, InvalidMessage, VoiceNotFound, InvalidAudio,
                          NotFound, WrongState, Unauthorized
 CapacityError            healthy but full: retry_after_s
 EngineError              ours: ModelLoading, SynthesisFailed, RecognitionFailed, OutOfMemory, Timeout
 UpstreamError            a recogniser or chat model elsewhere: service, retryable

`code` is what the wire carries (docs/protocol.md); `recoverable` says whether the same session may try again.
Cancellation is not an error: a stream ends with the reason `cancelled`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def readable(text: str) -> str:
    """`text` as it can be sent and logged, whatever a client or the name of a file has put into it.

    Half of a surrogate pair cannot be written as UTF-8, and terminals obey control characters.
    """
    return _UNREADABLE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


class MakimaError(Exception):
    """Root of the tree. `message` is one or two sentences for a person; `mend` says what to do, where that is known."""

    code: ClassVar[str] = "SYNTHESIS_ERROR"
    recoverable: bool = True

    def __init__(self, message: str, *, mend: str | None = None) -> None:
        super().__init__(message)
        self.message = readable(message)
        self.mend = readable(mend) if mend else mend

    def __str__(self) -> str:
        return f"{self.message} {self.mend}" if self.mend else self.message


class ConfigError(MakimaError):
    """A setting that cannot be used: names the key, what was expected and how to mend it."""

    code = "CONFIG_ERROR"
    recoverable = False

    def __init__(self, key: str, message: str, *, mend: str | None = None) -> None:
        super().__init__(message, mend=mend)
        self.key = readable(key)

    def __str__(self) -> str:
        return f"{self.key}: {super().__str__()}"


class AssetError(MakimaError):
    """A file, folder or package that is missing or broken: names it, what was expected and how to mend it."""

    code = "TTS_LOAD_FAILED"
    recoverable = False

    def __init__(self, asset: str, message: str, *, mend: str | None = None) -> None:
        super().__init__(message, mend=mend)
        self.asset = readable(asset)

    def __str__(self) -> str:
        return f"{self.asset}: {super().__str__()}"


class RequestError(MakimaError):
    """The caller's mistake."""

    code = "INVALID_MESSAGE"


class InvalidMessage(RequestError):
    """Not JSON, an unknown type, a wrong field, or a message out of order."""


class InvalidText(RequestError):
    """A text that is empty, too long, or has nothing in it that can be spoken."""

    code = "INVALID_TEXT"
    recoverable = False


class InvalidDocument(RequestError):
    """A book or another file with text in it that cannot be read, or has nothing in it that can be spoken."""

    code = "INVALID_DOCUMENT"


class NotFound(RequestError):
    """There is no such thing, or it belongs to another key."""

    code = "NOT_FOUND"


class WrongState(RequestError):
    """What is asked for does not fit what the thing has come to, such as a job that is done."""

    code = "WRONG_STATE"


class InvalidAudio(RequestError):
    """Audio that cannot be decoded or does not serve its purpose."""

    code = "INVALID_AUDIO"


class Unauthorized(RequestError):
    """A token that is missing, expired or wrong."""

    code = "UNAUTHORIZED"
    recoverable = False


class Forbidden(RequestError):
    """What this client may not change."""

    code = "FORBIDDEN"


class VoiceNotFound(RequestError):
    """No voice has this id; `available` lists those there are."""

    code = "VOICE_NOT_FOUND"

    def __init__(self, voice: str, available: Sequence[str] = (), *, mend: str | None = None) -> None:
        known = f" There are: {', '.join(available)}." if available else ""
        super().__init__(f"There is no voice {voice!r}.{known}", mend=mend)
        self.voice = voice
        self.available = tuple(available)


class CapacityError(MakimaError):
    """Healthy but full, or over a limit. Worth trying again after `retry_after_s` seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after_s: float, mend: str | None = None) -> None:
        super().__init__(message, mend=mend)
        self.retry_after_s = retry_after_s


class EngineError(MakimaError):
    """Our own failure while loading, speaking or listening."""


class ModelLoading(EngineError):
    """The model is still loading after the wait allowed."""

    code = "MODEL_LOADING"


class SynthesisFailed(EngineError):
    """The engine failed on this utterance; the session goes on."""


class RecognitionFailed(EngineError):
    """The recogniser failed on this utterance; the session goes on."""

    code = "RECOGNITION_ERROR"


class OutOfMemory(EngineError):
    """The device ran out of memory, also after one retry."""

    code = "GPU_OUT_OF_MEMORY"


class Timeout(EngineError):
    """Synthesis or the client took too long."""

    code = "TIMEOUT"


class UpstreamError(MakimaError):
    """A service elsewhere failed: a recogniser, a chat model or a server of keys.

    `retry_after_s` is what it asked for, if it did.
    """

    code = "UPSTREAM_ERROR"

    def __init__(
        self,
        service: str,
        message: str,
        *,
        retryable: bool,
        retry_after_s: float | None = None,
        mend: str | None = None,
    ) -> None:
        super().__init__(f"{service}: {message}", mend=mend)
        self.service = service
        self.retryable = self.recoverable = retryable
        self.retry_after_s = retry_after_s


class KeysUnavailable(UpstreamError):
    """The public keys that tokens are checked by cannot be had now."""
