"""The prompts of voices: kept in memory, and worked out in a thread of their own, so that those who speak go on."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

from makima.engines.qwen3.memory import free_memory, is_out_of_memory
from makima.errors import MakimaError, OutOfMemory, SynthesisFailed
from makima.models.qwen3.prompt import VoicePrompt
from makima.voices.prompt_cache import PromptCache

Make: TypeAlias = Callable[[], VoicePrompt]
Then: TypeAlias = Callable[[MakimaError | None], None]

NICE = 10
"""Where threads have priorities of their own: enrolling takes what speaking leaves of the cores."""


class Enrolment:
    """Works prompts out, each once however many ask for it. Callable from any thread."""

    def __init__(self) -> None:
        self._kept: PromptCache[VoicePrompt] = PromptCache()
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[VoicePrompt]] = {}
        self._epoch = 0
        self._worker = ThreadPoolExecutor(1, "enrol", initializer=_be_nice)

    def kept(self, key: Hashable) -> bool:
        """Whether `now` would answer at once."""
        return self._kept.get(key) is not None

    def now(self, key: Hashable, make: Make) -> VoicePrompt:
        """The prompt of `key`, made here if it is neither kept nor under way.

        Raises: what `make` raises
        """
        with self._lock:
            under_way, epoch = self._under_way.get(key), self._epoch
        if under_way is not None:
            return under_way.result()
        return self._made(key, make, epoch)

    def later(self, key: Hashable, make: Make, then: Then) -> None:
        """Have the prompt of `key` made, and call `then`, with what went wrong if it did, from the thread that did."""
        with self._lock:
            future = self._under_way.get(key)
            if future is None:
                future = self._under_way[key] = self._worker.submit(self._work, key, make, self._epoch)
        future.add_done_callback(lambda done: then(_failure(done)))

    def forget(self) -> None:
        """Drop what is kept: the model it was made with is gone."""
        with self._lock:
            self._epoch += 1
        self._kept.clear()

    def _work(self, key: Hashable, make: Make, epoch: int) -> VoicePrompt:
        try:
            return self._with_memory(lambda: self._made(key, make, epoch))
        finally:
            with self._lock:
                self._under_way.pop(key, None)

    def _made(self, key: Hashable, make: Make, epoch: int) -> VoicePrompt:
        prompt = self._kept.get(key)
        if prompt is not None:
            return prompt
        prompt = make()
        with self._lock:
            if epoch == self._epoch:
                self._kept.put(key, prompt, prompt.size_bytes)
        return prompt

    @staticmethod
    def _with_memory(work: Make) -> VoicePrompt:
        for _ in range(2):
            try:
                return work()
            except (RuntimeError, MemoryError) as exc:
                if not is_out_of_memory(exc):
                    raise
            free_memory()  # not while the error is being handled, for it holds on to what was worked on
        raise OutOfMemory("There is not enough memory to learn this voice.", mend="Try again, or a shorter recording.")


def _failure(done: Future[VoicePrompt]) -> MakimaError | None:
    exc = done.exception()
    if exc is None or isinstance(exc, MakimaError):
        return exc
    return SynthesisFailed(f"The voice could not be learned: {exc}.")


def _be_nice() -> None:
    # On Linux a thread has a priority of its own, and those that PyTorch starts for it inherit it.
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
