"""Fetching models: with a progress bar for the commands, and for the Models page with what this machine can run."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.text import Text

from makima import installation
from makima.config import Settings
from makima.console import status
from makima.engines.registry import AUTO, ENGINES, EngineSpec
from makima.errors import AssetError, InvalidMessage
from makima.events import Loading, OnLoading
from makima.models import hub
from makima.models.assets import store
from makima.models.assets.bundles import BUNDLES, KOKORO, Bundle
from makima.models.assets.place import open_store
from makima.server.access.administered import Item, Kind, Machine, Report, Runner
from makima.stt.arriving import Fetch
from makima.stt.registry import RECOGNIZERS, WHISPER_NAME, RecognizerSpec


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


_SIZES_BYTES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "qwen3-tts-0.6b": 2_500_000_000,
        "qwen3-tts-0.6b-custom": 2_500_000_000,
        "qwen3-tts-1.7b": 4_500_000_000,
        "qwen3-tts-1.7b-custom": 4_500_000_000,
        "qwen3-tts-1.7b-design": 4_500_000_000,
        "chatterbox-turbo": 1_500_000_000,
        "parakeet": 670_000_000,
        "smart-turn": 9_000_000,
    }
)
"""About how large a release is: the hub is asked for it only when it is fetched."""

_SUMMARIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "qwen3-tts-0.6b": "Qwen3-TTS 0.6B: voices cloned from a recording, ten languages",
        "qwen3-tts-0.6b-custom": "Qwen3-TTS 0.6B with preset speakers, for the default voice",
        "qwen3-tts-1.7b": "Qwen3-TTS 1.7B: the larger one, for a GPU",
        "qwen3-tts-1.7b-custom": "Qwen3-TTS 1.7B with preset speakers",
        "qwen3-tts-1.7b-design": "Qwen3-TTS 1.7B: voices made from a description",
        "chatterbox-turbo": "Chatterbox Turbo: voices cloned from a recording, English",
        "parakeet": "Parakeet TDT 0.6B v3: recognises 25 European languages",
        "smart-turn": "Smart Turn v3: hears whether someone has finished speaking",
    }
)
_ENGINE_OF: Final[Mapping[str, str]] = MappingProxyType({"chatterbox-turbo": "chatterbox", "parakeet": "parakeet"})


class LocalDepot:
    """The models of this machine. Callable from any thread."""

    def __init__(self, settings: Settings, engine: str, recognizer: str | None) -> None:
        self._settings = settings
        self._in_use = {engine, recognizer}

    def machine(self) -> Machine:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return Machine(f"{platform.system()} {platform.machine()}", cores, _memory_bytes(), _gpu())

    def runners(self) -> list[Runner]:
        engines = [self._runner(spec, Kind.SPEAKS) for spec in ENGINES.values() if spec.name != "fake"]
        return [*engines, *(self._runner(spec, Kind.LISTENS) for spec in RECOGNIZERS.values())]

    def _runner(self, spec: EngineSpec | RecognizerSpec, kind: Kind) -> Runner:
        problem = spec.problem(self._settings)
        told = None if problem is None else str(problem)
        return Runner(spec.name, spec.summary, kind, spec.name in self._in_use, told)

    def items(self) -> list[Item]:
        cached = {model.model_id: model.size_bytes for model in hub.cached_models()}
        return [
            *(self._bundle_item(bundle) for bundle in BUNDLES.values()),
            *(self._hub_item(name, cached) for name in hub.MODELS),
        ]

    def fetch(self, name: str, report: Report) -> None:
        if name in BUNDLES:

            def told(news: store.Progress) -> None:
                report(news.done_bytes, news.total_bytes)

            open_store(self._settings).bring(BUNDLES[name].assets, name, told)
            return
        self._require_hub_name(name)
        hub.pull(name, quantize=self._settings.quantize)

    def remove(self, name: str) -> int:
        if name in BUNDLES:
            return open_store(self._settings).remove(BUNDLES[name].assets)
        self._require_hub_name(name)
        return hub.remove(name)

    def _bundle_item(self, bundle: Bundle) -> Item:
        assets = open_store(self._settings)
        here = sum(asset.size_bytes for asset in bundle.assets if assets.glance(asset))
        listens = bundle.name == WHISPER_NAME
        return Item(
            bundle.name,
            bundle.summary,
            Kind.LISTENS if listens else Kind.SPEAKS,
            bundle.size_bytes,
            here,
            bundle.licences,
            in_use=(WHISPER_NAME if listens else KOKORO) in self._in_use and here > 0,
            progress=True,
        )

    def _hub_item(self, name: str, cached: Mapping[str, int]) -> Item:
        engine = _ENGINE_OF.get(name, "qwen3")
        kind = Kind.SPEAKS if hub.speaks(name) else Kind.LISTENS
        spec = ENGINES.get(engine) or RECOGNIZERS[engine]
        needed = spec.packages_problem() if name != "smart-turn" else None
        in_use = engine in self._in_use and hub.hub_id(name) in (self._settings.model_id, self._settings.stt_model_id)
        here = cached.get(hub.hub_id(name), 0)
        return Item(
            name,
            _SUMMARIES[name],
            kind,
            max(_SIZES_BYTES[name], here),
            here,
            hub.LICENCES[hub.hub_id(name)],
            in_use=in_use and here > 0,
            needs=None if needed is None else _command(spec.extra),
        )

    @staticmethod
    def _require_hub_name(name: str) -> None:
        if name not in hub.MODELS:
            raise InvalidMessage(
                f"There is no model {name!r}.", mend=f"Known are: {', '.join([*BUNDLES, *hub.MODELS])}."
            )


def _command(extra: str | None) -> str:
    return installation.install(extra or "", installation.clone())


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def _gpu() -> str | None:
    """The name of an NVIDIA card, as its driver tells it; None where there is none, or another."""
    for about in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        for line in about.read_text("utf-8", "replace").splitlines():
            if line.startswith("Model:"):
                return line.partition(":")[2].strip()
    return "Apple" if platform.system() == "Darwin" and platform.machine() == "arm64" else None
