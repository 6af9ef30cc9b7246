"""Fetches a bundle of assets with a progress bar."""

from __future__ import annotations

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from makima.config import Settings
from makima.console import status
from makima.models.assets import store
from makima.models.assets.bundles import Bundle
from makima.models.assets.place import open_store


def fetch(settings: Settings, bundle: Bundle) -> list[store.Found]:
    """Have all of a bundle on this machine. Raises: AssetError where no origin has one of its files"""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=status, transient=True) as progress:
        task = progress.add_task(f"Fetching {bundle.name}", total=bundle.size_bytes)

        def report(news: store.Progress) -> None:
            progress.update(task, completed=news.done_bytes, total=news.total_bytes)

        return open_store(settings).bring(bundle.assets, bundle.name, report)
