"""The Wyoming port: TCP, and the announcement that lets Home Assistant find it."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from makima import installation
from makima.config import Settings
from makima.errors import AssetError, ConfigError
from makima.server.access.keys import KeyStore
from makima.server.monitoring import scope as scopes
from makima.server.monitoring.scope import Scope
from makima.server.services import Services

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

log = logging.getLogger(__name__)

SERVICE = "_wyoming._tcp.local."


def check(settings: Settings) -> None:
    """Refuse settings under which the port cannot be opened, or would be open to those who have no key.

    Raises: AssetError, ConfigError
    """
    if not settings.wyoming:
        return
    if find_spec("wyoming") is None:
        raise AssetError("wyoming", "Wyoming needs it.", mend=installation.run_install())
    locked = settings.locked or KeyStore(settings.data_dir).in_use
    if locked and not settings.on_loopback and not settings.insecure:
        raise ConfigError(
            "MAKIMA_WYOMING",
            "Wyoming has no keys, so everyone in this network could use the server.",
            mend="Pass --insecure if that is meant.",
        )


@contextlib.asynccontextmanager
async def wyoming_port(services: Services) -> AsyncIterator[int | None]:
    """The port, open while the context is; None if the settings ask for none.

    Raises: ConfigError where the port is in use
    """
    settings = services.settings
    if not settings.wyoming:
        yield None
        return
    # Here, as the packages are in an extra.
    from makima.server.doors.wyoming.connection import WyomingConnection
    from makima.server.doors.wyoming.framing import MAX_LINE_BYTES

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        scopes.enter(Scope(scopes.WYOMING, session_id=scopes.new_session_id()))
        await WyomingConnection(services, reader, writer).run()

    try:
        server = await asyncio.start_server(connected, settings.host, settings.wyoming_port, limit=MAX_LINE_BYTES)
    except OSError as exc:
        raise ConfigError(
            "MAKIMA_WYOMING_PORT",
            f"{settings.host}:{settings.wyoming_port} cannot be opened: {exc.strerror or exc}.",
            mend="Pass another --wyoming-port.",
        ) from exc
    port: int = server.sockets[0].getsockname()[1]
    async with server, _announced(settings, port):
        log.info("Wyoming on port %d", port)
        yield port


@contextlib.asynccontextmanager
async def _announced(settings: Settings, port: int) -> AsyncIterator[None]:
    """Tell the network of the port, if others than this machine can reach it."""
    zeroconf = await _announce(settings, port) if not settings.on_loopback and find_spec("zeroconf") else None
    try:
        yield
    finally:
        if zeroconf is not None:
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()


async def _announce(settings: Settings, port: int) -> AsyncZeroconf | None:
    from zeroconf import Error
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

    # Home Assistant keeps its settings by this name, so it must be the same after each start.
    name = f"makima-{socket.gethostname().split('.')[0]}"
    try:
        zeroconf = AsyncZeroconf()
        await zeroconf.async_register_service(
            AsyncServiceInfo(
                SERVICE,
                f"{name}.{SERVICE}",
                addresses=[_address(settings.host).packed],
                port=port,
                server=f"{name}.local.",
            )
        )
    except (OSError, Error, ValueError) as exc:
        log.warning("Wyoming is not announced, so its address must be typed in: %s", exc)
        return None
    return zeroconf


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address that others reach this machine by."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host.strip("[]"))
        if not address.is_unspecified:
            return address
    # No packet is sent: the system only says which address it would send one from.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("224.0.0.251", 5353))
        return ipaddress.ip_address(probe.getsockname()[0])
