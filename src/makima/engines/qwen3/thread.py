"""The engine's thread: takes streams into slots, steps all of them a frame at a time, and hands the audio out.

Plain synchronous code: collect what has left, admit what waits, step, emit. Streams only note down and wake it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from makima.engines.guards import GuardCounters, Verdict, most_frames
from makima.engines.qwen3.batch import Batch, Ending, Frame
from makima.engines.qwen3.cast import Cast, Role
from makima.engines.qwen3.memory import free_memory, is_out_of_memory
from makima.engines.qwen3.text_feed import TextFeed
from makima.engines.qwen3.utterance import Qwen3Stream, Segment, SegmentText
from makima.errors import CapacityError, MakimaError, OutOfMemory, SynthesisFailed
from makima.events import Samples
from makima.models.qwen3 import Sampling
from makima.text.normalize import ALL_KINDS, Kind, normalize
from makima.text.speakable import without_emoji

log = logging.getLogger(__name__)

T = TypeVar("T")

CAPACITY = 1024
"""Positions of a slot: a reference of 30 s, its transcript, and 30 s of speech."""

MIN_FRAMES = 25
"""Room that a prompt must leave: two seconds."""

MAX_WAITING = 64


@dataclass(eq=False, slots=True)
class Preparing:
    """A segment that waits for a slot, or for so much of its text that a prompt can be made of it."""

    stream: Qwen3Stream
    source: SegmentText
    feed: TextFeed
    role: Role
    needed_tokens: int
    ids: list[int] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return self.feed.complete or len(self.ids) >= self.needed_tokens


class EngineThread:
    """Owns a model and its slots. `submit` and `wake` are called from any thread; all else happens in its own."""

    def __init__(
        self,
        load: Callable[[EngineThread], None],
        leave_device: Callable[[], None],
        cast: Cast,
        slots: int,
        idle_s: float,
        kinds: Collection[Kind] = ALL_KINDS,
    ) -> None:
        self._load, self._leave_device = load, leave_device
        self._cast = cast
        self._slots: list[Segment | None] = [None] * slots
        self._idle_s = idle_s
        self._kinds = frozenset(kinds)
        self.guards = GuardCounters()
        self._changed = threading.Condition()
        self._woken = False
        self._closed = False
        self._waiting: deque[Qwen3Stream] = deque()
        self._pausing: list[Qwen3Stream] = []  # between two segments, until more of their text has come
        self._preparing: list[Preparing] = []  # until there is enough of their text, and a slot
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
        if self._steppable():
            return True
        if any(stream.has_work for stream in (*self._pausing, *self._waiting)):
            return True
        return None in self._slots and any(item.ready for item in self._preparing)

    def _steppable(self) -> list[int]:
        """The slots whose listener keeps up, and whose text has been written."""
        slots = enumerate(self._slots)
        return [slot for slot, found in slots if found and not found.stream.full and not found.starved]

    def _streams(self) -> list[Qwen3Stream]:
        preparing = (item.stream for item in self._preparing)
        return [
            *self._waiting,
            *self._pausing,
            *preparing,
            *(segment.stream for segment in self._slots if segment is not None),
        ]

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
        self._preparing = [item for item in self._preparing if not item.stream.ended]
        with self._changed:
            self._waiting = deque(stream for stream in self._waiting if not stream.ended)

    def _admit(self) -> None:
        """Take in what has text, and begin one segment: with more, those that speak would wait for longer."""
        for queue in (self._pausing, self._waiting):
            for stream in [stream for stream in queue if stream.has_work]:
                with self._changed:
                    queue.remove(stream)
                self._guarded(stream, partial(self._prepare, stream))
        for each in self._preparing:
            self._read(each)
        slot = next((index for index, segment in enumerate(self._slots) if segment is None), None)
        item = next((each for each in self._preparing if each.ready), None)
        if slot is not None and item is not None:
            self._preparing.remove(item)
            self._guarded(item.stream, partial(self._begin, slot, item))

    def _guarded(self, stream: Qwen3Stream, work: Callable[[], None]) -> None:
        """Do `work` for one stream, which alone fails if it fails; out of memory is everybody's."""
        try:
            self._with_memory(work)
        except OutOfMemory as exc:
            self._give_up_memory(exc)
            stream.finish("failed", exc)
        except MakimaError as exc:
            stream.finish("failed", exc)
        except Exception as exc:
            log.exception("an utterance could not be begun")
            stream.finish("failed", SynthesisFailed(f"The utterance could not be begun: {exc}."))

    def _prepare(self, stream: Qwen3Stream) -> None:
        source = stream.next_segment()
        if source is None:
            self._pause(stream)
            return
        if self._batch is None:
            self._load(self)
        assert self._batch is not None
        model, request = self._batch.model, stream.request
        role = self._cast.role(request.voice, model)
        feed = TextFeed(lambda text: self._spoken(text, request.language), model.prompts.tokenizer)
        self._preparing.append(Preparing(stream, source, feed, role, model.prompts.tokens_to_begin(role.voice)))

    def _read(self, item: Preparing) -> None:
        text, closed = item.stream.read(item.source)
        item.ids += item.feed.grow(text, closed=closed)

    def _begin(self, slot: int, item: Preparing) -> None:
        assert self._batch is not None
        batch, role, stream = self._batch, item.role, item.stream
        prompts = batch.model.prompts
        with torch.inference_mode():
            spoken = self._embedded(item.ids, item.feed)
            embeds, trailing = prompts.begin(spoken, stream.request.language, role.voice, role.speaker, role.instruct)
        if len(embeds) > batch.capacity - MIN_FRAMES:
            raise SynthesisFailed(
                f"The prompt of the voice {stream.request.voice!r} is too long.",
                mend="Shorten its recording, its transcript or its description.",
            )
        context = role.voice.codes if role.voice is not None else None
        batch.begin(slot, embeds, context, Sampling(seed=stream.request.seed))
        room = batch.room(slot)
        self._slots[slot] = Segment(stream, item.source, item.feed, list(trailing), context, room)

    def _pull(self, segment: Segment) -> None:
        """Take in what has been written since."""
        if segment.feed.complete:
            return
        text, closed = segment.stream.read(segment.source)
        ids = segment.feed.grow(text, closed=closed)
        if ids or segment.feed.complete:
            with torch.inference_mode():
                segment.trailing.extend(self._embedded(ids, segment.feed))

    def _embedded(self, ids: list[int], feed: TextFeed) -> Tensor:
        assert self._batch is not None
        model = self._batch.model
        end = model.prompts.end_embedding()[None]
        spoken = model.talker.embed_text(ids) if ids else end[:0]
        return torch.cat((spoken, end)) if feed.complete else spoken

    def _spoken(self, text: str, language: str) -> str:
        # Names of special tokens are text like any other here, and must not become tokens.
        return normalize(without_emoji(text).replace("<|", "< "), language, self._kinds)

    def _step(self) -> None:
        """One frame for every slot whose listener keeps up and whose text has been written."""
        batch = self._batch
        if batch is None:
            return
        for segment in self._slots:
            if segment is not None:
                self._pull(segment)
        ready = self._steppable()
        if not ready:
            return
        waiting = {slot: segment.next_text() for slot in ready if (segment := self._at(slot)).to_advance}
        if waiting:
            self._with_memory(lambda: batch.advance(waiting))
        for slot in waiting:
            self._at(slot).to_advance = False
        unfinished = [slot for slot in ready if self._at(slot).text_left]
        chosen = self._with_memory(lambda: batch.choose(ready, unfinished))
        frames: dict[int, Frame] = {}
        for slot, frame in chosen.items():
            if isinstance(frame, Ending):
                self._end_segment(slot, broken=frame is Ending.BROKEN)
                continue
            segment = self._at(slot)
            segment.frames.append(frame.codes)
            segment.to_advance = True
            frames[slot] = frame
        heard = self._emit({slot: frame.codes for slot, frame in frames.items()})
        for slot, frame in frames.items():
            self._watch(slot, frame, heard.get(slot))

    def _watch(self, slot: int, frame: Frame, rms: float | None) -> None:
        """End an utterance that has run away."""
        segment = self._at(slot)
        cap = min(most_frames(segment.feed.tokens), segment.room_frames) if segment.feed.complete else None
        verdict = segment.guard.observe(
            int(frame.codes[0]), rms, frame.eos_log_probability, text_left=segment.text_left, cap_frames=cap
        )
        if verdict is None and len(segment.frames) >= segment.room_frames:
            verdict = Verdict.CAP
        if verdict is None:
            return
        self.guards.add(verdict)
        log.warning("%s after %d frames: the utterance is ended", verdict, len(segment.frames))
        segment.stream.cut |= verdict is Verdict.CAP
        segment.stream.recovered |= verdict is not Verdict.CAP
        self._end_segment(slot)

    def _emit(self, frames: dict[int, Tensor]) -> dict[int, float]:
        """Decode one frame of each slot and hand it out; how loud each was."""
        frames = {slot: codes for slot, codes in frames.items() if not self._at(slot).whole}
        if not frames:
            return {}
        assert self._batch is not None
        try:
            heard = self._batch.decode(frames)
        except RuntimeError:  # out of memory is one of these
            log.exception("the streaming decoder failed: these utterances are decoded in one piece at their end")
            for slot in frames:
                self._at(slot).whole = True
            return {}
        for slot, samples in heard.items():
            self._at(slot).sent_samples += len(samples)
            self._put(self._at(slot).stream, samples)
        return {slot: float(np.sqrt(np.mean(np.square(samples)))) for slot, samples in heard.items()}

    @staticmethod
    def _put(stream: Qwen3Stream, samples: Samples) -> None:
        stream.put(stream.onset.push(samples))

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
            stream.finish("length" if stream.cut else "recovered" if stream.recovered else "end")
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
        self._put(segment.stream, audio[skip:].copy())

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
