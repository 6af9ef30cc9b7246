"""`makima keys`, `makima token` and `makima usage`: who may use a server, and what they used."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from makima.config import Settings, load_settings
from makima.console import out, status
from makima.errors import ConfigError
from makima.server.access.keys import KeyLimits, KeyStore
from makima.server.access.usage import UsageLog

keys_command = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)


@keys_command.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What it is for")],
    utterances: Annotated[int | None, typer.Option(min=0, help="A minute; 0 is no limit")] = None,
    characters: Annotated[int | None, typer.Option(min=0, help="A minute; 0 is no limit")] = None,
    sessions: Annotated[int | None, typer.Option(min=0, help="At once; 0 is no limit")] = None,
) -> None:
    """Make a key and print it, once. With the first one, the server begins to ask for a key."""
    store = KeyStore(load_settings().data_dir)
    first = not store.in_use
    _, key = store.add(name, KeyLimits(utterances, characters, sessions))
    out.print(key, soft_wrap=True, markup=False, highlight=False)
    status.print("Keep it: it cannot be shown again.", style="dim")
    if first:
        status.print("From now on the server asks for a key or a token.", style="dim")


@keys_command.command("list")
def list_keys() -> None:
    """List the keys, without what they open."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Id", "Name", "Made", "Revoked", "Limits"):
        table.add_column(column)
    for key in KeyStore(load_settings().data_dir).list():
        limits = {"utterances": key.limits.utterances, "characters": key.limits.characters}
        own = {**limits, "sessions": key.limits.sessions}
        shown = ", ".join(f"{amount:,} {what}" for what, amount in own.items() if amount is not None)
        revoked = "" if key.revoked_s is None else _day(key.revoked_s)
        table.add_row(key.id, escape(key.name), _day(key.created_s), revoked, shown)
    out.print(table)


@keys_command.command("revoke")
def revoke(name: Annotated[str, typer.Argument(help="A key's name or id")]) -> None:
    """Refuse this key from now on. Takes effect at once."""
    key = KeyStore(load_settings().data_dir).revoke(name)
    out.print(f"Revoked: {key.name}", markup=False, highlight=False)


def print_token(settings: Settings, subject: str, minutes: float) -> None:
    """Print a token for `subject`.

    Raises: ConfigError where there is no secret to sign with
    """
    import jwt

    if settings.auth_secret is None:
        raise ConfigError("MAKIMA_AUTH_SECRET", "Tokens are signed with it.", mend="Set it to 32 bytes or more.")
    claims: dict[str, object] = {"sub": subject, "exp": int(time.time() + minutes * 60)}
    if settings.auth_audience is not None:
        claims["aud"] = settings.auth_audience
    signed = jwt.encode(claims, settings.auth_secret.get_secret_value(), "HS256")
    out.print(signed, soft_wrap=True, markup=False, highlight=False)


def print_usage(settings: Settings, key: str | None, days: int) -> None:
    """Print what was used in the last `days`, by the key of this name or by all."""
    since = (datetime.now(UTC).date() - timedelta(days=days - 1)).isoformat()
    subject = None if key is None else f"key {key}"
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Day")
    table.add_column("Who")
    for column in ("Utterances", "Characters", "Audio"):
        table.add_column(column, justify="right")
    for row in UsageLog(settings.data_dir).rows(subject, since):
        audio = f"{row.audio_s:,.1f} s"
        table.add_row(row.day, escape(row.subject), f"{row.utterances:,}", f"{row.characters:,}", audio)
    out.print(table)


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()
