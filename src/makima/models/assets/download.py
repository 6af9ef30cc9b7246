"""Downloads by HTTP that go on where they broke off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from makima.errors import AssetError

CONNECT_S: Final = 5.0
"""An origin that cannot be reached must not hold up the next one for long."""
READ_S: Final = 30.0

_PARTIAL, _RANGE_REFUSED = 206, 416


def download(client: httpx.Client, url: str, partial: Path, on_bytes: Callable[[int], None]) -> None:
    """Fetch `url` into `partial`, of which the first part may be there already. `on_bytes` hears how much there is.

    The caller checks what came: an origin may have changed between two parts.

    Raises: AssetError where the origin cannot be reached, refuses, or breaks off; what has come is kept
    """
    start = partial.stat().st_size if partial.exists() else 0
    try:
        status = _fetch(client, url, partial, start, on_bytes)
        if status == _RANGE_REFUSED and start:  # all of it is there, or it is no part of what there is now
            partial.unlink()
            status = _fetch(client, url, partial, 0, on_bytes)
    except httpx.HTTPError as exc:
        raise AssetError(url, f"It cannot be fetched: {exc or type(exc).__name__}.") from exc
    if status >= 400:
        raise AssetError(url, f"The server answered with status {status}.")


def _fetch(client: httpx.Client, url: str, partial: Path, start: int, on_bytes: Callable[[int], None]) -> int:
    # Compressed answers would make the range one of other bytes.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code >= 400:
            return response.status_code
        resumed = response.status_code == _PARTIAL
        done = start if resumed else 0
        with partial.open("ab" if resumed else "wb") as file:
            for piece in response.iter_raw():
                file.write(piece)
                done += len(piece)
                on_bytes(done)
        return response.status_code


def make_client() -> httpx.Client:
    """A client with our timeouts. Proxies of the environment hold."""
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    return httpx.Client(timeout=timeout, follow_redirects=True)
