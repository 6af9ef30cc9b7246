"""The engines there are, whether each can load here, and the command that installs what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from makima import installation
from makima.config import DEFAULT_MODEL_ID, Settings
from makima.engines.fallback import Candidate, FallbackEngine
from makima.engines.front_end.broken import BrokenEngine
from makima.engines.front_end.engine import fronted
from makima.engines.front_end.settings import FrontEnd
from makima.engines.paced import paced
from makima.engines.protocol import NO_WISHES, Engine, TextWishes
from makima.engines.real_time import RealTime
from makima.errors import AssetError, ConfigError, InvalidMessage
from makima.events import OnLoading
from makima.models import hub
from makima.models.assets.bundles import KOKORO, KOKORO_FILES
from makima.models.assets.place import open_store
from makima.models.perth import weights as perth
from makima.text.front_end import stages_of
from makima.text.pronunciations import NONE, Pronunciations, parsed
from makima.voices.library import DEFAULT_ID, open_library

AUTO = "auto"
NAMED = "chosen in the settings"


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """An engine by name: what it needs installed, and how it is made.

    `packages` are import names, all of them in the extra `extra`; `assets` says what else is missing, such as weights.
    `pace` says why it is not chosen unasked, as it cannot keep up with speech on this machine; `slow` that this can
    turn out while it speaks.
    """

    name: str
    summary: str
    make: Callable[[Settings], Engine]
    packages: tuple[str, ...] = ()
    extra: str | None = None
    assets: Callable[[Settings], AssetError | None] = lambda _: None
    wishes: TextWishes = NO_WISHES
    pace: Callable[[Settings], AssetError | None] = lambda _: None
    slow: bool = False

    def problem(self, settings: Settings) -> AssetError | None:
        """Why this engine cannot load here, or None if it can. Imports and loads nothing."""
        return self.packages_problem() or self.assets(settings)

    def unasked_problem(self, settings: Settings) -> AssetError | None:
        """Why `auto` does not take it, or None if it can."""
        return self.problem(settings) or self.pace(settings)

    def packages_problem(self) -> AssetError | None:
        """What is not installed, or None."""
        missing = [package for package in self.packages if find_spec(package) is None]
        if not missing:
            return None
        mend = installation.run_install(self.extra or "")
        return AssetError(f"engine {self.name}", f"It needs {', '.join(missing)}.", mend=mend)


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine that was chosen, and why that one."""

    engine: Engine
    reason: str


def _voices(settings: Settings) -> Path:
    """The folder where engines read the voices, wherever they are kept."""
    return open_library(settings.voices_dir, settings.cache_dir).folder


def _espeak(_: Settings) -> Engine:
    from makima.engines.espeak import EspeakEngine

    return EspeakEngine()


def _qwen3(settings: Settings) -> Engine:
    from makima.engines.qwen3.engine import Qwen3Engine

    return Qwen3Engine(
        settings.model_id,
        settings.device,
        _voices(settings),
        quantize=settings.quantize,
        idle_s=settings.idle_unload_s,
        default_voice=settings.default_voice,
        make_recording=_recording_maker(settings),
        note_factor=RealTime(settings).note,
    )


def _qwen3_weights(settings: Settings) -> AssetError | None:
    return None if hub.find(settings.model_id) else hub.missing(settings.model_id)


def _kokoro(settings: Settings) -> Engine:
    from makima.engines.kokoro import KokoroEngine

    return KokoroEngine(open_store(settings), mixes=_voices(settings))


def _kokoro_files(settings: Settings) -> AssetError | None:
    store = open_store(settings)
    absent = store.missing(KOKORO_FILES.needed)
    return store.problem(absent[0], KOKORO) if absent else None


def _chatterbox(settings: Settings) -> Engine:
    from makima.engines.chatterbox import ChatterboxEngine

    return ChatterboxEngine(
        _chatterbox_id(settings),
        settings.device,
        _voices(settings),
        quantize=settings.quantize,
        make_recording=_recording_maker(settings),
    )


def _recording_maker(settings: Settings) -> Callable[[OnLoading], object] | None:
    """What gives the default voice a recording where it has none: Kokoro, where it can speak here."""
    if settings.default_voice != DEFAULT_ID or ENGINES[KOKORO].problem(settings) is not None:
        return None

    def make(on_loading: OnLoading) -> object:
        from makima.engines.kokoro import KokoroEngine
        from makima.engines.kokoro.reference import ensure_reference

        library = open_library(settings.voices_dir, settings.cache_dir)
        return ensure_reference(library, KokoroEngine(open_store(settings)), on_loading)

    return make


def _chatterbox_id(settings: Settings) -> str:
    """The model that is asked for; where none is, the release, since the usual default is another engine's."""
    return hub.CHATTERBOX_ID if settings.model_id == DEFAULT_MODEL_ID else settings.model_id


def _chatterbox_graphs(settings: Settings) -> AssetError | None:
    model_id = _chatterbox_id(settings)
    return None if hub.find(model_id) else hub.missing(model_id)


def _fake(_: Settings) -> Engine:
    from makima.engines.fake import FakeEngine

    return FakeEngine()


ENGINES: Mapping[str, EngineSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            EngineSpec(
                "espeak",
                "The embedded voice: always there",
                _espeak,
                packages=("espeakng_loader",),
                wishes=TextWishes(kana=True),
            ),
            EngineSpec(
                "qwen3",
                "Qwen3-TTS: cloned voices, on GPU or CPU",
                _qwen3,
                packages=("torch", "safetensors", "tokenizers", "huggingface_hub", "av"),
                extra="qwen3",
                assets=_qwen3_weights,
                pace=lambda settings: RealTime(settings).problem(),
                slow=True,
                wishes=TextWishes(language=True, early=True),
            ),
            EngineSpec(
                "kokoro",
                "Kokoro-82M: a neural voice on any CPU",
                _kokoro,
                packages=("onnxruntime", "pypinyin", "rjieba", "sudachipy", "espeakng_loader"),
                assets=_kokoro_files,
            ),
            EngineSpec(
                "chatterbox",
                "Chatterbox Turbo: cloned voices in English, by ONNX Runtime",
                _chatterbox,
                packages=("onnxruntime", "tokenizers", "huggingface_hub", "av"),
                extra="chatterbox",
                assets=_chatterbox_graphs,
                wishes=TextWishes(language=True),
            ),
            EngineSpec("fake", "Tones, for tests", _fake, wishes=TextWishes(early=True)),
        )
    }
)
PREFERRED = ("qwen3", "kokoro", "espeak")
"""What `auto` tries, best first; the others speak when asked for."""


def chosen_name(settings: Settings) -> str:
    """The name of the engine that `choose` would make. Makes and loads nothing.

    Raises: ConfigError for a name there is none of
    """
    if settings.engine != AUTO:
        return _spec(settings.engine).name
    return next((name for name in PREFERRED if ENGINES[name].unasked_problem(settings) is None), PREFERRED[-1])


def _spec(name: str) -> EngineSpec:
    spec = ENGINES.get(name)
    if spec is None:
        raise ConfigError(
            "TTS_ENGINE", f"There is no engine {name!r}.", mend=f"Take one of: {', '.join([AUTO, *ENGINES])}."
        )
    return spec


def marks(settings: Settings) -> bool:
    """Whether speech is given an inaudible mark.

    Raises: AssetError where it is to be, and what that needs is not installed
    """
    if settings.watermark == "on" and not perth.installed():
        raise AssetError("watermark", f"{perth.PACKAGE} is not installed.", mend=installation.run_install(perth.EXTRA))
    return settings.watermark != "off" and perth.installed()


def choose(settings: Settings) -> Choice:
    """The engine that the settings name, or the best that can load for `auto`; where `MAKIMA_FALLBACK` allows it, with
    the others behind it.

    Raises: ConfigError for a name there is none of; AssetError where the engine named cannot load here, or none can
    """
    named = None if settings.engine == AUTO else _spec(settings.engine)
    replaced = settings.fallback != "off" if named is None else settings.fallback == "on"
    names = [*([] if named is None else [named.name]), *(name for name in PREFERRED if named is None or replaced)]
    names = list(dict.fromkeys(names))
    problems: list[str] = []
    for at, spec in enumerate(ENGINES[name] for name in names):
        problem = spec.problem(settings) if spec is named else spec.unasked_problem(settings)
        if problem is None:
            try:
                engine = spec.make(settings)
            except AssetError as exc:  # what is there is no use
                problem = exc
                if spec is named and not replaced:
                    engine = BrokenEngine(spec.name, exc, settings.default_voice)
                    return Choice(_dressed(engine, settings), NAMED)
            else:
                best = NAMED if spec is named else "the best that can load here"
                others = names[at + 1 :] if replaced else ()
                return Choice(_with_others(spec, engine, others, settings), "; ".join(problems) or best)
        if spec is named and not replaced:
            raise problem
        problems.append(f"not {spec.name}: {problem}")
    raise AssetError("engines", "None can load here.", mend=" ".join(problems))


def _with_others(spec: EngineSpec, engine: Engine, names: Sequence[str], settings: Settings) -> Engine:
    """The engine as it speaks here, with those of `names` behind it that can load."""
    others = [ENGINES[name] for name in names if ENGINES[name].unasked_problem(settings) is None]
    if not others:
        return _dressed(engine, settings)

    def candidate(spec: EngineSpec, make: Callable[[], Engine]) -> Candidate:
        pace = partial(spec.pace, settings) if spec.slow else None
        return Candidate(spec.name, lambda: _dressed(make(), settings), pace)

    return FallbackEngine(
        [candidate(spec, lambda: engine), *(candidate(other, partial(other.make, settings)) for other in others)]
    )


def front_end(settings: Settings, name: str) -> FrontEnd:
    """What the engine `name` gets its texts from.

    Raises: ConfigError where the file of pronunciations cannot be read
    """
    return FrontEnd(ENGINES[name].wishes, stages_of(settings.normalize), _pronunciations(settings.pronunciations))


def _pronunciations(path: Path | None) -> Pronunciations:
    if path is None:
        return NONE
    try:
        return parsed(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError, InvalidMessage) as exc:
        raise ConfigError(
            "MAKIMA_PRONUNCIATIONS",
            f"{path} cannot be used: {exc}",
            mend="Write one `written<TAB>spoken` a line, in UTF-8.",
        ) from exc


def _dressed(engine: Engine, settings: Settings) -> Engine:
    """The engine with what stands before it, the front end, and behind it, the pace and the mark."""
    return _marked(fronted(paced(engine), front_end(settings, engine.name)), settings)


def _marked(engine: Engine, settings: Settings) -> Engine:
    if not marks(settings):
        return engine
    from makima.engines.marked import marked

    return marked(engine)
