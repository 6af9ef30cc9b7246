"""Qwen3-TTS as an engine: where its weights are, on what device, and when it loads."""

from __future__ import annotations

import logging
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Final, TypeAlias
from weakref import WeakSet

import torch

from makima.engines.guards import GuardCounters
from makima.engines.protocol import Capabilities, EngineFigures, SpeechRequest
from makima.engines.qwen3.device import AUTO, best_device, chosen_device, chosen_quantization
from makima.engines.qwen3.intake import Intake
from makima.engines.qwen3.memory import free_memory, is_out_of_memory
from makima.engines.qwen3.runner.rows import Frame
from makima.engines.qwen3.runner.runner import Runner
from makima.engines.qwen3.text.continuation import codec_context
from makima.engines.qwen3.text.stream import Qwen3Stream
from makima.engines.qwen3.thread import EngineThread
from makima.engines.qwen3.voices.conditioning import Conditioning
from makima.engines.qwen3.voices.voices import DEFAULT_VOICE, Voices
from makima.engines.scheduler import MAX_WAITING
from makima.errors import MakimaError, OutOfMemory
from makima.events import Loading, OnLoading
from makima.models import hub
from makima.models.qwen3.codec.config import read_codec_config
from makima.models.qwen3.config import ModelConfig, read_model_config
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.sampling import Sampling
from makima.text.language import LANGUAGES
from makima.voices.catalog import Voice

log = logging.getLogger(__name__)

SLOTS = 16

CAPACITY = 1024
"""Positions of a slot: a reference of 30 s, its transcript, and 30 s of speech."""

MakeRunner: TypeAlias = Callable[[Qwen3TTS, int, int], Runner]
"""Of a model, the number of slots, and the positions of each."""

MEASURED_FRAMES: Final = 5
"""After the first: half a second on a machine that keeps up."""


class Qwen3Engine:
    """The engine seam over one checkpoint. The model is loaded on first use, and let go of after `idle_s` without any.

    Raises: AssetError where the weights are not on this machine or their configuration is broken
    """

    name = "qwen3"

    def __init__(
        self,
        model_id: str,
        device: str,
        voices_dir: Path,
        *,
        quantize: str = "none",
        slots: int = SLOTS,
        max_waiting: int = MAX_WAITING,
        idle_s: float = 0.0,
        default_voice: str = DEFAULT_VOICE,
        make_runner: MakeRunner = Runner,
        make_recording: Callable[[OnLoading], object] | None = None,
        note_factor: Callable[[float], object] = lambda _: None,
    ) -> None:
        """`make_runner` gives a loaded model its slots; `make_recording` gives the default voice one where it has none.

        `note_factor` is told the real-time factor on a CPU, once it is loaded.
        """
        folder = hub.find(model_id)
        if folder is None:
            raise hub.missing(model_id)
        self._folder = folder
        self._model_id = model_id
        self._device = device
        self._quantize = quantize
        self._slots, self._max_waiting = slots, max_waiting
        self._idle_s = idle_s
        self._voices = Voices(self._config, voices_dir, hub.fingerprint(folder))
        _ = self._codec_rate_hz  # read here, where the caller expects that it may fail
        self._default_voice = default_voice
        self._make_runner = make_runner
        self._make_recording = make_recording
        self._note_factor = note_factor
        self._arriving: WeakSet[Qwen3Stream] = WeakSet()  # until their voice is enrolled
        self._loading = threading.Lock()
        self._thread: EngineThread | None = None

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            tuple(name for name in LANGUAGES if name.lower() in self._config.talker.languages),
            self._codec_rate_hz,
            cloning=self._config.kind == "base",
            text_streaming=True,
            model=hub.short_name(self._model_id),
            device=best_device() if self._device == AUTO else self._device,
        )

    @property
    def loaded(self) -> bool:
        thread = self._thread
        return thread is not None and thread.loaded

    def load(self, on_loading: OnLoading) -> None:
        with self._loading:
            self._fill(self._running(), on_loading)

    def figures(self) -> EngineFigures:
        thread = self._thread
        return EngineFigures(self._slots, 0, 0, GuardCounters().snapshot()) if thread is None else thread.figures()

    def voices(self) -> Sequence[Voice]:
        return self._voices.voices()

    def open(self, request: SpeechRequest) -> Qwen3Stream:
        thread = self._thread
        if thread is None:
            with self._loading:
                thread = self._running()
        # It loads by itself if it must, as after a time without use.
        stream = Qwen3Stream(request, self._codec_rate_hz, thread.wake)
        self._arriving.add(stream)
        if self._voices.prepare(request.voice, partial(self._arrive, stream, thread)):
            self._arriving.discard(stream)
            thread.submit(stream)
        return stream

    def close(self) -> None:
        with self._loading:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()
        for stream in list(self._arriving):
            stream.cancel()
        self._voices.forget()
        free_memory()

    def _arrive(self, stream: Qwen3Stream, thread: EngineThread, error: MakimaError | None) -> None:
        """Hand a stream whose voice is enrolled now to the thread that speaks; one whose voice cannot be has failed."""
        try:
            if error is not None:
                raise error
            thread.submit(stream)
        except MakimaError as exc:
            stream.finish("failed", exc.with_traceback(None))
        self._arriving.discard(stream)
        if self._thread is not thread:  # closed meanwhile
            stream.cancel()

    @cached_property
    def _config(self) -> ModelConfig:
        return read_model_config(self._folder)

    @cached_property
    def _codec_rate_hz(self) -> int:
        return read_codec_config(self._folder).sample_rate_hz

    def _running(self) -> EngineThread:
        if self._thread is None:
            intake = Intake(self._slots, self._max_waiting)
            self._thread = EngineThread(self._load_again, self._leave_device, self._voices, intake, self._idle_s)
        return self._thread

    def _load_again(self, thread: EngineThread) -> None:
        """Load for the thread itself, unless another caller of `load` was first."""
        with self._loading:
            self._fill(thread, lambda news: log.debug("loading %s", news.what))

    def _fill(self, thread: EngineThread, on_loading: OnLoading) -> None:
        if not thread.loaded:
            thread.adopt(self._load_somewhere(on_loading))

    def _leave_device(self) -> None:
        """The device has no memory for this model: the CPU is used until the engine is made anew."""
        self._device = "cpu"

    def _load_somewhere(self, on_loading: OnLoading) -> Runner:
        """Load on the device asked for; out of memory, once more, then on the CPU."""
        device = chosen_device(self._device)
        for attempt in range(2):
            try:
                return self._load_on(device, on_loading)
            except (RuntimeError, MemoryError) as exc:
                if not is_out_of_memory(exc):
                    raise
                log.warning("out of memory on %s while loading, attempt %d", device, attempt + 1)
            free_memory()  # not while the error is being handled, for it holds on to what was loaded
        if device.type == "cpu":
            raise OutOfMemory("There is not enough memory for this model.", mend="Take a smaller one.")
        self._leave_device()
        on_loading(Loading(f"the model on the CPU, as {device} is out of memory", None))
        return self._load_on(torch.device("cpu"), on_loading)

    def _load_on(self, device: torch.device, on_loading: OnLoading) -> Runner:
        dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
        quantize = chosen_quantization(self._quantize) if device.type == "cpu" else None
        model = load_model(self._folder, device, dtype, quantize, on_loading=on_loading)
        if self._make_recording is not None and self._config.kind == "base":
            self._make_recording(on_loading)
        on_loading(Loading("the default voice", None))
        runner = self._make_runner(model, self._slots, CAPACITY)
        try:
            conditioning = self._voices.conditioning(self._default_voice, model)
        except MakimaError as exc:  # raised again for streams that ask for this voice; the others do not need it
            log.warning("the default voice cannot be used: %s", exc)
            return runner
        try:
            factor = warm_up(runner, conditioning)
            if factor is not None and device.type == "cpu":
                self._note_factor(factor)
        except Exception as exc:  # raised again for the first stream, unless it was temporary
            if is_out_of_memory(exc):
                raise
            log.warning("the first frame could not be made", exc_info=exc)
        return runner


def warm_up(runner: Runner, conditioning: Conditioning) -> float | None:
    """Make a few frames and discard them; the real-time factor of the later ones, where there were any.

    For the first utterance the weights are then in memory, and the codec's state after the voice's codes is known.
    """
    embeds, _ = runner.model.talker_prompt(
        "Hello.", "auto", conditioning.voice, conditioning.speaker, conditioning.instruct
    )
    if len(embeds) >= runner.capacity - MEASURED_FRAMES:
        return None
    runner.begin(0, embeds, codec_context(conditioning, None), Sampling(seed=0))
    factors: list[float] = []
    for step in range(1 + MEASURED_FRAMES):
        begun_s = time.perf_counter()
        if step:
            runner.advance({0: None})
        frames = runner.choose([0], [0])
        sounds = runner.decode({slot: frame.codes for slot, frame in frames.items() if isinstance(frame, Frame)})
        if 0 not in sounds:
            break
        if step:
            audio_s = len(sounds[0]) / runner.model.sample_rate_hz
            factors.append((time.perf_counter() - begun_s) / audio_s)
    runner.free(0)
    return statistics.median(factors) if factors else None
