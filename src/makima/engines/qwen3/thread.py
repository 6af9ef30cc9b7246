"""The engine's thread: when it sleeps, what it does in a round, and what is given up when something fails.

Plain synchronous code: collect what has left, read, run pieces of prompts, step. Streams only note things down and wake
it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from makima.engines.guards import GuardCounters
from makima.engines.protocol import EngineFigures
from makima.engines.qwen3.intake import Intake
from makima.engines.qwen3.memory import free_memory, with_memory
from makima.engines.qwen3.runner.runner import Runner
from makima.engines.qwen3.stepper import Stepper
from makima.engines.qwen3.text.prompting import Prompting
from makima.engines.qwen3.text.segment import Preparing
from makima.engines.qwen3.text.stream import Qwen3Stream, SegmentText
from makima.engines.qwen3.voices.voices import Voices
from makima.errors import MakimaError, OutOfMemory, SynthesisFailed

log = logging.getLogger(__name__)

PROMPTS_S = 0.02
"""For which pieces of prompts are run between two frames, the last one to its end: a quarter of a frame's own length.
Where one takes as long as a frame it is one; where it takes no time, many begin at once."""


class EngineThread:
    """Owns a model and its slots. `submit`, `wake` and `figures` are called from any thread; all else is its own."""

    def __init__(
        self,
        load: Callable[[EngineThread], None],
        leave_device: Callable[[], None],
        voices: Voices,
        intake: Intake,
        idle_s: float,
    ) -> None:
        self._load, self._leave_device = load, leave_device
        self._voices, self._intake = voices, intake
        self._idle_s = idle_s
        self._guards = GuardCounters()
        self._changed = threading.Condition()
        self._woken = False
        self._closed = False
        self._stepper: Stepper | None = None
        self._thread = threading.Thread(target=self._run, name="qwen3", daemon=True)
        self._thread.start()

    @property
    def loaded(self) -> bool:
        return self._stepper is not None

    def figures(self) -> EngineFigures:
        stepper = self._stepper
        speaking = 0 if stepper is None else len(stepper.slots)
        return EngineFigures(self._intake.slots, speaking, self._intake.waiting, self._guards.snapshot())

    def submit(self, stream: Qwen3Stream) -> None:
        """Take a stream.

        Raises: CapacityError where too many wait
        """
        self._intake.let_in(stream)
        self.wake()

    def adopt(self, runner: Runner) -> None:
        """Take a model that was loaded for this thread."""
        with self._changed:
            prompting = Prompting(runner.model, self._voices)
            self._stepper = Stepper(runner, prompting, self._guards, self._intake.rest)
        self.wake()

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify()

    def close(self) -> None:
        """End the thread. Its streams end as cancelled."""
        with self._changed:
            self._closed = True
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        busy = False
        while self._sleep(busy=busy):
            busy = False
            try:
                busy = self._round()
            except OutOfMemory as exc:
                self._give_up_memory(exc)
            except MakimaError as exc:
                self._fail_all(exc)
            except Exception as exc:
                log.exception("the engine failed")
                self._fail_all(SynthesisFailed(f"The engine failed: {exc}."))
        streams = self._streams()
        self._cleared()  # with what is still being decoded
        self._stepper = None
        for stream in streams:
            stream.cancel()

    def _sleep(self, *, busy: bool) -> bool:
        """Wait until there is something to do. False once closed.

        After a round that was `busy` the next one is tried at once: it finds out as cheaply whether there is more.
        """
        with self._changed:
            while not (self._closed or self._woken or busy or self._runnable()):
                wait_s = self._idle_s if self._stepper is not None and not self._streams() else None
                if not self._changed.wait(wait_s or None) and wait_s:
                    self._unload()
            self._woken = False
            return not self._closed

    def _runnable(self) -> bool:
        stepper = self._stepper
        slot_free = stepper is not None and stepper.slots.free is not None
        return (stepper is not None and stepper.runnable) or self._intake.has_work(slot_free=slot_free)

    def _streams(self) -> list[Qwen3Stream]:
        stepper = self._stepper
        return self._intake.streams() + ([] if stepper is None else [segment.stream for _, segment in stepper.slots])

    def _unload(self) -> None:
        log.info("nothing was said for %.0f s: the model is unloaded", self._idle_s)
        self._stepper = None
        self._voices.forget()
        free_memory()

    def _round(self) -> bool:
        """Whether anything was run."""
        # No name here may hold on to the stage: out of memory, it is let go of in the middle of a round.
        self._read()
        until_s = time.monotonic() + PROMPTS_S
        while (prompted := self._run_prompt(until_s)) and time.monotonic() < until_s:
            pass
        stepped = self._stepper is not None and self._stepper.step()
        return prompted or stepped

    def _read(self) -> None:
        """Take in what has been written."""
        for stream in self._intake.take_woken():
            source = stream.next_segment()
            if source is None:
                self._intake.rest(stream)
            else:
                self._guarded(stream, partial(self._prepare, stream, source))
        if self._intake.preparing:
            self._intake.read()

    def _run_prompt(self, until_s: float) -> bool:
        """Put a segment into a slot, if there is one for it, and run pieces of a prompt. False where there is none."""
        free = None if self._stepper is None or not self._intake.preparing else self._stepper.slots.free
        item = None if free is None else self._intake.next()
        if free is not None and item is not None:
            self._guarded(item.stream, partial(self._begin, free, item))
        prompted = None if self._stepper is None else self._stepper.slots.to_prompt()
        if prompted is None:
            return False
        slot, stream = prompted[0], prompted[1].stream
        del prompted  # it holds on to the stage
        self._guarded(stream, lambda: self._on_stepper().run_prompt(slot, until_s))
        return True

    def _prepare(self, stream: Qwen3Stream, source: SegmentText) -> None:
        if self._stepper is None:
            self._load(self)
        self._intake.prepare(self._on_stepper().prompting.prepare(stream, source))

    def _begin(self, slot: int, item: Preparing) -> None:
        self._on_stepper().begin(slot, item)

    def _on_stepper(self) -> Stepper:
        assert self._stepper is not None
        return self._stepper

    def _guarded(self, stream: Qwen3Stream, work: Callable[[], None]) -> None:
        """Do `work` for one stream, which alone fails if it fails; out of memory is everybody's."""
        try:
            with_memory(work, on_cpu=self._on_cpu)
        except OutOfMemory as exc:
            self._give_up_memory(exc)
            stream.finish("failed", exc)
        except MakimaError as exc:
            stream.finish("failed", exc)
        except Exception as exc:
            log.exception("an utterance could not be begun")
            stream.finish("failed", SynthesisFailed(f"The utterance could not be begun: {exc}."))

    @property
    def _on_cpu(self) -> bool:
        return self._stepper is not None and self._stepper.on_cpu

    def _give_up_memory(self, error: OutOfMemory) -> None:
        """Leave the device and fail what is in a slot; what waits is spoken once the model is loaded elsewhere."""
        error.with_traceback(None)  # its frames hold on to the model
        on_cpu, streams = self._on_cpu, self._cleared()
        if not on_cpu:
            log.error("out of memory also the second time: from now on the CPU is used")
            with self._changed:
                self._stepper = None
            self._voices.forget()
            self._leave_device()
            free_memory()
        _fail(streams, error)

    def _fail_all(self, error: MakimaError) -> None:
        """Fail whatever is in a slot; what waits is not touched."""
        _fail(self._cleared(), error)

    def _cleared(self) -> list[Qwen3Stream]:
        return [] if self._stepper is None else self._stepper.clear()


def _fail(streams: list[Qwen3Stream], error: MakimaError) -> None:
    error.with_traceback(None)  # a listener may keep it for long, and with it all that was being worked on
    for stream in streams:
        stream.finish("failed", error)
