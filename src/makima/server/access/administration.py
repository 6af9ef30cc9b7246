"""Who may change what all clients of a server share: its chat model, and the models on its disk."""

from __future__ import annotations

import ipaddress

from fastapi import Request

from makima.errors import Forbidden
from makima.server.doors.common.socket import identify
from makima.server.services import Services

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Headers of a proxy on this machine, behind which any client may be."""


async def may_administer(request: Request, services: Services) -> bool:
    """Whether this request may: it comes from this machine itself, or with an administrator's key.

    Raises: Unauthorized where a key is asked for and there is none that is valid
    """
    who = await identify(request, services)
    if who.subject is not None and who.subject in {f"key {name}" for name in services.settings.admin_keys}:
        return True
    return _is_loopback(who.address) and not any(name in request.headers for name in _FORWARDED)


async def require_administrator(request: Request, services: Services) -> None:
    """Raises: Unauthorized, Forbidden"""
    if not await may_administer(request, services):
        raise Forbidden(
            "This is changed from the machine that runs the server, or with an administrator's key.",
            mend="Name the key in MAKIMA_ADMIN_KEYS.",
        )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
