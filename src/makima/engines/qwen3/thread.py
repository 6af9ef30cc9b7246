"""The engine's thread: takes streams into slots, steps all of them a frame at a time, and hands the audio out.

Plain synchronous code: collect what has left, admit what waits, step, emit. Streams only note down and wake it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from makima.engines.qwen3.batch import Batch, Ending
from makima.engines.qwen3.cast import Cast
from makima.engines.qwen3.memory import free_memory, is_out_of_memory
from makima.engines.qwen3.utterance import Qwen3Stream, Segment
from makima.errors import CapacityError, MakimaError, OutOfMemory, SynthesisFailed
from makima.models.qwen3 import Sampling

log = logging.getLogger(__name__)

T = TypeVar("T")

CAPACITY = 1024
"""Positions of a slot: a reference of 30 s, its transcript, and 30 s of speech."""

FRAMES_PER_TOKEN, EXTRA_FRAMES = 8, 40
"""The longest a segment may get. Speech needs 3 to 4 frames a token in all ten languages; twice that is a run-away."""

MIN_FRAMES = 25
"""Room that a prompt must leave: two seconds."""

MAX_WAITING = 64


class EngineThread:
    """Owns a model and its slots. `submit` and `wake` are called from any thread; all else happens in its own."""

    def __init__(
        self,
        load: Callable[[EngineThread], None],
        leave_device: Callable[[], None],
        cast: Cast,
        slots: int,
        idle_s: float,
    ) -> None:
        self._load, self._leave_device = load, leave_device
        self._cast = cast
        self._slots: list[Segment | None] = [None] * slots
        self._idle_s = idle_s
        self._changed = threading.Condition()
        self._woken = False
        self._closed = False
        self._waiting: deque[Qwen3Stream] = deque()
        self._pausing: list[Qwen3Stream] = []  # between two segments, until more of their text has come
        self._batch: Batch | None = None
        self._thread = threading.Thread(target=self._run, name="qwen3", daemon=True)
        self._thread.start()

    @property
    def loaded(self) -> bool:
        return self._batch is not None

    def submit(self, stream: Qwen3Stream) -> None:
        """Take a stream.

        Raises: CapacityError where too many wait
        """
        with self._changed:
            if sum(not waiting.ended for waiting in self._waiting) >= MAX_WAITING:
                raise CapacityError("Too many utterances wait for a free slot.", retry_after_s=2.0)
            self._waiting.append(stream)
        self.wake()

    def adopt(self, batch: Batch) -> None:
        """Take a model that was loaded for this thread."""
        with self._changed:
            self._batch = batch
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
        while self._sleep():
            try:
                self._collect()
                self._admit()
                self._step()
            except OutOfMemory as exc:
                self._give_up_memory(exc)
            except MakimaError as exc:
                self._fail_all(exc)
            except Exception as exc:
                log.exception("the engine failed")
                self._fail_all(SynthesisFailed(f"The engine failed: {exc}."))
        for stream in self._streams():
            stream.cancel()

    def _sleep(self) -> bool:
        """Wait until there is something to do. False once closed."""
        with self._changed:
            while not (self._closed or self._woken or self._runnable()):
                wait_s = self._idle_s if self._batch is not None and not self._streams() else None
                if not self._changed.wait(wait_s or None) and wait_s:
                    self._unload()
            self._woken = False
            return not self._closed

    def _runnable(self) -> bool:
        if any(segment is not None and not segment.stream.full for segment in self._slots):
            return True
        return None in self._slots and any(stream.has_work for stream in (*self._pausing, *self._waiting))

    def _streams(self) -> list[Qwen3Stream]:
        return [*self._waiting, *self._pausing, *(segment.stream for segment in self._slots if segment is not None)]

    def _unload(self) -> None:
        log.info("nothing was said for %.0f s: the model is unloaded", self._idle_s)
        self._batch = None
        self._cast.forget()
        free_memory()

    def _collect(self) -> None:
        """Let go of streams that have ended, and end those that have said all they had to say."""
        for slot, segment in enumerate(self._slots):
            if segment is not None and segment.stream.ended:
                self._release(slot)
        self._pausing = [stream for stream in self._pausing if not stream.ended]
        with self._changed:
            self._waiting = deque(stream for stream in self._waiting if not stream.ended)

    def _admit(self) -> None:
        """Begin one segment, if there is a slot for it: with more, those that speak would wait for longer."""
        slot = next((index for index, segment in enumerate(self._slots) if segment is None), None)
        if slot is None:
            return
        for queue in (self._pausing, self._waiting):
            stream = next((stream for stream in queue if stream.has_work), None)
            if stream is not None:
                with self._changed:
                    queue.remove(stream)
                self._begin(slot, stream)
                return

    def _begin(self, slot: int, stream: Qwen3Stream) -> None:
        text = stream.next_segment()
        if text is None:
            self._pause(stream)
            return
        try:
            if self._batch is None:
                self._load(self)
            self._slots[slot] = self._with_memory(lambda: self._started(slot, stream, text))
        except OutOfMemory as exc:
            self._give_up_memory(exc)
            stream.finish("failed", exc)
        except MakimaError as exc:
            stream.finish("failed", exc)
        except Exception as exc:
            log.exception("an utterance could not be begun")
            stream.finish("failed", SynthesisFailed(f"The utterance could not be begun: {exc}."))

    def _started(self, slot: int, stream: Qwen3Stream, text: str) -> Segment:
        assert self._batch is not None
        batch, request = self._batch, stream.request
        role = self._cast.role(request.voice, batch.model)
        with torch.inference_mode():
            embeds, trailing = batch.model.talker_prompt(
                text, request.language, role.voice, role.speaker, role.instruct
            )
        if len(embeds) > batch.capacity - MIN_FRAMES:
            raise SynthesisFailed(
                f"The prompt of the voice {request.voice!r} is too long.",
                mend="Shorten its recording, its transcript or its description.",
            )
        context = role.voice.codes if role.voice is not None else None
        tokens = len(batch.model.assistant_ids(text))
        cap = min(FRAMES_PER_TOKEN * tokens + EXTRA_FRAMES, batch.capacity - len(embeds))
        batch.begin(slot, embeds, context, Sampling(seed=request.seed), cap)
        return Segment(stream, trailing, context, cap)

    def _step(self) -> None:
        """One frame for every slot whose listener keeps up."""
        batch = self._batch
        ready = [slot for slot, segment in enumerate(self._slots) if segment and not segment.stream.full]
        if batch is None or not ready:
            return
        waiting = {slot: segment.next_text() for slot in ready if (segment := self._at(slot)).to_advance}
        if waiting:
            self._with_memory(lambda: batch.advance(waiting))
        for slot in waiting:
            self._at(slot).to_advance = False
        chosen = self._with_memory(lambda: batch.choose(ready))
        frames: dict[int, Tensor] = {}
        for slot, codes in chosen.items():
            segment = self._at(slot)
            if isinstance(codes, Ending):
                self._end_segment(slot, broken=codes is Ending.BROKEN)
                continue
            segment.frames.append(codes)
            segment.to_advance = True
            frames[slot] = codes
        self._emit(frames)
        for slot in frames:
            if len(self._at(slot).frames) >= self._at(slot).max_frames:
                self._at(slot).stream.cut = True
                self._end_segment(slot)

    def _emit(self, frames: dict[int, Tensor]) -> None:
        frames = {slot: codes for slot, codes in frames.items() if not self._at(slot).whole}
        if not frames:
            return
        assert self._batch is not None
        try:
            heard = self._batch.decode(frames)
        except RuntimeError:  # out of memory is one of these
            log.exception("the streaming decoder failed: these utterances are decoded in one piece at their end")
            for slot in frames:
                self._at(slot).whole = True
            return
        for slot, samples in heard.items():
            self._at(slot).sent_samples += len(samples)
            self._at(slot).stream.put(samples)

    def _end_segment(self, slot: int, *, broken: bool = False) -> None:
        segment = self._at(slot)
        stream = segment.stream
        if broken:
            error = SynthesisFailed("The model's scores are not numbers.", mend="Try again; report it if it stays so.")
            stream.finish("failed", error)
        elif segment.whole:
            self._with_memory(lambda: self._decode_rest(segment))
        self._release(slot)
        if not broken:
            self._pause(stream)

    def _pause(self, stream: Qwen3Stream) -> None:
        """After a segment: on to the next one, or to the end."""
        if stream.spoken:
            stream.finish("length" if stream.cut else "end")
        else:
            self._pausing.append(stream)

    def _decode_rest(self, segment: Segment) -> None:
        assert self._batch is not None
        codes = torch.stack(segment.frames)
        if segment.context is not None:
            codes = torch.cat((segment.context.cpu(), codes))
        with torch.inference_mode():
            audio = self._batch.model.decode_codes(codes).float().cpu().numpy()
        context = 0 if segment.context is None else len(segment.context)
        skip = context * self._batch.model.codec_config.frame_samples + segment.sent_samples
        segment.stream.put(audio[skip:].copy())

    def _release(self, slot: int) -> None:
        self._slots[slot] = None
        if self._batch is not None:
            self._batch.free(slot)

    def _at(self, slot: int) -> Segment:
        segment = self._slots[slot]
        assert segment is not None, slot
        return segment

    def _with_memory(self, work: Callable[[], T]) -> T:
        """Do `work`; out of memory, give back what is not in use and try once more.

        Raises: OutOfMemory where that does not help
        """
        for attempt in range(2):
            try:
                return work()
            except (RuntimeError, MemoryError) as exc:
                if not is_out_of_memory(exc):
                    raise
                log.warning("out of memory, attempt %d: %s", attempt + 1, exc)
            free_memory()
        # Not raised from what was caught: that holds on to the frames, and they to the memory.
        if self._on_cpu:
            raise OutOfMemory("There is not enough memory.", mend="Take a smaller model.")
        raise OutOfMemory("The GPU is out of memory.", mend="From now on the CPU is used, which is slower. Try again.")

    @property
    def _on_cpu(self) -> bool:
        return self._batch is not None and self._batch.model.device.type == "cpu"

    def _give_up_memory(self, error: OutOfMemory) -> None:
        """Leave the device and fail what is in a slot; what waits is spoken once the model is loaded elsewhere."""
        error.with_traceback(None)  # its frames hold on to the model
        if not self._on_cpu:
            log.error("out of memory also the second time: from now on the CPU is used")
            with self._changed:
                self._batch = None
            self._cast.forget()
            self._leave_device()
            free_memory()
        self._fail_all(error)

    def _fail_all(self, error: MakimaError) -> None:
        """Fail whatever is in a slot; what waits is not touched. A slot is cleared when it is begun again."""
        error = error.with_traceback(None)  # a listener may keep it for long, and with it all that was being worked on
        for slot, segment in enumerate(self._slots):
            if segment is not None:
                self._release(slot)
                segment.stream.finish("failed", error)
