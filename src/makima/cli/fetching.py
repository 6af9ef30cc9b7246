"""Fetches a bundle of assets with a progress bar."""

from __future__ import annotations

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.text import Text

from makima.config import Settings
from makima.console import status
from makima.engines.registry import AUTO, ENGINES
from makima.errors import AssetError
from makima.models.assets import store
from makima.models.assets.bundles import BUNDLES, KOKORO, Bundle
from makima.models.assets.place import open_store


def fetch(settings: Settings, bundle: Bundle) -> list[store.Found]:
    """Have all of a bundle on this machine. Raises: AssetError where no origin has one of its files"""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=status, transient=True) as progress:
        task = progress.add_task(f"Fetching {bundle.name}", total=bundle.size_bytes)

        def report(news: store.Progress) -> None:
            progress.update(task, completed=news.done_bytes, total=news.total_bytes)

        return open_store(settings).bring(bundle.assets, bundle.name, report)


def fetch_voice(settings: Settings) -> None:
    """Fetch what the neural voice needs, where it is the one that would be chosen and something is missing.

    Where nothing can be fetched it is said why; the server then starts with what is there.
    """
    wanted = settings.engine == KOKORO or (settings.engine == AUTO and ENGINES["qwen3"].problem(settings) is not None)
    if not settings.fetch or not wanted or ENGINES[KOKORO].packages_problem() is not None:
        return
    store = open_store(settings)
    for name in (KOKORO, "kokoro-languages", "kokoro-japanese"):
        if store.missing(BUNDLES[name].assets):
            try:
                fetch(settings, BUNDLES[name])
            except AssetError as exc:
                status.print(Text.assemble(("Not fetched: ", "yellow"), str(exc)))
                if name == KOKORO:  # the others are of no use without it
                    return
