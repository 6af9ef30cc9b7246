"""`GET /api/v1/addresses`: where other devices reach this server, with QR codes, for the pages."""

from __future__ import annotations

import ipaddress

import ifaddr
import segno
from fastapi import APIRouter, Request

from makima import installation
from makima.server.doors.common.socket import identify
from makima.server.services import Services

EVERY_HOST = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, never the default

MOST = 3
"""Addresses: a machine with many networks has more than one wants to read."""


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["status"])

    @routes.get("/api/v1/addresses")
    async def addresses(request: Request) -> dict[str, object]:
        """Addresses that other devices can open, each with the rows of its QR code, and how to get some."""
        await identify(request, services)
        port = (request.scope.get("server") or ("", services.settings.port))[1]
        found = elsewhere(services.settings.host, port)
        if not _is_local(request.url.hostname or ""):
            # The one that this page was opened by is known to work, also through a proxy.
            found = list(dict.fromkeys([f"{request.url.scheme}://{request.url.netloc}", *found]))
        folder = installation.clone()
        return {
            "addresses": [{"url": url, "qr": qr_rows(url)} for url in found[:MOST]],
            "port": port,
            "commands": [
                installation.command("keys add phone", folder),
                installation.command("serve --host 0.0.0.0", folder),
            ],
        }

    return routes


def elsewhere(host: str, port: int) -> list[str]:
    """The addresses by which other machines reach a server that listens on `host` and `port`, IPv4 first.

    Empty where it listens on one address alone.
    """
    if host not in EVERY_HOST:
        return []
    ips = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
    found = [ip for ip in ips if not (known := ipaddress.ip_address(ip)).is_loopback and not known.is_link_local]
    return [address(ip, port) for ip in found]


def address(host: str, port: int) -> str:
    """The address to open in a browser."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def qr_rows(text: str) -> list[str]:
    """The QR code of `text`, row by row, `1` where it is dark, without the quiet zone around it."""
    return ["".join("1" if dark else "0" for dark in row) for row in segno.make(text, error="m", micro=False).matrix]


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
