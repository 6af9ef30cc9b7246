"""The models of this machine, as the Models page shows, fetches, removes and chooses them."""

from __future__ import annotations

import importlib
import os
import platform
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from makima import installation
from makima.cli.managed.choice import load_choice, save_choice
from makima.config import Settings
from makima.engines.real_time import RealTime
from makima.engines.registry import ENGINES, EngineSpec
from makima.errors import InvalidMessage
from makima.models import hub, pulling
from makima.models.assets import store
from makima.models.assets.bundles import BUNDLES, KOKORO, Bundle
from makima.models.assets.place import open_store
from makima.server.access.administered import Item, Kind, Machine, Report, Runner
from makima.stt.registry import RECOGNIZERS, WHISPER_NAME, RecognizerSpec

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
_ENGINE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"chatterbox-turbo": "chatterbox", "parakeet": "parakeet", "smart-turn": "parakeet"}
)
SMART_TURN: Final = "smart-turn"
"""Used beside any recogniser but the embedded one, where it is here."""


class LocalDepot:
    """The models of this machine. Callable from any thread."""

    def __init__(self, settings: Settings, engine: str, recognizer: str | None) -> None:
        self._settings = settings
        self._in_use = {engine, recognizer}

    def machine(self) -> Machine:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        free_bytes = _free_bytes(self._settings.cache_dir.expanduser())
        return Machine(f"{platform.system()} {platform.machine()}", cores, _memory_bytes(), _gpu(), free_bytes)

    def runners(self) -> list[Runner]:
        engines = [self._runner(spec, Kind.SPEAKS) for spec in ENGINES.values() if spec.name != "fake"]
        return [*engines, *(self._runner(spec, Kind.LISTENS) for spec in RECOGNIZERS.values())]

    def _runner(self, spec: EngineSpec | RecognizerSpec, kind: Kind) -> Runner:
        problem = spec.problem(self._settings)
        told = None if problem is None else str(problem)
        return Runner(spec.name, spec.summary, kind, spec.name in self._in_use, told)

    def items(self) -> list[Item]:
        # A package that was installed since the start is found only by looking into the folders again.
        importlib.invalidate_caches()
        return [
            *(self._bundle_item(bundle) for bundle in BUNDLES.values()),
            *(self._hub_item(name) for name in hub.MODELS),
        ]

    def fetch(self, name: str, report: Report) -> None:
        if name in BUNDLES:

            def told(news: store.Progress) -> None:
                report(news.done_bytes, news.total_bytes)

            open_store(self._settings).bring(BUNDLES[name].assets, name, told)
            return
        self._require_hub_name(name)
        pulling.pull(name, self._settings.quantize, _SIZES_BYTES[name], report)

    def remove(self, name: str) -> int:
        if name in BUNDLES:
            return open_store(self._settings).remove(BUNDLES[name].assets)
        self._require_hub_name(name)
        return hub.remove(name)

    def choose(self, name: str) -> None:
        choice = load_choice(self._settings.data_dir)
        if name in RECOGNIZERS:
            problem = RECOGNIZERS[name].problem(self._settings)
            chosen = replace(choice, recognizer=name)
        else:
            engine, model_id = _engine_of(name)
            problem = ENGINES[engine].problem(self._settings.model_copy(update={"model_id": model_id}))
            chosen = replace(choice, engine=engine, model_id=None if engine == KOKORO else model_id)
        if problem is not None:
            raise problem
        save_choice(self._settings.data_dir, chosen)

    def _bundle_item(self, bundle: Bundle) -> Item:
        assets = open_store(self._settings)
        here = sum(asset.size_bytes for asset in bundle.assets if assets.glance(asset))
        listens = bundle.name == WHISPER_NAME
        used = (WHISPER_NAME if listens else KOKORO) in self._in_use
        return Item(
            bundle.name,
            bundle.summary,
            Kind.LISTENS if listens else Kind.SPEAKS,
            bundle.size_bytes,
            here,
            bundle.licences,
            in_use=used and here > 0,
            usable=bundle.name in (KOKORO, WHISPER_NAME) and not used and here >= bundle.size_bytes,
        )

    def _hub_item(self, name: str) -> Item:
        settings, model_id, engine = self._settings, hub.hub_id(name), _ENGINE_OF.get(name, "qwen3")
        spec = ENGINES.get(engine) or RECOGNIZERS[engine]
        needed = spec.packages_problem() if name != SMART_TURN else None
        here, whole = hub.cached_bytes(name), hub.find(name) is not None
        of_settings = (settings.model_id, settings.stt_model_id, settings.turn_model_id)
        used = engine in self._in_use and (model_id in of_settings or engine == "chatterbox")
        size_bytes = here if whole else max(_SIZES_BYTES[name], here + 1)
        speed = RealTime(settings.model_copy(update={"model_id": model_id}))
        return Item(
            name,
            _SUMMARIES[name],
            Kind.SPEAKS if hub.speaks(name) else Kind.LISTENS,
            size_bytes,
            here,
            hub.LICENCES[model_id],
            in_use=used and whole,
            needs=None if needed is None else _command(spec.extra),
            usable=whole and not used and needed is None and name != SMART_TURN,
            factor=speed.expected(size_bytes) if engine == "qwen3" else None,
            memory_bytes=speed.memory_bytes(size_bytes) if engine == "qwen3" else None,
        )

    @staticmethod
    def _require_hub_name(name: str) -> None:
        if name not in hub.MODELS:
            raise InvalidMessage(
                f"There is no model {name!r}.", mend=f"Known are: {', '.join([*BUNDLES, *hub.MODELS])}."
            )


def _engine_of(name: str) -> tuple[str, str]:
    """The engine that speaks with a model, and the model's id. Raises: InvalidMessage where none does"""
    if name == KOKORO:
        return KOKORO, ""
    if name not in hub.MODELS or not hub.speaks(name):
        raise InvalidMessage(f"{name!r} is used together with others, and is not chosen.")
    return _ENGINE_OF.get(name, "qwen3"), hub.hub_id(name)


def _command(extra: str | None) -> str:
    """The command that installs an extra, as it can be pasted into any terminal."""
    place = installation.clone()
    command = installation.install(extra or "", place)
    return command if place is None else f"cd {shlex.quote(str(place))} && {command}"


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def _free_bytes(folder: Path) -> int | None:
    """On the disk of a folder, which need not be there yet."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            return shutil.disk_usage(place).free
    return None


def _gpu() -> str | None:
    """The name of an NVIDIA card, as its driver tells it; None where there is none, or another."""
    for about in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        for line in about.read_text("utf-8", "replace").splitlines():
            if line.startswith("Model:"):
                return line.partition(":")[2].strip()
    return "Apple" if platform.system() == "Darwin" and platform.machine() == "arm64" else None
