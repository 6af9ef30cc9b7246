"""`makima models`: fetch weights, list them, remove them."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from makima.cli.managed.fetching import fetch
from makima.config import Settings, load_settings
from makima.console import out, status
from makima.errors import AssetError
from makima.models import hub
from makima.models.assets.bundles import BUNDLES, Bundle
from makima.models.assets.place import open_store

models_command = typer.Typer(help="Fetch, list and remove the weights of models.")

NameArgument = Annotated[
    str, typer.Argument(help="A short name such as kokoro or qwen3-tts-0.6b, a hub id, or a folder")
]


@models_command.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_models()


@models_command.command()
def pull(
    name: NameArgument = "qwen3-tts-0.6b",
    mirror: Annotated[str | None, typer.Option(help="The address of a mirror of the hub; or set HF_ENDPOINT")] = None,
) -> None:
    """Fetch a model and check it. What was fetched before is kept, and a fetch that broke off goes on."""
    settings = load_settings(hub_endpoint=mirror)
    if name in BUNDLES:
        _pull_bundle(settings, BUNDLES[name])
        return
    _check_name(name)
    folder = hub.pull(
        name,
        mirror,
        on_check=lambda file: status.print(f"checking {file}", style="dim"),
        quantize=settings.quantize,
    )
    out.print(f"[bold]{hub.short_name(hub.hub_id(name))}[/] is in {folder}", soft_wrap=True, highlight=False)
    if hub.hub_id(name) == hub.CHATTERBOX_ID:
        out.print("To speak with it: TTS_ENGINE=chatterbox makima serve", highlight=False)
    elif hub.speaks(name) and hub.hub_id(name) != settings.model_id:
        out.print(f"To speak with it: TTS_MODEL_ID={hub.hub_id(name)} makima serve", highlight=False)


def _check_name(name: str) -> None:
    """Raises: AssetError where it is neither a known name, a folder, nor an `owner/name` of the hub"""
    known = [*BUNDLES, *hub.MODELS]
    if name in known or "/" in name or Path(name).expanduser().is_dir():
        return
    near = get_close_matches(name, known, 1)
    raise AssetError(
        name,
        "There is no model of this name.",
        mend=f"Did you mean {near[0]}?"
        if near
        else f"Known names: {', '.join(known)}; or an id of the hub, owner/name.",
    )


def _pull_bundle(settings: Settings, bundle: Bundle) -> None:
    for found in fetch(settings, bundle):
        out.print(f"{found.path}: from {found.origin}", style="dim", soft_wrap=True, highlight=False)
    size = f"{bundle.size_bytes / 1e6:.0f} MB"
    out.print(f"[bold]{bundle.name}[/] is on this machine: {size}, {bundle.licences}", highlight=False)


@models_command.command("list")
def list_models() -> None:
    """List the models there are names for, which of them are on this machine, and under which licence."""
    settings = load_settings()
    cached = {model.model_id: model for model in hub.cached_models()}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Name", "From", "On this machine", "Licence"):
        table.add_column(column, overflow="fold")
    for bundle in BUNDLES.values():
        table.add_row(bundle.name, *_bundle_state(settings, bundle), bundle.licences)
    for model_id in dict.fromkeys([*hub.MODELS.values(), *cached, settings.model_id]):
        found = cached.get(model_id)
        size = f"{found.size_bytes / 1e9:.2f} GB" if found else ("a folder" if hub.find(model_id) else "[dim]no[/]")
        listens = model_id in (settings.stt_model_id, settings.turn_model_id) and hub.find(model_id) is not None
        used = " (in use)" if model_id == settings.model_id or listens else ""
        table.add_row(hub.short_name(model_id), model_id, size + used, hub.LICENCES.get(model_id, "see its page"))
    out.print(table)


def _bundle_state(settings: Settings, bundle: Bundle) -> tuple[str, str]:
    """Where a bundle's files came from, or can come from, and how much of it is here."""
    store = open_store(settings)
    found = [there for asset in bundle.assets if (there := store.find(asset)) is not None]
    size = f"{sum(there.asset.size_bytes for there in found) / 1e6:.0f} MB"
    if not found:
        origins = dict.fromkeys(type(origin).kind for asset in bundle.assets for origin in asset.origins)
        return ", ".join(origins), f"[dim]no[/] ({bundle.size_bytes / 1e6:.0f} MB)"
    origins = dict.fromkeys(there.origin for there in found)
    part = "" if len(found) == len(bundle.assets) else f" ({len(found)} of {len(bundle.assets)} files)"
    return ", ".join(origins), size + part


@models_command.command()
def remove(name: NameArgument) -> None:
    """Delete a model's weights from this machine."""
    bundle = BUNDLES.get(name)
    freed_bytes = open_store(load_settings()).remove(bundle.assets) if bundle else hub.remove(name)
    out.print(f"{freed_bytes / 1e9:.2f} GB were freed.", highlight=False)
