"""`makima models`: fetch weights, list them, remove them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from makima.config import load_settings
from makima.console import out, status
from makima.models import hub

models_command = typer.Typer(help="Fetch, list and remove the weights of models.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="A short name such as qwen3-tts-0.6b, a hub id, or a folder")]


@models_command.command()
def pull(
    name: NameArgument = "qwen3-tts-0.6b",
    mirror: Annotated[str | None, typer.Option(help="The address of a mirror of the hub; or set HF_ENDPOINT")] = None,
) -> None:
    """Fetch a model and check it. What was fetched before is kept, and a fetch that broke off goes on."""
    settings = load_settings()
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


@models_command.command("list")
def list_models() -> None:
    """List the models there are names for, and which of them are on this machine."""
    settings = load_settings()
    cached = {model.model_id: model for model in hub.cached_models()}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Name", "Hub id", "On this machine"):
        table.add_column(column, overflow="fold")
    for model_id in dict.fromkeys([*hub.MODELS.values(), *cached, settings.model_id]):
        found = cached.get(model_id)
        size = f"{found.size_bytes / 1e9:.2f} GB" if found else ("a folder" if hub.find(model_id) else "[dim]no[/]")
        listens = model_id in (settings.stt_model_id, settings.turn_model_id) and hub.find(model_id) is not None
        used = " (in use)" if model_id == settings.model_id or listens else ""
        table.add_row(hub.short_name(model_id), model_id, size + used)
    out.print(table)


@models_command.command()
def remove(name: NameArgument) -> None:
    """Delete a model's weights from the cache."""
    freed_bytes = hub.remove(name)
    out.print(f"{freed_bytes / 1e9:.2f} GB were freed.", highlight=False)
