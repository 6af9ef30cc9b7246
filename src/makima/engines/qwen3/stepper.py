"""The segments in their slots: prompts run piece by piece, then a frame of each slot a round, watched and handed out.

A round is `run_prompt`, then `step`: pull text, advance and choose, take the audio of the round before, and begin to
decode what was chosen now. Where the codec runs by itself, it does so while the next round advances and chooses.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import torch

from makima.engines.guards import TRIMMED, GuardCounters, Verdict, most_frames
from makima.engines.qwen3.memory import with_memory
from makima.engines.qwen3.runner.rows import Ending, Frame
from makima.engines.qwen3.runner.runner import Runner
from makima.engines.qwen3.text.continuation import carried_from
from makima.engines.qwen3.text.segment import Preparing, Segment
from makima.engines.qwen3.text.stream import Qwen3Stream
from makima.engines.slots import Slots
from makima.errors import SynthesisFailed
from makima.events import Samples
from makima.models.qwen3.sampling import Sampling

if TYPE_CHECKING:
    from makima.engines.qwen3.text.prompting import Prompting

log = logging.getLogger(__name__)

T = TypeVar("T")

NO_STREAMING: Final = "the streaming decoder failed: these utterances are decoded in one piece at their end"


class Stepper:
    """A loaded model's slots. `said` is called with each stream that has come to the end of a segment."""

    def __init__(
        self, runner: Runner, prompting: Prompting, guards: GuardCounters, said: Callable[[Qwen3Stream], None]
    ) -> None:
        self.prompting = prompting
        self.slots: Slots[Segment] = Slots(runner.slots)
        self.on_cpu = runner.model.device.type == "cpu"
        self._runner, self._guards, self._said = runner, guards, said
        self._decoding: dict[int, tuple[Segment, Frame]] = {}  # what was chosen last and is not decoded

    @property
    def runnable(self) -> bool:
        """Whether there is anything to run."""
        return bool(self._decoding) or self.slots.to_prompt() is not None or bool(self.slots.to_step())

    def begin(self, slot: int, item: Preparing) -> None:
        """Put a segment into a free slot. Raises: SynthesisFailed where its prompt has no room there"""
        self.slots.put(slot, self.prompting.begin(item, self._runner.capacity))

    def run_prompt(self, slot: int, until_s: float) -> None:
        """Run pieces of a slot's prompt, and of what the codec runs over first: one, and more up to `until_s`."""
        self._take_audio()  # so that it is not late, and as the codec cannot begin with one while it decodes others
        segment = self.slots[slot]
        while True:
            self._run_piece(slot, segment)
            segment.prompted = not segment.prompt and not segment.context_pieces
            if segment.prompted or segment.stream.ended or time.monotonic() >= until_s:
                return

    def _run_piece(self, slot: int, segment: Segment) -> None:
        if not segment.begun:
            self._runner.begin(slot, segment.prompt[0], None, Sampling(seed=segment.stream.request.seed))
            segment.context_pieces.extend(self._runner.context_pieces(slot, segment.context))
            segment.begun = True
            segment.prompt.popleft()
        elif segment.context_pieces:
            try:
                self._runner.run_context(slot, segment.context_pieces[0])
            except Exception:  # a context that was run in part cannot be gone on from
                segment.context_pieces = deque(self._runner.context_again(slot, segment.context))
                raise
            segment.context_pieces.popleft()
        else:
            self._runner.extend(slot, segment.prompt[0])
            segment.prompt.popleft()

    def step(self) -> bool:
        """One frame for every slot whose prompt has been run, whose listener keeps up, and whose text is there.

        False where there is no such slot
        """
        for slot, segment in self.slots:
            if segment.stream.ended:
                self.release(slot)
            elif not segment.feed.complete:
                self.prompting.pull(segment)
        ready = self.slots.to_step()
        chosen: dict[int, Frame | Ending] = {}
        if ready:
            self._advance(ready)
            # Streams cancelled during `_advance` are left out: choosing a frame is about half of its work.
            ready = {slot: segment for slot, segment in ready.items() if not segment.stream.ended}
        if ready:
            chosen = self._choose(ready)
        self._take_audio()
        # A guard may have ended, by what was decoded, what a frame was chosen for.
        taken = self._taken({slot: each for slot, each in chosen.items() if self.slots.get(slot) is ready[slot]})
        first = any(not segment.sent_samples for segment, _ in taken.values())
        self._decode(taken)
        if first or not self._runner.decoding:
            self._take_audio()
        return bool(ready)

    def release(self, slot: int) -> None:
        self.slots.release(slot)
        self._runner.free(slot)

    def clear(self) -> list[Qwen3Stream]:
        """Release all slots; who was in them. A slot is cleared when it is begun again."""
        self._decoding = {}
        with contextlib.suppress(Exception):
            self._runner.finish_decoding()
        streams = [segment.stream for _, segment in self.slots]
        for slot, _ in self.slots:
            self.release(slot)
        return streams

    def _advance(self, ready: Mapping[int, Segment]) -> None:
        """Feed back the frame that was chosen last."""
        texts = {slot: segment.next_text() for slot, segment in ready.items() if segment.to_advance}
        if texts:
            self._with_memory(lambda: self._runner.advance(texts))
        for slot in texts:
            ready[slot].to_advance = False

    def _choose(self, ready: Mapping[int, Segment]) -> dict[int, Frame | Ending]:
        unfinished = [slot for slot, segment in ready.items() if segment.text_left]
        return self._with_memory(lambda: self._runner.choose(list(ready), unfinished))

    def _taken(self, chosen: Mapping[int, Frame | Ending]) -> dict[int, tuple[Segment, Frame]]:
        """The next frame of each slot; those that have none have come to their end."""
        taken: dict[int, tuple[Segment, Frame]] = {}
        for slot, frame in chosen.items():
            if frame is Ending.EOS:
                self._end(slot)
            elif isinstance(frame, Ending):
                self._end_broken(slot)
            else:
                segment = self.slots[slot]
                segment.frames.append(frame.codes)
                segment.to_advance = True
                taken[slot] = segment, frame
        return taken

    def _decode(self, taken: Mapping[int, tuple[Segment, Frame]]) -> None:
        """Begin to decode one frame of each slot whose stream has not ended."""
        self._decoding = {
            slot: (segment, frame) for slot, (segment, frame) in taken.items() if not segment.stream.ended
        }
        codes = {slot: frame.codes for slot, (segment, frame) in self._decoding.items() if not segment.whole}
        if codes:
            try:
                self._runner.start_decoding(codes)
            except Exception:
                log.exception(NO_STREAMING)
                for slot in codes:
                    self._decoding[slot][0].whole = True

    def _take_audio(self) -> None:
        """Hand out the audio of what is being decoded, and watch what it sounds like."""
        decoding, self._decoding = self._decoding, {}
        if not decoding:
            return
        try:
            decoded = self._runner.finish_decoding()
        except Exception:
            # The error belongs to the streams whose frames these are, not to the one that is served when it is raised.
            log.exception(NO_STREAMING)
            for segment, _ in decoding.values():
                segment.whole = True
            decoded = {}
        for slot, (segment, frame) in decoding.items():
            if self.slots.get(slot) is not segment or segment.stream.ended:
                continue
            samples = decoded.get(slot)
            if samples is not None:
                segment.sent_samples += len(samples)
                self._say(segment.stream, samples)
            self._watch(slot, segment, frame, None if samples is None else float(np.sqrt(np.mean(np.square(samples)))))

    def _watch(self, slot: int, segment: Segment, frame: Frame, rms: float | None) -> None:
        """End an utterance that has run away."""
        cap = min(most_frames(segment.feed.tokens), segment.room_frames) if segment.feed.complete else None
        verdict = segment.guard.observe(
            int(frame.codes[0]), rms, frame.eos_log_probability, text_left=segment.text_left, cap_frames=cap
        )
        if verdict is None and segment.no_room:
            verdict = Verdict.CAP
        if verdict is not None:
            self._end(slot, verdict)

    def _end(self, slot: int, verdict: Verdict | None = None) -> None:
        """Take a segment out of its slot: all of it was said, or a guard has ended it."""
        segment = self.slots[slot]
        stream = segment.stream
        if segment.whole:
            self._with_memory(lambda: self._decode_rest(segment))
        if verdict is None:
            stream.carried = carried_from(segment.frames, segment.feed.said)
        else:
            self._guards.add(verdict)
            log.warning("%s after %d frames: the utterance is ended", verdict, len(segment.frames))
            stream.cut |= verdict is Verdict.CAP
            stream.recovered |= verdict is not Verdict.CAP
            stream.carried = None  # what has run away would run on
        self.release(slot)
        self._said(stream)

    def _end_broken(self, slot: int) -> None:
        self._guards.add(Verdict.BROKEN)
        stream = self.slots[slot].stream
        self.release(slot)
        error = SynthesisFailed("The model's scores are not numbers.", mend="Try again; report it if it stays so.")
        stream.finish("failed", error)

    def _decode_rest(self, segment: Segment) -> None:
        model = self._runner.model
        context = torch.zeros(0, len(segment.frames[0]), dtype=torch.int64)
        if segment.context is not None:
            context = segment.context.cpu()
        codes = torch.cat((context, torch.stack(segment.frames)))
        with torch.inference_mode():
            audio: Samples = model.decode_codes(codes).float().cpu().numpy()
        skip = len(context) * model.codec_config.frame_samples + segment.sent_samples
        self._say(segment.stream, audio[skip:].copy())

    def _say(self, stream: Qwen3Stream, samples: Samples) -> None:
        already = stream.trimmed_samples
        stream.say(samples)
        if stream.trimmed_samples and not already:
            self._guards.add(TRIMMED)

    def _with_memory(self, work: Callable[[], T]) -> T:
        return with_memory(work, on_cpu=self.on_cpu)
