"""What goes on beside the sessions: books spoken as jobs, voices made and deleted, pages and figures looked at."""

from __future__ import annotations

import asyncio
import io
import random

import httpx

from makima.audio import wav
from makima.audio.pcm import Encoding, encode
from makima.bench.soak.site import ANSWER_S, Site
from makima.bench.soak.texts import LONG_TEXT, TEXTS, recording
from makima.server.wire import DEFAULT_RATE_HZ

BOOK = f"# One\n\n{TEXTS[0]}\n\n# Two\n\n{TEXTS[1]}\n"
MIX = "{}:0.6+{}:0.4"
POLL_S = 0.5
_OK, _CREATED, _NO_CONTENT = 200, 201, 204


async def job(site: Site, rng: random.Random) -> None:
    """A small book: uploaded, spoken, fetched and deleted; now and then deleted on the way."""
    async with site.http() as http:
        files = {"file": ("book.md", io.BytesIO(BOOK.encode()))}
        made = await http.post("/api/v1/jobs", files=files, data={"format": "mp3"})
        if not _is(site, "jobs", made, _CREATED):
            return
        address = f"/api/v1/jobs/{made.json()['id']}"
        if rng.random() < 0.3:
            await asyncio.sleep(rng.random())
        elif (state := await _over(http, address)) != "done":
            site.ledger.fault("jobs", f"a job ended as {state}")
        else:
            name = made.json()["format"]
            _is(site, "jobs", await http.get(f"{address}/files/book.{name}"), _OK)
        _is(site, "jobs", await http.delete(address), _NO_CONTENT)
        site.ledger.done["jobs"] += 1


async def voice(site: Site, rng: random.Random) -> None:
    """A voice made of a recording, or a mix of two; and deleted."""
    name = f"Soak {rng.randrange(1_000_000)}"
    async with site.http() as http:
        if site.clones:
            pcm = encode(recording(site.reference, LONG_TEXT), Encoding.PCM16)
            files = {"audio": ("a.wav", io.BytesIO(wav.header(DEFAULT_RATE_HZ, data_bytes=len(pcm)) + pcm))}
            fields = {"name": name, "consent": "yes", "transcript": LONG_TEXT}
            made = await http.post("/api/v1/voices", files=files, data=fields)
        else:
            mix = MIX.format(*site.voices[:2])
            made = await http.post("/api/v1/voices/mixes", json={"mix": mix, "name": name})
            if made.status_code == httpx.codes.BAD_REQUEST:
                return  # an engine that neither clones nor mixes
        if _is(site, "voices", made, _CREATED):
            _is(site, "voices", await http.delete(f"/api/v1/voices/{made.json()['id']}"), _NO_CONTENT)
            site.ledger.done["voices made and deleted"] += 1


async def looks(site: Site, rng: random.Random) -> None:
    """A browser that opens a page, and a monitor that reads the figures."""
    async with site.http() as http:
        for path in ("/health", "/metrics", "/api/v1/voices", rng.choice(("/", "/listen", "/voices", "/books"))):
            _is(site, path, await http.get(path), _OK)
        site.ledger.done["pages and figures"] += 1


async def _over(http: httpx.AsyncClient, address: str) -> str:
    """The state of a job once it is over, or after a while."""
    state = ""
    for _ in range(round(ANSWER_S / POLL_S)):
        state = str((await http.get(address)).json()["state"])
        if state in ("done", "failed", "cancelled"):
            break
        await asyncio.sleep(POLL_S)
    return state


def _is(site: Site, what: str, answer: httpx.Response, status: int) -> bool:
    if answer.status_code == status:
        return True
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        site.ledger.refused += 1
    else:
        site.ledger.fault(what, f"{answer.status_code} {answer.text[:300]}")
    return False
