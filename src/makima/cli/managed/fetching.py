"""Fetching models with a progress bar, and what is missing at the start of a server."""

from __future__ import annotations

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.text import Text

from makima.config import Settings
from makima.console import status
from makima.engines.registry import AUTO, ENGINES
from makima.errors import AssetError
from makima.events import Loading, OnLoading
from makima.models.assets import store
from makima.models.assets.bundles import BUNDLES, KOKORO, Bundle
from makima.models.assets.place import open_store
from makima.stt.arriving import Fetch
from makima.stt.registry import RECOGNIZERS, WHISPER_NAME


def fetch(settings: Settings, bundle: Bundle) -> list[store.Found]:
    """Have all of a bundle on this machine. Raises: AssetError where no origin has one of its files"""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=status, transient=True) as progress:
        task = progress.add_task(f"Fetching {bundle.name}", total=bundle.size_bytes)

        def report(news: store.Progress) -> None:
            progress.update(task, completed=news.done_bytes, total=news.total_bytes)

        return open_store(settings).bring(bundle.assets, bundle.name, report)


def fetch_voice(settings: Settings) -> None:
    """Fetch what the neural voice needs, where it is the one that would be chosen and something is missing."""
    wanted = settings.engine == KOKORO or (
        settings.engine == AUTO and ENGINES["qwen3"].unasked_problem(settings) is not None
    )
    if wanted and ENGINES[KOKORO].packages_problem() is None:
        _fetch_missing(settings, (KOKORO, "kokoro-languages", "kokoro-japanese"))


def recognizer_fetch(settings: Settings) -> Fetch | None:
    """What fetches Whisper's files, where it is the recogniser that would be chosen and something is missing."""
    better = RECOGNIZERS["parakeet"].problem(settings) is None
    wanted = settings.stt == WHISPER_NAME or (settings.stt == AUTO and not better)
    bundle, place = BUNDLES[WHISPER_NAME], open_store(settings)
    if not settings.fetch or not wanted or RECOGNIZERS[WHISPER_NAME].packages_problem() is not None:
        return None
    if not place.missing(bundle.assets):
        return None

    def bring(on_loading: OnLoading) -> None:
        def report(news: store.Progress) -> None:
            on_loading(Loading(f"Fetching {bundle.name}", news.done_bytes / max(1, news.total_bytes)))

        place.bring(bundle.assets, bundle.name, report)

    return bring


def _fetch_missing(settings: Settings, names: tuple[str, ...]) -> None:
    """Fetch these bundles. Where one cannot be fetched it is said why; the server starts with what is there."""
    if not settings.fetch:
        return
    store = open_store(settings)
    for name in names:
        if store.missing(BUNDLES[name].assets):
            try:
                fetch(settings, BUNDLES[name])
            except AssetError as exc:
                status.print(Text.assemble(("Not fetched: ", "yellow"), str(exc)))
                if name == names[0]:  # the others are of no use without it
                    return
