"""Which requests are accepted: tokens, origins and host names."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, urlsplit

import jwt
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from makima import installation
from makima.config import Settings
from makima.errors import ConfigError, KeysUnavailable, Unauthorized
from makima.server.access.keys import KeyLimits, KeyStore, is_key
from makima.server.connections.budget import Share, SpeechShare
from makima.server.error_map import BAD_REQUEST, FORBIDDEN

log = logging.getLogger(__name__)

MIN_SECRET_BYTES = 32  # what RFC 7518, section 3.2, asks of HS256
_ALGORITHMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        "EC": ("ES256", "ES384", "ES512"),
        "OKP": ("EdDSA",),
    }
)
"""By the kind of public key (RFC 7518, 6.1; RFC 8037, 2)."""
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request comes from: the subject of the token or key, and the address it was sent from.

    `limits` are the key's own, in place of those of the settings; `text` and `audio` are its session's allowances of
    characters and of seconds of speech, where it has them.
    """

    subject: str | None
    address: str
    limits: KeyLimits | None = None
    text: Share | None = field(default=None, compare=False, repr=False)
    audio: SpeechShare | None = field(default=None, compare=False, repr=False)


class Tokens:
    """Checks API keys, and JSON Web Tokens against one secret or a set of public keys. `alg: none` is never accepted.

    Raises: ConfigError for settings that cannot work.
    """

    def __init__(self, settings: Settings, keys: KeyStore | None = None) -> None:
        self._keys = keys or KeyStore(settings.data_dir)
        self._signed = settings.locked
        self._audience = settings.auth_audience
        self._secret = settings.auth_secret.get_secret_value() if settings.auth_secret else None
        self._jwks = _jwks_client(settings.auth_jwks_url) if settings.auth_jwks_url else None
        if self._secret is not None and self._jwks is not None:
            raise ConfigError("MAKIMA_AUTH_SECRET", "Set either this or MAKIMA_AUTH_JWKS_URL.")
        if self._secret is not None and len(self._secret.encode()) < MIN_SECRET_BYTES:
            raise ConfigError("MAKIMA_AUTH_SECRET", f"At least {MIN_SECRET_BYTES} bytes are needed for HS256.")

    @property
    def required(self) -> bool:
        """Whether a key or token is asked for: there is something to check tokens by, or a key was made."""
        return self._signed or self._keys.in_use

    async def identity(self, token: str | None, address: str) -> Identity:
        """Who sends a request with this key or token, from this address.

        Raises: as `subject`
        """
        if token is not None and is_key(token):
            key = self._keys.find(token)
            if key is not None:
                return Identity(key.subject, address, key.limits)
            if self.required:
                raise Unauthorized("The key is not valid.", mend="Make one with: makima keys add NAME.")
        return Identity(await self.subject(token), address)

    async def subject(self, token: str | None) -> str | None:
        """The subject of `token`; None if the server asks for none.

        Raises: Unauthorized if it is missing, expired, for another audience or not valid; KeysUnavailable if the keys
        cannot be fetched.
        """
        if not self.required:
            return None
        if not token:
            raise Unauthorized("A token is needed.", mend="Send it in start, as authToken, or as a bearer token.")
        if not self._signed:
            raise Unauthorized("The key is not valid.")
        try:
            claims = await self._claims(token)
        except jwt.ExpiredSignatureError as exc:
            raise Unauthorized("The token has expired.") from exc
        except jwt.InvalidAudienceError as exc:
            raise Unauthorized("The token is for another audience.") from exc
        except jwt.MissingRequiredClaimError as exc:
            raise Unauthorized(f"The token lacks the claim {exc.claim!r}.") from exc
        except (jwt.PyJWTError, ValueError, TypeError) as exc:
            raise Unauthorized("The token is not valid.") from exc
        return str(claims.get("sub", "")) or None

    async def _claims(self, token: str) -> dict[str, Any]:
        if self._jwks is None:
            assert self._secret is not None
            return self._decode(token, self._secret, ["HS256"])
        # The client sometimes fetches the keys, with a blocking request.
        key = await asyncio.to_thread(self._jwks.get_signing_key_from_jwt, token)
        # The token names its algorithm itself, and not all of them can be used with every kind of key.
        return self._decode(token, key.key, list(_ALGORITHMS.get(str(key.key_type), ())))

    def _decode(self, token: str, key: Any, algorithms: list[str]) -> dict[str, Any]:
        # `exp` is required: a token that never expires cannot be revoked.
        options: Any = {"require": ["exp"], "verify_aud": self._audience is not None}
        return jwt.decode(token, key, algorithms, audience=self._audience, options=options, leeway=10)


def _jwks_client(url: str) -> jwt.PyJWKClient:
    if find_spec("cryptography") is None:
        raise ConfigError(
            "MAKIMA_AUTH_JWKS_URL", "Public keys need cryptography.", mend=installation.run_install("jwks")
        )
    return _KeysClient(url, cache_keys=True, lifespan=300, timeout=5)


class _KeysClient(jwt.PyJWKClient):
    """Fetches the keys of tokens. That they cannot be had is no fault of the token."""

    def get_jwk_set(self, refresh: bool = False) -> jwt.PyJWKSet:
        try:
            return super().get_jwk_set(refresh)
        except Exception as exc:  # of the network, of HTTP, of JSON, or of what stands in it
            log.warning("the keys of tokens cannot be fetched from MAKIMA_AUTH_JWKS_URL: %s", exc)
            raise KeysUnavailable("token keys", "they cannot be fetched now.", retryable=True) from exc


class Gate:
    """Middleware: refuses foreign host names and origins.

    On loopback only loopback names are accepted. Otherwise any web site could let a name of its own resolve to this
    machine and read the answers (DNS rebinding). An `Origin`, which browsers always send with sockets and with posts
    from other sites, must be this server's own or be listed.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = frozenset(settings.allowed_hosts)
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.allowed_origins)
        self._loopback = settings.on_loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            try:
                refusal = self._refusal(headers, unsafe=scope.get("method") not in ("GET", "HEAD", "OPTIONS"))
            except ValueError:
                await _refuse("The header Host or Origin is malformed.", BAD_REQUEST, scope, receive, send)
                return
            if refusal is not None:
                log.warning("refused %r: %s", scope["path"], refusal)
                await _refuse(refusal, FORBIDDEN, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers, *, unsafe: bool) -> str | None:
        """Why a request is refused.

        Raises: ValueError if one of the headers is malformed
        """
        host = headers.get("host", "")
        name = _place(host).hostname or ""
        origin = headers.get("origin")
        place = _place(origin, "") if origin is not None else None
        if self._loopback and name not in _LOOPBACK_NAMES and name not in self._hosts:
            return f"This server does not answer to the name {name!r}. Add it to MAKIMA_ALLOWED_HOSTS."
        if not unsafe or origin is None or origin.lower() in self._origins:
            return None
        assert place is not None
        if place.netloc.lower() == host.lower() and origin != "null":
            return None
        return f"Pages of {origin!r} may not use this server. Add it to MAKIMA_ALLOWED_ORIGINS."


def _place(header: str, before: str = "//") -> SplitResult:
    """What a header says of a place, such as its host.

    Raises: ValueError if it is malformed
    """
    place = urlsplit(before + header)
    _ = place.port  # which is checked when it is read
    if "@" in place.netloc:
        raise ValueError("neither header names a user")
    return place


async def _refuse(why: str, status: int, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse(why, status)(scope, receive, send)
        return
    await receive()
    await WebSocket(scope, receive, send).send_denial_response(PlainTextResponse(why, status))
